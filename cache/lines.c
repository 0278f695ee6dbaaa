/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in memory: lines, who has to make room, and what writes do to them. */
#include "cache/parts.h"

/* The big pool's lines lie before the small one's, and so does their data: cache_new(). */
uint8_t *cache_data(const struct cache *cache, const struct cache_line *line)
{
    const struct cache_pool *pool = line < cache->small.lines ? &cache->big : &cache->small;

    return pool->data + (size_t)(line - pool->lines) * pool->blocks * cache->disk.block_size;
}

static bool is_free(const struct cache_line *line)
{
    return line->from == line->to && !line->fill;
}

/* Multiplied by 2^32 over the golden ratio: a stride of a power of two goes round all sets. */
static struct cache_line *ways_of(const struct cache_pool *pool, uint32_t lba)
{
    uint32_t mixed = (lba >> pool->shift) * 2654435769u;

    return pool->lines + (mixed >> 16) % pool->sets * pool->ways;
}

struct cache_line *cache_find(struct cache_pool *pool, uint32_t lba)
{
    uint32_t first = lba & ~(pool->blocks - 1);
    struct cache_line *line = pool->found;

    /* Most calls want what the last one did. */
    if (line->first == first && !is_free(line))
        return line;
    line = ways_of(pool, lba);

    for (const struct cache_line *end = line + pool->ways; line != end; line++) {
        if (line->first == first && !is_free(line)) {
            pool->found = line;
            return line;
        }
    }
    return NULL;
}

void cache_drop(struct cache_line *line)
{
    line->from = line->to = line->used_from = line->used_to = 0;
    line->writer = 0;
}

/*
 * How gladly a line makes room: a free one most, then what its stream has done with and what came once, the longest untouched
 * first. A small line that was wanted again stays as long as there are others; once there are none, all have to earn it anew.
 */
static uint32_t readiness(const struct cache *cache, const struct cache_line *line)
{
    uint32_t age = (cache->stamp - line->stamp) & 0x1FFFFFFF;

    if (is_free(line))
        return UINT32_MAX;
    if (line->wanted_again)
        return 1 + (age >> 1);
    bool used_up = line->account && line->used_from == line->from && line->used_to == line->to;
    return (used_up ? 0x60000000 : 0x40000000) + age;
}

struct cache_line *cache_take_line(struct cache *cache, struct cache_pool *pool, uint32_t lba)
{
    struct cache_line *best = cache_find(pool, lba);

    if (best)
        return best;

    struct cache_line *ways = ways_of(pool, lba);
    uint32_t most = 0;
    for (uint32_t i = 0; i < pool->ways; i++) {
        uint32_t ready = ways[i].fill || ways[i].writer ? 0 : readiness(cache, &ways[i]);

        if (ready > most) {
            most = ready;
            best = &ways[i];
        }
    }
    if (!best)
        return NULL;

    if (best->wanted_again) {
        for (uint32_t i = 0; i < pool->ways; i++)
            ways[i].wanted_again = false;
    }
    cache_drop(best);
    best->first = lba & ~(pool->blocks - 1);
    best->account = ACCOUNT_NONE;
    best->wanted_again = false;
    best->stamp = cache->stamp;
    return best;
}

void cache_extend(struct cache_line *line, uint32_t from, uint32_t to)
{
    if (line->from == line->to || from > line->to || to < line->from) {
        line->from = (uint16_t)from;
        line->to = (uint16_t)to;
        line->used_from = line->used_to = 0;
        return;
    }
    if (from < line->from)
        line->from = (uint16_t)from;
    if (to > line->to)
        line->to = (uint16_t)to;
}

/* Only what lies in one run with what was used before: less than the truth, never more. */
static uint32_t give_back(struct cache *cache, struct cache_line *line, uint32_t from, uint32_t to)
{
    uint32_t before = line->used_to - line->used_from;

    if (before == 0) {
        line->used_from = (uint16_t)from;
        line->used_to = (uint16_t)to;
    } else if (from <= line->used_to && to >= line->used_from) {
        if (from < line->used_from)
            line->used_from = (uint16_t)from;
        if (to > line->used_to)
            line->used_to = (uint16_t)to;
    }

    uint32_t bytes = (line->used_to - line->used_from - before) * cache->disk.block_size;
    cache->credit[line->account] += bytes;
    cache->figures.used += bytes;
    return bytes;
}

void cache_serve(struct cache *cache, struct cache_line *line, uint32_t lba, uint32_t blocks, void *to)
{
    uint32_t at = lba - line->first, size = cache->disk.block_size;

    bytes_copy(to, cache_data(cache, line) + (size_t)at * size, (size_t)blocks * size);
    uint32_t back = line->account ? give_back(cache, line, at, at + blocks) : 0;
    bool is_new = line->stamp == cache->stamp || (line->account == ACCOUNT_STREAM && back);
    if (line >= cache->small.lines && !is_new)
        line->wanted_again = true;
    line->stamp = cache->stamp;
}

void cache_keep(struct cache *cache, uint32_t lba, uint32_t blocks, const uint8_t *data)
{
    uint32_t size = cache->disk.block_size;

    while (blocks) {
        struct cache_line *line = cache_take_line(cache, &cache->small, lba);
        uint32_t at = lba & (cache->small.blocks - 1), count = smaller_of(blocks, cache->small.blocks - at);

        /* One that an account has paid for is about to be used: it stays as it is. */
        if (line && !line->fill && !line->writer && (line->account == ACCOUNT_NONE || line->from == line->to)) {
            line->account = ACCOUNT_NONE;
            cache_extend(line, at, at + count);
            bytes_copy(cache_data(cache, line) + (size_t)at * size, data, (size_t)count * size);
            line->stamp = cache->stamp;
        }
        lba += count;
        data += (size_t)count * size;
        blocks -= count;
    }
}

/* ---- writes ---- */

static uint32_t line_count(const struct cache *cache)
{
    return cache->big.count + cache->small.count;
}

/* Two writes to one line at a time: nobody knows which of them comes last. */
void cache_hide(struct cache *cache, const struct cache_errand *write, uint8_t number)
{
    struct cache_line *line = cache->big.lines;

    for (uint32_t i = line_count(cache); i; i--, line++) {
        uint32_t valid = line->to - line->from;

        if (!valid || !ranges_overlap(line->first + line->from, valid, write->lba, write->request.blocks))
            continue;
        if (line->writer)
            cache_drop(line);
        else
            line->writer = number;
    }
}

void cache_renew(struct cache *cache, const struct cache_errand *write, uint8_t number)
{
    uint32_t lba = write->lba, end = lba + write->request.blocks;
    uint32_t size = cache->disk.block_size;
    struct cache_line *line = cache->big.lines;

    for (uint32_t i = line_count(cache); i; i--, line++) {
        if (line->writer != number)
            continue;
        line->writer = 0;

        uint32_t from = line->first + line->from, to = line->first + line->to;
        from = from < lba ? lba : from;
        to = to > end ? end : to;
        bytes_copy(cache_data(cache, line) + (size_t)(from - line->first) * size,
                   (const uint8_t *)write->request.buffer + (size_t)(from - lba) * size, (size_t)(to - from) * size);
    }
}

void cache_reject(struct cache *cache, uint8_t number)
{
    struct cache_line *line = cache->big.lines;

    for (uint32_t i = line_count(cache); i; i--, line++) {
        if (line->writer == number)
            cache_drop(line);
    }
}
