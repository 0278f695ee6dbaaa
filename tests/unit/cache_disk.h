/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk below a cache: it answers late and in any order, fails, loses its connection, and carries a write out long after it
 * was given up, as iscsi/disk.h allows. Of each block it knows which version of it is there, and which were there before: whoever
 * has read one can be told whether that was stale.
 */
#ifndef SANSTRAP_TESTS_CACHE_DISK_H
#define SANSTRAP_TESTS_CACHE_DISK_H

#include "tests/unit/unit.h"

#include "cache/cache.h"
#include "cache/parts.h"
#include "tests/host/host.h"

#define DISK_BLOCKS 65536u
#define HELD_MAX    96
#define HELD_BLOCKS 2048 /* of a read */
#define WORDS       4    /* of a block that hold its name */
#define PAST        6    /* versions of a block that are remembered */
#define LOST        16   /* writes given up, or failed, that may still come */

struct held {
    struct disk_request *request;
    uint64_t order, acts_at, answers_at; /* microseconds */
    bool acted, fails;
    uint32_t early;              /* blocks of a read that come when they are read, and not with the answer */
    uint32_t found[HELD_BLOCKS]; /* by a read */
};

static struct {
    struct disk disk;
    struct held held[HELD_MAX];
    unsigned count, most, commands, cancelled, fails_percent;
    uint64_t now, delay_us, jitter_us, orders, idle_us;
    uint64_t rate, wire_free_at;   /* bytes a microsecond, when not 0; what is read goes one after the other */
    uint64_t fails_from, fails_to; /* reads of these blocks fail */
    uint64_t bytes, bytes_now, bytes_most;
    unsigned flushes, pumps;
    unsigned reconnects, changes; /* to come with the next pump */
    struct {
        uint64_t lba, at, order;
        uint32_t blocks, version;
    } lost[LOST];
    unsigned lost_count;
    struct {
        uint32_t version;
        struct {
            uint32_t version;
            uint64_t until; /* a moment */
        } past[PAST];
        unsigned next;
    } blocks[DISK_BLOCKS];
    uint32_t versions;
    uint64_t base;   /* blocks before it are not used */
    uint64_t moment; /* rises with every change and every request */
    uint64_t random;
} below;

static uint32_t any(uint32_t limit)
{
    below.random = below.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((below.random >> 33) % limit);
}

/* ---- blocks ---- */

static size_t word_of(unsigned i)
{
    return i * (below.disk.block_size / 8 - 1) / (WORDS - 1);
}

static void name_block(void *block, uint64_t lba, uint32_t version)
{
    for (unsigned i = 0; i < WORDS; i++)
        put_be64((uint8_t *)block + 8 * word_of(i), (uint64_t)version << 32 | (uint32_t)lba);
}

static uint32_t version_in(const void *block, uint64_t lba)
{
    uint64_t name = get_be64(block);

    for (unsigned i = 0; i < WORDS; i++) {
        if (get_be64((const uint8_t *)block + 8 * word_of(i)) != name)
            fail_msg("block %u: torn", (unsigned)lba);
    }
    if ((uint32_t)name != (uint32_t)lba)
        fail_msg("block %u: is that of %u", (unsigned)lba, (unsigned)(uint32_t)name);
    return (uint32_t)(name >> 32);
}

static void change_block(uint64_t lba, uint32_t version)
{
    unsigned next = below.blocks[lba % DISK_BLOCKS].next++ % PAST;

    below.blocks[lba % DISK_BLOCKS].past[next].version = below.blocks[lba % DISK_BLOCKS].version;
    below.blocks[lba % DISK_BLOCKS].past[next].until = ++below.moment;
    below.blocks[lba % DISK_BLOCKS].version = version;
}

/* Was that version there at any time since the moment? */
static bool was_there(uint64_t lba, uint32_t version, uint64_t since)
{
    if (below.blocks[lba % DISK_BLOCKS].version == version)
        return true;
    for (unsigned i = 0; i < PAST; i++) {
        if (below.blocks[lba % DISK_BLOCKS].past[i].version == version && below.blocks[lba % DISK_BLOCKS].past[i].until > since)
            return true;
    }
    return below.blocks[lba % DISK_BLOCKS].past[below.blocks[lba % DISK_BLOCKS].next % PAST].until >
           since; /* more than are remembered */
}

/* ---- requests ---- */

static void land_lost(uint64_t before_order, uint64_t until)
{
    for (unsigned i = 0; i < below.lost_count;) {
        if (below.lost[i].order < before_order || below.lost[i].at <= until) {
            for (uint32_t j = 0; j < below.lost[i].blocks; j++)
                change_block(below.lost[i].lba + j, below.lost[i].version);
            below.lost[i] = below.lost[--below.lost_count];
        } else {
            i++;
        }
    }
}

static void bring(const struct held *held, uint32_t from, uint32_t to)
{
    const struct disk_request *request = held->request;

    for (uint32_t i = from; i < to; i++)
        name_block((uint8_t *)request->buffer + (size_t)i * below.disk.block_size, request->lba + i, held->found[i]);
}

static void act(struct held *held)
{
    struct disk_request *request = held->request;

    held->acted = true;
    if (request->operation == DISK_WRITE)
        land_lost(held->order, 0);
    /* A write that fails has got half way. */
    uint32_t blocks = request->operation == DISK_WRITE && held->fails ? request->blocks / 2 : request->blocks;
    for (uint32_t i = 0; request->operation != DISK_FLUSH && i < blocks; i++) {
        if (request->operation == DISK_READ)
            held->found[i] = below.blocks[(request->lba + i) % DISK_BLOCKS].version;
        else
            change_block(request->lba + i,
                         version_in((uint8_t *)request->buffer + (size_t)i * below.disk.block_size, request->lba + i));
    }
    if (request->operation == DISK_READ)
        bring(held, 0, held->early);
}

static void below_submit(struct disk *disk, struct disk_request *request)
{
    struct held *held = &below.held[below.count++];

    (void)disk;
    assert_true(below.count <= HELD_MAX);
    held->request = request;
    held->order = ++below.orders;
    held->answers_at = below.now + below.delay_us + (below.jitter_us ? any((uint32_t)below.jitter_us) : 0);
    held->acts_at = below.now + (below.jitter_us ? any((uint32_t)(held->answers_at - below.now) + 1) : below.delay_us);
    if (below.rate && request->operation == DISK_READ) {
        if (below.wire_free_at < below.now)
            below.wire_free_at = below.now;
        below.wire_free_at += (uint64_t)request->blocks * below.disk.block_size / below.rate;
        held->answers_at = below.wire_free_at + below.delay_us;
        held->acts_at = held->answers_at;
    }
    held->acted = false;
    held->early = request->operation == DISK_READ ? any(request->blocks + 1) : 0;
    held->fails = any(100) < below.fails_percent || (request->operation == DISK_READ && request->lba < below.fails_to &&
                                                     request->lba + request->blocks > below.fails_from);
    below.commands++;
    below.flushes += request->operation == DISK_FLUSH;
    if (below.count > below.most)
        below.most = below.count;
    if (request->operation == DISK_READ) {
        below.bytes += (uint64_t)request->blocks * below.disk.block_size;
        below.bytes_now += (uint64_t)request->blocks * below.disk.block_size;
    }
    if (below.bytes_now > below.bytes_most)
        below.bytes_most = below.bytes_now;
}

static void let_go(unsigned index)
{
    const struct disk_request *request = below.held[index].request;

    if (request->operation == DISK_READ)
        below.bytes_now -= (uint64_t)request->blocks * below.disk.block_size;
    below.held[index] = below.held[--below.count];
}

/* The connection is lost, and all that is under way is issued again; meanwhile somebody else has written. */
static void reconnect(void)
{
    for (unsigned i = 0; i < below.count; i++) {
        below.held[i].acted = false;
        below.held[i].acts_at = below.held[i].answers_at += 3000;
    }
    for (; below.changes; below.changes--) {
        uint64_t lba = below.base + any((uint32_t)(below.disk.block_count - below.base) - 8);

        for (unsigned i = 0; i < 8; i++)
            change_block(lba + i, ++below.versions);
    }
    below.reconnects = 0;
    below.disk.epoch++;
}

/* A write that is over for its caller may come late, but before those that are submitted from now on. */
static void lose(const struct disk_request *request)
{
    if (request->operation != DISK_WRITE || below.lost_count == LOST)
        return;
    below.lost[below.lost_count].lba = request->lba;
    below.lost[below.lost_count].blocks = request->blocks;
    below.lost[below.lost_count].order = below.orders;
    below.lost[below.lost_count].at = below.now + 1 + any(20000);
    below.lost[below.lost_count++].version = version_in(request->buffer, request->lba);
}

static void below_pump(struct disk *disk)
{
    (void)disk;
    below.pumps++;
    land_lost(0, below.now);
    for (unsigned i = 0; i < below.count;) {
        struct held *held = &below.held[i];
        struct disk_request *request = held->request;

        if (!held->acted && held->acts_at <= below.now)
            act(held);
        if (held->answers_at > below.now) {
            i++;
            continue;
        }
        if (!held->acted)
            act(held);
        if (request->operation == DISK_READ)
            bring(held, held->early, request->blocks);
        if (held->fails)
            lose(request);
        request->status = held->fails ? E_SCSI_MEDIUM : OK;
        request->done = true;
        let_go(i);
    }
    if (below.reconnects)
        reconnect();
}

static void below_cancel(struct disk *disk, struct disk_request *request)
{
    unsigned i = 0;

    (void)disk;
    assert_false(request->done);
    while (i < below.count && below.held[i].request != request)
        i++;
    assert_true(i < below.count);
    if (!below.held[i].acted)
        lose(request);
    let_go(i);
    below.cancelled++;
    request->status = fail(E_DISK_TIMEOUT, "below");
    request->done = true;
}

/* ---- the world ---- */

static void pass_us(uint64_t microseconds)
{
    below.now += microseconds;
    host_clock_advance_us(microseconds);
}

static void idle(void)
{
    pass_us(below.idle_us);
}

static struct disk *cache;
static struct cache *parts;
static void *cache_memory;

static inline void open_cache(uint32_t block_size, uint32_t max_blocks, size_t size, uint32_t in_flight)
{
    static const struct disk_ops operations = {below_submit, below_pump, below_cancel};

    memset(&below, 0, sizeof below);
    below.disk =
        (struct disk){.ops = &operations, .block_size = block_size, .block_count = DISK_BLOCKS, .max_blocks = max_blocks};
    below.delay_us = 1000;
    below.idle_us = 100;
    below.random = 1;
    host_clock_use_virtual();
    host_idle_hook = idle;
    cache_memory = malloc(size);
    memset(cache_memory, 0xA5, size);
    cache = cache_new(cache_memory, size, &below.disk, in_flight);
    assert_non_null(cache);
    parts = (struct cache *)cache;
}

static inline void close_cache(void)
{
    free(cache_memory);
    cache_memory = NULL;
    host_idle_hook = NULL;
}

/* Every block of the buffer is one that was there since the moment. */
static void check_fresh(const void *buffer, uint64_t lba, uint32_t blocks, uint64_t since)
{
    for (uint32_t i = 0; i < blocks; i++) {
        uint32_t version = version_in((const uint8_t *)buffer + (size_t)i * below.disk.block_size, lba + i);

        if (!was_there(lba + i, version, since))
            fail_msg("block %u: version %u is stale, %u is there", (unsigned)(lba + i), (unsigned)version,
                     (unsigned)below.blocks[(lba + i) % DISK_BLOCKS].version);
    }
}

static uint8_t data[2 * MIB];

/* One read that a serial caller waits for; how long that took. */
static inline uint64_t read_some(uint64_t lba, uint32_t blocks)
{
    uint64_t since = below.moment, began = below.now;

    memset(data, 0x5A, (size_t)blocks * below.disk.block_size);
    assert_int_equal(disk_read(cache, lba, blocks, data, deadline_after_ms(60000)), OK);
    check_fresh(data, lba, blocks, since);
    return below.now - began;
}

static inline enum status write_some(uint64_t lba, uint32_t blocks)
{
    uint32_t version = ++below.versions;

    for (uint32_t i = 0; i < blocks; i++)
        name_block(data + (size_t)i * below.disk.block_size, lba + i, version);
    return disk_write(cache, lba, blocks, data, deadline_after_ms(60000));
}

/* ---- the usual world, and what is done in it ---- */

static inline int open_usual_cache(void **state)
{
    (void)state;
    open_cache(512, 2048, CACHE_MEMORY, 512 * KIB);
    return 0;
}

static inline int close_usual_cache(void **state)
{
    (void)state;
    below.delay_us = 0;
    cache_settle(cache, deadline_after_ms(10000));
    assert_int_equal(below.count, 0);
    close_cache();
    return 0;
}

static inline struct disk_request request_of(enum disk_operation operation, uint64_t lba, uint32_t blocks, void *buffer)
{
    return (struct disk_request){.operation = operation, .lba = lba, .blocks = blocks, .buffer = buffer};
}

/* A write that is on its way, with a version of its own. */
static inline struct disk_request submit_write(uint64_t lba, uint32_t blocks, uint8_t *buffer)
{
    uint32_t version = ++below.versions;

    for (uint32_t i = 0; i < blocks; i++)
        name_block(buffer + (size_t)i * 512, lba + i, version);
    return request_of(DISK_WRITE, lba, blocks, buffer);
}

static inline void turns(unsigned count)
{
    while (count--) {
        cache->ops->pump(cache);
        idle();
    }
}

/* Blocks 64 to 128 were read in small reads, and are there; so is what a stream from 1000 on has ahead. */
static inline void remember_some(void)
{
    for (unsigned i = 0; i < 8; i++)
        read_some(64 + (i * 3) % 8 * 8, 8);
    for (unsigned i = 0; i < 12; i++)
        read_some(1000 + i * 8, 8);
    assert_int_equal(cache_settle(cache, deadline_after_ms(100)), OK);
    assert_int_equal(read_some(64, 64), 0);
    assert_int_equal(read_some(1096, 8), 0);
}

#endif
