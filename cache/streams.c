/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be wanted: streams of reads, told apart by where they go on, and how far each reads ahead. */
#include "cache/parts.h"

#define STEPS_MIN 2         /* that fit, for a stream */
#define NEIGHBOUR (4 * MIB) /* bytes: a read this near may be a stride's first step */

static uint32_t blocks_of(const struct cache *cache, uint32_t bytes)
{
    return bytes < cache->disk.block_size ? 1 : bytes / cache->disk.block_size;
}

static uint32_t age(const struct cache *cache, const struct cache_stream *stream)
{
    return cache->stamp - stream->stamp;
}

/* A part of the last request again, and more behind it, is a step forward. */
static bool fits(const struct cache_stream *stream, uint32_t lba, uint32_t blocks, enum stream_way *way)
{
    uint32_t end = stream->lba + stream->blocks;

    if (stream->blocks == 0)
        return false;
    *way = STREAM_STRIDED;
    if (stream->stride && lba == stream->lba + stream->stride && blocks == stream->blocks)
        return true;
    *way = STREAM_FORWARD;
    if (lba >= stream->lba && lba <= end && lba + blocks > end)
        return true;
    *way = STREAM_BACKWARD;
    return lba + blocks == stream->lba;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a < b ? b - a : a - b;
}

/*
 * In place of the stalest. From the nearest that is no stream yet and reads as much at a time it may be a stride; that one stays,
 * because it may as well be another stream's beginning.
 */
static void begin_stream(struct cache *cache, uint32_t lba, uint32_t blocks)
{
    struct cache_stream *stalest = cache->streams;
    uint32_t least = blocks_of(cache, NEIGHBOUR), stride = 0, most = 0;

    for (unsigned i = 0; i < CACHE_STREAMS; i++) {
        struct cache_stream *stream = &cache->streams[i];
        uint32_t staleness = age(cache, stream) + (stream->window ? 0 : CACHE_RECENT);

        if (stream->blocks == blocks && !stream->window && distance(lba, stream->lba) < least) {
            least = distance(lba, stream->lba);
            stride = lba - stream->lba;
        }
        if (staleness > most) {
            most = staleness;
            stalest = stream;
        }
    }

    *stalest = (struct cache_stream){
        .lba = lba, .blocks = blocks, .stride = stride, .way = STREAM_STRIDED, .steps = stride != 0, .stamp = cache->stamp};
}

/* An even part of three quarters of the big lines, for each stream that is alive. */
static uint32_t window_max(const struct cache *cache)
{
    uint32_t alive = 0;

    for (unsigned i = 0; i < CACHE_STREAMS; i++)
        alive += cache->streams[i].window && age(cache, &cache->streams[i]) < CACHE_RECENT;
    return cache->big.count * 3 / 4 * cache->big.blocks / (alive ? alive : 1);
}

/* ---- reading ahead: a step of it, false when it has to wait ---- */

static uint32_t command_max(const struct cache *cache)
{
    return smaller_of(cache->disk.max_blocks, cache->in_flight_max / cache->disk.block_size);
}

/*
 * In blocks, when so many are ahead. No stream takes more than half of what the account has left for it, so that many short ones
 * do not leave the next without; under two small lines it is not worth the commands.
 */
static uint32_t window_of(const struct cache *cache, const struct cache_stream *stream, uint32_t ahead)
{
    uint32_t credit = cache->credit[ACCOUNT_STREAM] / cache->disk.block_size + ahead;
    uint32_t window = smaller_of(credit / 2, stream->window);

    return window < 2 * cache->small.blocks ? 0 : window;
}

/* Less than what is left of a line is worth a command only when it is half the window. */
static bool is_worth(uint32_t window, uint32_t blocks, uint32_t room)
{
    return blocks && (blocks == room || 2 * blocks >= window);
}

static bool has_block(const struct cache_line *line, uint32_t lba)
{
    return line && lba >= line->first + line->from && lba < line->first + line->to;
}

/* Forward or backward. */
static bool step_along(struct cache *cache, struct cache_stream *stream)
{
    bool down = stream->way == STREAM_BACKWARD;
    uint32_t here = down ? stream->lba : stream->lba + stream->blocks;
    uint32_t most = down ? here : here < cache->blocks ? cache->blocks - here : 0;

    if (down ? stream->ahead > here : stream->ahead < here)
        stream->ahead = here;
    uint32_t gone = down ? here - stream->ahead : stream->ahead - here;
    uint32_t window = window_of(cache, stream, gone), limit = smaller_of(window, most);
    if (gone >= limit)
        return false;

    uint32_t lba = down ? stream->ahead - 1 : stream->ahead, at = lba & (cache->big.blocks - 1);
    uint32_t room = smaller_of(down ? at + 1 : cache->big.blocks - at, command_max(cache));
    uint32_t blocks = smaller_of(limit - gone, room);
    if (!is_worth(window, blocks, room))
        return false;

    const struct cache_line *line = cache_find(&cache->big, lba);
    if (has_block(line, lba)) {
        stream->ahead = line->first + (down ? line->from : line->to);
        return true;
    }
    if (!cache_fill(cache, &cache->big, down ? stream->ahead - blocks : stream->ahead, blocks, ACCOUNT_STREAM))
        return false;
    stream->ahead += down ? 0 - blocks : blocks;
    return true;
}

/* Small steps go into small lines, larger ones into big ones; one that crosses a line's end takes two commands. */
static bool step_strided(struct cache *cache, struct cache_stream *stream)
{
    bool small = stream->blocks <= 2 * cache->small.blocks;
    struct cache_pool *pool = small ? &cache->small : &cache->big;
    uint32_t steps = smaller_of(window_of(cache, stream, 0) / stream->blocks, CACHE_STRIDES_MAX);
    uint32_t lba = stream->ahead;

    /* In multiples of the stride, whichever way it goes. */
    uint32_t gone = lba - stream->lba, most = stream->stride * steps;
    bool down = stream->stride >> 31;
    if (down ? 0 - gone > 0 - most : gone > most)
        return false;
    if (lba >= cache->blocks || stream->blocks > cache->blocks - lba)
        return false;

    for (uint32_t left = stream->blocks; left;) {
        uint32_t room = pool->blocks - (lba & (pool->blocks - 1));
        uint32_t blocks = smaller_of(smaller_of(left, room), command_max(cache));

        if (!blocks || !cache_fill(cache, pool, lba, blocks, ACCOUNT_STREAM))
            return false;
        lba += blocks;
        left -= blocks;
    }
    stream->ahead += stream->stride;
    return true;
}

/* One that is a stream. */
static void read_ahead(struct cache *cache, struct cache_stream *stream)
{
    while (stream->way == STREAM_STRIDED ? step_strided(cache, stream) : step_along(cache, stream))
        ;
}

/* The first of what follows the last request. */
static void begin_ahead(struct cache_stream *stream)
{
    stream->ahead = stream->lba + (stream->way == STREAM_FORWARD    ? stream->blocks
                                   : stream->way == STREAM_BACKWARD ? 0
                                                                    : stream->stride);
}

/* ---- the rest of the cache's ---- */

static void take_step(struct cache *cache, struct cache_stream *stream, enum stream_way way, bool late)
{
    if (way != STREAM_STRIDED)
        stream->stride = 0;
    if (stream->way != way) {
        stream->way = way;
        stream->steps = 0;
        stream->window = 0;
    }
    if (stream->steps < STEPS_MIN)
        stream->steps++;
    if (stream->steps < STEPS_MIN)
        return;

    uint32_t start = blocks_of(cache, CACHE_WINDOW_START);
    if (stream->window == 0) {
        stream->window = start > 2 * stream->blocks ? start : 2 * stream->blocks;
        begin_ahead(stream);
    } else if (late && !cache->crowded) {
        stream->window *= 2;
    }
    if (way == STREAM_STRIDED && (stream->stride >> 31 ? stream->ahead >= stream->lba : stream->ahead <= stream->lba))
        begin_ahead(stream);
    stream->window = smaller_of(stream->window, window_max(cache));
    read_ahead(cache, stream);
}

/* The first that it is a step of; NULL. `again`: it lies within the last request of another. */
static struct cache_stream *find_stream(struct cache *cache, uint32_t lba, uint32_t blocks, enum stream_way *way, bool *again)
{
    struct cache_stream *stream = cache->streams;

    *again = false;
    for (const struct cache_stream *end = stream + CACHE_STREAMS; stream != end; stream++) {
        uint32_t onward = lba - stream->lba;

        /* Most are far away: not a stride before it, and nothing of it within the last request or at an end of that. */
        if (onward != stream->stride && onward + blocks > stream->blocks + blocks)
            continue;
        if (fits(stream, lba, blocks, way))
            return stream;
        *again |= lba >= stream->lba && lba + blocks <= stream->lba + stream->blocks;
    }
    return NULL;
}

void cache_note(struct cache *cache, uint32_t lba, uint32_t blocks, bool late)
{
    enum stream_way way;
    bool again;
    struct cache_stream *stream = find_stream(cache, lba, blocks, &way, &again);

    if (stream) {
        stream->lba = lba;
        stream->blocks = blocks;
        stream->stamp = cache->stamp;
        take_step(cache, stream, way, late);
    } else if (!again) { /* what was just read, once more, begins nothing */
        begin_stream(cache, lba, blocks);
    }
}

void cache_read_ahead(struct cache *cache)
{
    for (unsigned i = 0; i < CACHE_STREAMS; i++) {
        if (cache->streams[i].window)
            read_ahead(cache, &cache->streams[i]);
    }
}

void cache_rewind(struct cache *cache)
{
    for (unsigned i = 0; i < CACHE_STREAMS; i++)
        begin_ahead(&cache->streams[i]);
}
