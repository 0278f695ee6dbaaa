/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache as a disk: the caller's requests, piece by piece from memory and from below, and what its home asks of it. */
#include "cache/parts.h"

#define HARVESTS_PER_MS 4  /* while something is on its way, from requests that are served from memory */
#define AWAY_MS         50 /* nobody pumped for so long: the connection may be another by now */

/* ---- the disk below ---- */

static void mirror(struct cache *cache)
{
    const struct disk_ops *ops = cache->disk.ops;

    cache->disk = *cache->below;
    cache->disk.ops = ops;
    cache->disk.max_blocks = smaller_of(cache->disk.max_blocks, CACHE_BLOCKS_MAX);
    cache->blocks = cache->disk.block_count < CACHE_END ? (uint32_t)cache->disk.block_count : CACHE_END;
}

static void check_epoch(struct cache *cache)
{
    if (cache->disk.epoch == cache->below->epoch)
        return;
    mirror(cache);
    cache_forget(&cache->disk);
}

static void pump_below(struct cache *cache)
{
    cache->asked = false;
    cache->pumped_at = platform_ticks();
    cache->below->ops->pump(cache->below);
    check_epoch(cache);
}

/* ---- requests ---- */

ALWAYS_INLINE void finish(struct cache *cache, struct disk_request *request, enum status status)
{
    for (unsigned i = 0; i < cache->errand_end; i++) {
        if (cache->errands[i].state != ERRAND_FREE && cache->errands[i].owner == request)
            cache_free_errand(cache, &cache->errands[i]);
    }

    disk_queue_remove(&cache->requests, request);
    request->status = status;
    request->done = true;
}

/* A read of what can be in memory; all else is one part. */
static bool is_for_memory(const struct disk_request *request)
{
    return request->operation == DISK_READ && request->lba + request->blocks <= CACHE_END;
}

enum piece_kind { PIECE_THERE, PIECE_COMING, PIECE_SENT, PIECE_MISSING };

struct piece {
    enum piece_kind kind;
    uint32_t blocks;
    struct cache_line *line;
    struct cache_errand *errand;
};

/* `lba` within from..to of the line: what follows of it is the piece. */
static bool piece_within(struct piece *piece, enum piece_kind kind, uint32_t from, uint32_t to, uint32_t lba)
{
    if (lba < from || lba >= to)
        return false;
    piece->kind = kind;
    piece->blocks = smaller_of(piece->blocks, to - lba);
    return true;
}

ALWAYS_INLINE bool piece_of_line(struct cache *cache, struct cache_line *line, struct piece *piece, uint32_t lba)
{
    if (!line)
        return false;
    piece->line = line;
    if (!line->writer && piece_within(piece, PIECE_THERE, line->first + line->from, line->first + line->to, lba))
        return true;
    if (!line->fill || cache->errands[line->fill - 1].doomed)
        return false;

    const struct cache_errand *fill = &cache->errands[line->fill - 1];
    return piece_within(piece, PIECE_COMING, fill->lba, fill->lba + fill->request.blocks, lba);
}

static void end_before(struct piece *piece, uint32_t lba, uint32_t from)
{
    if (from > lba)
        piece->blocks = smaller_of(piece->blocks, from - lba);
}

/*
 * One command for what is missing up to the next big line; small ones in between are read again with it. `line` is the big line
 * of the first block, or NULL.
 */
static void measure_gap(struct cache *cache, const struct disk_request *read, struct piece *piece, uint32_t lba,
                        const struct cache_line *line)
{
    uint32_t first = lba & ~(cache->big.blocks - 1);

    for (;;) {
        if (line && line->from != line->to && !line->writer)
            end_before(piece, lba, line->first + line->from);
        if (line && line->fill && !cache->errands[line->fill - 1].doomed)
            end_before(piece, lba, cache->errands[line->fill - 1].lba);
        first += cache->big.blocks;
        if (first >= lba + piece->blocks)
            break;
        line = cache_find(&cache->big, first);
    }

    for (unsigned i = 0; i < cache->errand_end; i++) {
        if (cache->errands[i].state != ERRAND_FREE && cache->errands[i].owner == read)
            end_before(piece, lba, cache->errands[i].lba);
    }
}

/* What the read's blocks from `at` on begin with. */
static struct piece look(struct cache *cache, const struct disk_request *read, uint32_t at)
{
    uint32_t lba = (uint32_t)read->lba + at;
    struct piece piece = {.blocks = read->blocks - at};

    for (unsigned i = 0; i < cache->errand_end; i++) {
        struct cache_errand *errand = &cache->errands[i];

        if (errand->state == ERRAND_FREE || errand->owner != read)
            continue;
        if (piece_within(&piece, PIECE_SENT, errand->lba, errand->lba + errand->request.blocks, lba)) {
            piece.errand = errand;
            return piece;
        }
    }

    struct cache_line *big = cache_find(&cache->big, lba);
    if (piece_of_line(cache, big, &piece, lba) || piece_of_line(cache, cache_find(&cache->small, lba), &piece, lba))
        return piece;
    piece.kind = PIECE_MISSING;
    measure_gap(cache, read, &piece, lba, big);
    return piece;
}

/* A small read becomes its whole line, as long as that has paid: the account for it is not empty. */
static bool widen(struct cache *cache, const struct disk_request *read, uint32_t at, uint32_t blocks)
{
    uint32_t lba = (uint32_t)read->lba + at, first = lba & ~(cache->small.blocks - 1);
    uint32_t count = smaller_of(cache->small.blocks, cache->below->max_blocks);

    if (request_place(read) & READ_PLAIN || blocks >= count || lba + blocks > first + count || cache->blocks - first < count ||
        cache->credit[ACCOUNT_SMALL] < count * cache->disk.block_size)
        return false;
    return cache_fill(cache, &cache->small, first, count, ACCOUNT_SMALL);
}

/* As far as it comes by now. What is missing behind a piece that is still to come is asked for at once. */
static void advance_read(struct cache *cache, struct disk_request *read)
{
    uint32_t at = request_place(read) & ~READ_PLAIN;
    bool waits = false;

    while (at < read->blocks && read->status == OK) {
        struct piece piece = look(cache, read, at);

        if (piece.kind == PIECE_THERE && !waits) {
            cache_serve(cache, piece.line, (uint32_t)read->lba + at, piece.blocks,
                        (uint8_t *)read->buffer + (size_t)at * cache->disk.block_size);
        } else if (piece.kind == PIECE_COMING || (piece.kind == PIECE_MISSING && widen(cache, read, at, piece.blocks))) {
            waits = true;
        } else if (piece.kind == PIECE_MISSING && !cache_send_part(cache, read, at, piece.blocks)) {
            break;
        }

        at += piece.blocks;
        if (waits)
            continue;
        set_request_place(read, at | (request_place(read) & READ_PLAIN));
        if (piece.kind == PIECE_SENT && piece.errand->state == ERRAND_LANDED &&
            piece.errand->lba + piece.errand->request.blocks == (uint32_t)read->lba + at)
            cache_free_errand(cache, piece.errand);
    }
}

static bool has_parts_under_way(const struct cache *cache, const struct disk_request *request)
{
    for (unsigned i = 0; i < cache->errand_end; i++) {
        if (cache->errands[i].state == ERRAND_BUSY && cache->errands[i].owner == request)
            return true;
    }
    return false;
}

static void advance(struct cache *cache, struct disk_request *request)
{
    uint32_t blocks = request->operation == DISK_FLUSH ? 1 : request->blocks; /* so that a flush, too, is one part */

    if (is_for_memory(request))
        advance_read(cache, request);
    else if (!(request_place(request) & ~READ_PLAIN) && cache_send_part(cache, request, 0, request->blocks))
        set_request_place(request, blocks);

    bool all = (request_place(request) & ~READ_PLAIN) == blocks || request->status != OK;
    if (all && !has_parts_under_way(cache, request))
        finish(cache, request, request->status);
}

static void advance_all(struct cache *cache)
{
    for (struct disk_request *request = cache->requests.first, *next; request; request = next) {
        next = request->link[0];
        advance(cache, request);
    }
}

/* ---- the contract ---- */

static void cache_pump(struct disk *contract)
{
    struct cache *cache = (struct cache *)contract;

    pump_below(cache);
    cache_reap(cache);
    if (cache->stirred) {
        cache->stirred = false;
        advance_all(cache);
        cache_read_ahead(cache);
    }
    /* Whoever waits may have what he wants now, and not come again. */
    if (cache->asked)
        pump_below(cache);
}

static void harvest(struct cache *cache)
{
    uint64_t since = platform_ticks() - cache->pumped_at, ms = platform_ticks_per_ms();

    if (since >= AWAY_MS * ms || (cache->fills && since >= ms / HARVESTS_PER_MS))
        cache_pump(&cache->disk);
}

static void cache_submit(struct disk *contract, struct disk_request *request)
{
    struct cache *cache = (struct cache *)contract;

    harvest(cache);
    check_epoch(cache);
    disk_queue_add(&cache->requests, request);
    set_request_place(request, 0);
    cache->stamp++;

    if (request->operation == DISK_READ) {
        uint32_t bytes = request->blocks * cache->disk.block_size;

        cache->figures.demanded += bytes;
        cache->credit[ACCOUNT_STREAM] = smaller_of(cache->credit[ACCOUNT_STREAM] + (bytes >> SHARE_SHIFT_STREAM), CREDIT_MAX);
        cache->credit[ACCOUNT_SMALL] = smaller_of(cache->credit[ACCOUNT_SMALL] + (bytes >> SHARE_SHIFT_SMALL), CREDIT_MAX);
    }
    advance(cache, request);
    if (is_for_memory(request))
        cache_note(cache, (uint32_t)request->lba, request->blocks, !request->done);
    if (request->done && cache->asked)
        pump_below(cache);
}

static void cache_cancel(struct disk *contract, struct disk_request *request)
{
    struct cache *cache = (struct cache *)contract;

    if (request->done)
        return;

    enum status status =
        fail(E_DISK_TIMEOUT, "operation %u, block %llu", (unsigned)request->operation, (unsigned long long)request->lba);
    for (unsigned i = 0; i < cache->errand_end; i++) {
        struct cache_errand *errand = &cache->errands[i];

        if (errand->state == ERRAND_BUSY && errand->owner == request && !errand->request.done)
            cache->below->ops->cancel(cache->below, &errand->request);
    }

    cache_reap(cache);
    finish(cache, request, status);
    cache->stirred = true;
}

static const struct disk_ops operations = {cache_submit, cache_pump, cache_cancel};

/* ---- its home's ---- */

uint32_t cache_in_flight(const struct disk *contract)
{
    return ((const struct cache *)contract)->in_flight;
}

struct cache_figures cache_figures(const struct disk *contract)
{
    return ((const struct cache *)contract)->figures;
}

enum status cache_settle(struct disk *contract, deadline_t deadline)
{
    struct cache *cache = (struct cache *)contract;
    enum status status = OK;

    cache->quiet = true;
    while (cache->fills && status == OK) {
        cache_pump(contract);
        if (cache->fills && deadline_passed(deadline))
            status = fail(E_DISK_TIMEOUT, "%u bytes read ahead", (unsigned)cache->in_flight);
        else if (cache->fills)
            platform_idle();
    }

    for (unsigned i = 0; i < cache->errand_end; i++) {
        struct cache_errand *errand = &cache->errands[i];

        if (errand->state == ERRAND_BUSY && !errand->owner && !errand->request.done)
            cache->below->ops->cancel(cache->below, &errand->request);
    }
    cache_reap(cache);
    advance_all(cache);
    cache->quiet = false;
    return status;
}

void cache_forget(struct disk *contract)
{
    struct cache *cache = (struct cache *)contract;

    for (uint32_t i = 0; i < cache->big.count + cache->small.count; i++)
        cache_drop(&cache->big.lines[i]);
    for (unsigned i = 0; i < cache->errand_end; i++)
        cache->errands[i].doomed = true;
    cache_rewind(cache);
    cache->stirred = true;
}

/* ---- its memory ---- */

static void lay_out(struct cache_pool *pool, uint32_t line_bytes, uint32_t block_size, uint32_t count, uint32_t ways)
{
    pool->count = count;
    pool->ways = ways ? ways : count;
    pool->sets = ways ? count / ways : 1;
    pool->shift = 0;
    while (block_size << pool->shift < line_bytes)
        pool->shift++;
    pool->blocks = 1u << pool->shift;
}

/* A quarter of it for small lines. */
struct disk *cache_new(void *memory, size_t size, struct disk *below, uint32_t in_flight)
{
    struct cache *cache = memory;
    uint32_t big = below->block_size > CACHE_BIG_LINE ? below->block_size : CACHE_BIG_LINE;
    uint32_t small = below->block_size > CACHE_SMALL_LINE ? below->block_size : CACHE_SMALL_LINE;

    if (size < (below->block_size > CACHE_SMALL_LINE ? 16 * CACHE_MEMORY_MIN : CACHE_MEMORY_MIN)) {
        fail(E_INVALID_ARGUMENT, "a cache of %u bytes", (unsigned)size);
        return NULL;
    }

    uint32_t small_count = (uint32_t)(size / 4 / small) & ~(CACHE_WAYS - 1);
    size_t left = size - sizeof *cache - small_count * (small + sizeof(struct cache_line)) - PAGE_SIZE;
    memset(cache, 0, sizeof *cache);
    lay_out(&cache->big, big, below->block_size, (uint32_t)(left / (big + sizeof(struct cache_line))), 0);
    lay_out(&cache->small, small, below->block_size, small_count, CACHE_WAYS);

    uint32_t lines = cache->big.count + small_count;
    cache->big.lines = cache->big.found = (struct cache_line *)(cache + 1);
    cache->small.lines = cache->small.found = cache->big.lines + cache->big.count;
    memset(cache->big.lines, 0, lines * sizeof(struct cache_line));
    cache->big.data = (uint8_t *)(((uintptr_t)(cache->big.lines + lines) + 63) & ~(uintptr_t)63);
    cache->small.data = cache->big.data + (size_t)cache->big.count * big;

    cache->below = below;
    cache->disk.ops = &operations;
    mirror(cache);
    cache->in_flight_max = in_flight;
    cache->credit[ACCOUNT_STREAM] = LOAN_STREAM;
    cache->credit[ACCOUNT_SMALL] = LOAN_SMALL;
    cache->pumped_at = platform_ticks();
    return &cache->disk;
}
