/* SPDX-License-Identifier: BSD-2-Clause */
/* What the cache asks of the disk below: parts of the caller's requests, and fills. */
#include "cache/parts.h"

uint8_t cache_errand_number(const struct cache *cache, const struct cache_errand *errand)
{
    return (uint8_t)(errand - cache->errands + 1);
}

/* NULL: all are busy. */
ALWAYS_INLINE struct cache_errand *take_errand(struct cache *cache)
{
    for (unsigned i = 0; i < CACHE_ERRANDS; i++) {
        struct cache_errand *errand = &cache->errands[i];

        if (errand->state == ERRAND_FREE) {
            errand->state = ERRAND_BUSY;
            errand->owner = NULL;
            errand->line = NULL;
            errand->doomed = false;
            if (cache->errand_end <= i)
                cache->errand_end = i + 1;
            return errand;
        }
    }
    return NULL;
}

void cache_free_errand(struct cache *cache, struct cache_errand *errand)
{
    errand->state = ERRAND_FREE;
    if (errand->owner)
        cache->parts--;
    while (cache->errand_end && cache->errands[cache->errand_end - 1].state == ERRAND_FREE)
        cache->errand_end--;
}

/* Is a write to any of these blocks under way, or not known to be over? */
ALWAYS_INLINE bool is_in_doubt(const struct cache *cache, uint32_t lba, uint32_t blocks)
{
    if (ranges_overlap(cache->doubt_from, cache->doubt_to - cache->doubt_from, lba, blocks))
        return true;

    for (unsigned i = 0; i < cache->errand_end; i++) {
        const struct cache_errand *errand = &cache->errands[i];

        if (errand->state == ERRAND_BUSY && errand->request.operation == DISK_WRITE &&
            ranges_overlap(errand->lba, errand->request.blocks, lba, blocks))
            return true;
    }
    return false;
}

static void send(struct cache *cache, struct cache_errand *errand)
{
    errand->alone = cache->fills + cache->parts == 1;
    errand->sent_at = clock_now();
    disk_submit(cache->below, &errand->request);
    cache->asked = true;
}

static void begin_write(struct cache *cache, struct cache_errand *write)
{
    write->number = ++cache->writes;
    cache_hide(cache, write, cache_errand_number(cache, write));
    for (unsigned i = 0; i < cache->errand_end; i++) {
        struct cache_errand *other = &cache->errands[i];

        if (other->state == ERRAND_BUSY && other->request.operation == DISK_READ &&
            ranges_overlap(other->lba, other->request.blocks, write->lba, write->request.blocks))
            other->doomed = true;
    }
}

bool cache_send_part(struct cache *cache, struct disk_request *owner, uint32_t at, uint32_t blocks)
{
    struct cache_errand *errand = take_errand(cache);

    if (!errand)
        return false;

    errand->owner = owner;
    cache->parts++;
    errand->request = (struct disk_request){
        .operation = owner->operation,
        .lba = owner->lba + at,
        .blocks = blocks,
        .buffer = owner->buffer ? (uint8_t *)owner->buffer + (size_t)at * cache->disk.block_size : NULL,
    };
    errand->lba = errand->request.lba > CACHE_END ? CACHE_END : (uint32_t)errand->request.lba;
    if (owner->operation == DISK_WRITE)
        begin_write(cache, errand);
    else if (owner->operation == DISK_READ)
        errand->doomed = is_in_doubt(cache, errand->lba, blocks);
    send(cache, errand);
    return true;
}

/* ---- fills ---- */

static bool is_there(const struct cache *cache, const struct cache_line *line, uint32_t from, uint32_t to)
{
    if (line->from <= from && to <= line->to)
        return true;
    if (!line->fill || cache->errands[line->fill - 1].doomed)
        return false;

    const struct cache_errand *fill = &cache->errands[line->fill - 1];
    uint32_t fill_from = fill->lba - line->first;
    return fill_from <= from && to <= fill_from + fill->request.blocks;
}

/* Another run in the line that nobody has come to yet, but soon will. */
static bool is_owed(const struct cache *cache, const struct cache_line *line, uint32_t from, uint32_t to)
{
    bool apart = from > line->to || to < line->from;

    return apart && line->account && cache->stamp - line->stamp < CACHE_RECENT &&
           (line->used_from != line->from || line->used_to != line->to);
}

/* What was valid already had been demanded, unless its account is still owed for it. */
static void charge(struct cache *cache, struct cache_line *line, uint32_t bytes, enum cache_account account)
{
    if (line->account == ACCOUNT_NONE) {
        line->used_from = line->from;
        line->used_to = line->to;
    }
    line->account = account;
    line->stamp = cache->stamp;
    cache->credit[account] -= bytes;
    cache->figures.ahead += bytes;
    cache->in_flight += bytes;
    cache->fills++;
}

bool cache_fill(struct cache *cache, struct cache_pool *pool, uint32_t lba, uint32_t blocks, enum cache_account account)
{
    uint32_t bytes = blocks * cache->disk.block_size;
    const struct cache_line *there = cache_find(pool, lba);
    uint32_t from = lba & (pool->blocks - 1);

    if (there && is_there(cache, there, from, from + blocks))
        return true;
    if (cache->quiet || cache->fills == CACHE_FILLS_MAX || cache->credit[account] < bytes || (there && there->fill) ||
        bytes > cache->in_flight_max || cache->in_flight > cache->in_flight_max - bytes || is_in_doubt(cache, lba, blocks))
        return false;

    struct cache_line *line = cache_take_line(cache, pool, lba);
    if (!line || line->writer || is_owed(cache, line, from, from + blocks))
        return false;
    struct cache_errand *errand = take_errand(cache);
    if (!errand)
        return false;

    /* What is valid must be in one run with it, and nowhere in the memory that what is read may be put into until it is done. */
    if (from != line->to && from + blocks != line->from)
        cache_drop(line);
    charge(cache, line, bytes, account);
    line->fill = cache_errand_number(cache, errand);
    errand->line = line;
    errand->lba = lba;
    errand->request = (struct disk_request){
        .operation = DISK_READ,
        .lba = lba,
        .blocks = blocks,
        .buffer = cache_data(cache, line) + (size_t)from * cache->disk.block_size,
    };
    send(cache, errand);
    return true;
}

/* ---- what has come ---- */

/* The shortest counts, but for one that is always longer by now. */
static void measure(struct cache *cache, const struct cache_errand *errand)
{
    uint32_t took = clock_now() - errand->sent_at, longer = cache->round_trip + cache->round_trip / 8;

    if (errand->alone)
        cache->round_trip = took < longer || !cache->round_trip ? took : longer;
    if (!errand->owner)
        cache->crowded = took > 3 * cache->round_trip;
}

static void ask_plainly(struct cache *cache)
{
    for (struct disk_request *request = cache->requests.first; request; request = request->link[0])
        set_request_place(request, request_place(request) | READ_PLAIN);
}

static void end_fill(struct cache *cache, struct cache_errand *errand)
{
    struct cache_line *line = errand->line;
    uint32_t from = errand->lba - line->first;

    line->fill = 0;
    cache->fills--;
    cache->in_flight -= errand->request.blocks * cache->disk.block_size;
    if (errand->request.status != OK)
        ask_plainly(cache);
    else if (!errand->doomed)
        cache_extend(line, from, from + errand->request.blocks);
}

/* It may come late, until a later one is done: the disk's contract. */
static void doubt(struct cache *cache, const struct cache_errand *write)
{
    uint32_t from = write->lba, to = from + write->request.blocks;

    if (cache->doubt_from == cache->doubt_to) {
        cache->doubt_from = from;
        cache->doubt_to = to;
    }
    if (from < cache->doubt_from)
        cache->doubt_from = from;
    if (to > cache->doubt_to)
        cache->doubt_to = to;
    cache->doubt_since = cache->writes;
}

static void end_write(struct cache *cache, struct cache_errand *write)
{
    uint8_t number = cache_errand_number(cache, write);

    if (write->request.status != OK) {
        cache_reject(cache, number);
        doubt(cache, write);
        return;
    }
    cache_renew(cache, write, number);
    if ((int32_t)(write->number - cache->doubt_since) > 0)
        cache->doubt_from = cache->doubt_to = 0;
}

/* A read that is not of a small line's size is no thing to be kept: it would flush what is. */
static void end_part(struct cache *cache, struct cache_errand *errand)
{
    const struct disk_request *part = &errand->request;

    if (part->status != OK && errand->owner->status == OK)
        errand->owner->status = part->status;
    if (part->operation == DISK_WRITE)
        end_write(cache, errand);
    else if (part->operation == DISK_READ && part->status == OK && !errand->doomed &&
             errand->owner->blocks <= cache->small.blocks && errand->lba + part->blocks <= CACHE_END)
        cache_keep(cache, errand->lba, part->blocks, part->buffer);
}

/* Its owner has got on to what lies behind it, and comes back to no part. A write or a flush is one part. */
static bool is_passed(const struct cache_errand *part)
{
    uint32_t place = request_place(part->owner) & ~READ_PLAIN;

    return part->request.lba + part->request.blocks <= part->owner->lba + place;
}

void cache_reap(struct cache *cache)
{
    for (unsigned i = 0; i < cache->errand_end; i++) {
        struct cache_errand *errand = &cache->errands[i];

        if (errand->state != ERRAND_BUSY || !errand->request.done)
            continue;
        cache->stirred = true;
        if (errand->request.operation == DISK_READ)
            measure(cache, errand);
        if (errand->owner) {
            end_part(cache, errand);
            errand->state = ERRAND_LANDED;
            if (is_passed(errand))
                cache_free_errand(cache, errand);
        } else {
            end_fill(cache, errand);
            cache_free_errand(cache, errand);
        }
    }
}
