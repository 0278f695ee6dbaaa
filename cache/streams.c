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
    uint32_t least = blocks_of(cache, NEIGHBOUR), stride = 0;

    for (unsigned i = 0; i < CACHE_STREAMS; i++) {
        struct cache_stream *stream = &cache->streams[i];
        uint32_t worth = stream->window ? CACHE_RECENT : 0, stalest_worth = stalest->window ? CACHE_RECENT : 0;

        if (stream->blocks == blocks && !stream->window && distance(lba, stream->lba) < least) {
            least = distance(lba, stream->lba);
            stride = lba - stream->lba;
        }
        if (age(cache, stream) + stalest_worth > age(cache, stalest) + worth)
            stalest = stream;
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

static bool step_forward(struct cache *cache, struct cache_stream *stream)
{
    uint32_t end = stream->lba + stream->blocks;

    if (stream->ahead < end)
        stream->ahead = end;
    uint32_t window = window_of(cache, stream, stream->ahead - end);
    uint32_t limit = smaller_of(end + window, cache->blocks);
    if (stream->ahead >= limit)
        return false;

    const struct cache_line *line = cache_find(&cache->big, stream->ahead);
    if (has_block(line, stream->ahead)) {
        stream->ahead = line->first + line->to;
        return true;
    }

    uint32_t room = smaller_of(cache->big.blocks - (stream->ahead & (cache->big.blocks - 1)), command_max(cache));
    uint32_t blocks = smaller_of(limit - stream->ahead, room);
    if (!is_worth(window, blocks, room) || !cache_fill(cache, &cache->big, stream->ahead, blocks, ACCOUNT_STREAM))
        return false;
    stream->ahead += blocks;
    return true;
}

static bool step_backward(struct cache *cache, struct cache_stream *stream)
{
    if (stream->ahead > stream->lba)
        stream->ahead = stream->lba;
    uint32_t window = window_of(cache, stream, stream->lba - stream->ahead);
    uint32_t limit = stream->lba > window ? stream->lba - window : 0;
    if (stream->ahead <= limit)
        return false;

    uint32_t last = stream->ahead - 1;
    const struct cache_line *line = cache_find(&cache->big, last);
    if (has_block(line, last)) {
        stream->ahead = line->first + line->from;
        return true;
    }

    uint32_t room = smaller_of((last & (cache->big.blocks - 1)) + 1, command_max(cache));
    uint32_t blocks = smaller_of(stream->ahead - limit, room);
    if (!is_worth(window, blocks, room) || !cache_fill(cache, &cache->big, stream->ahead - blocks, blocks, ACCOUNT_STREAM))
        return false;
    stream->ahead -= blocks;
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

static void read_ahead(struct cache *cache, struct cache_stream *stream)
{
    static bool (*const steps[])(struct cache *, struct cache_stream *) = {step_forward, step_backward, step_strided};

    while (stream->window && steps[stream->way](cache, stream))
        ;
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
        stream->ahead = way == STREAM_FORWARD    ? stream->lba + stream->blocks
                        : way == STREAM_BACKWARD ? stream->lba
                                                 : stream->lba + stream->stride;
    } else if (late && !cache->crowded) {
        stream->window *= 2;
    }
    if (way == STREAM_STRIDED && (stream->stride >> 31 ? stream->ahead >= stream->lba : stream->ahead <= stream->lba))
        stream->ahead = stream->lba + stream->stride;
    stream->window = smaller_of(stream->window, window_max(cache));
    read_ahead(cache, stream);
}

void cache_note(struct cache *cache, uint32_t lba, uint32_t blocks, bool late)
{
    enum stream_way way = STREAM_FORWARD;

    for (unsigned i = 0; i < CACHE_STREAMS; i++) {
        struct cache_stream *stream = &cache->streams[i];

        if (fits(stream, lba, blocks, &way)) {
            stream->lba = lba;
            stream->blocks = blocks;
            stream->stamp = cache->stamp;
            take_step(cache, stream, way, late);
            return;
        }
    }

    /* What was just read, once more, begins nothing. */
    for (unsigned i = 0; i < CACHE_STREAMS; i++) {
        const struct cache_stream *stream = &cache->streams[i];

        if (lba >= stream->lba && lba + blocks <= stream->lba + stream->blocks)
            return;
    }
    begin_stream(cache, lba, blocks);
}

void cache_read_ahead(struct cache *cache)
{
    for (unsigned i = 0; i < CACHE_STREAMS; i++)
        read_ahead(cache, &cache->streams[i]);
}

void cache_rewind(struct cache *cache)
{
    for (unsigned i = 0; i < CACHE_STREAMS; i++) {
        struct cache_stream *stream = &cache->streams[i];

        stream->ahead = stream->way == STREAM_FORWARD    ? stream->lba + stream->blocks
                        : stream->way == STREAM_BACKWARD ? stream->lba
                                                         : stream->lba + stream->stride;
    }
}
