/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cache beside the disk below it, which knows what is true: operations of all kinds and sizes, alone and several at a time, in
 * streams and at random, with faults, reconnects, requests given up and writes that come late. No block that is read may be one
 * that was not there while it was read; no buffer is touched once its request is done; waste is within its bound at all times.
 */
#include "tests/unit/cache_disk.h"

#define OPERATIONS 27000u /* of each world */
#define AT_A_TIME  6
#define BUFFER     (64 * KIB)

struct world {
    uint32_t block_size, blocks, max_blocks, memory, in_flight, delay_us, jitter_us, fails_percent;
    unsigned mishaps; /* in a thousand: reconnects, requests given up, forgetting */
    uint64_t base;    /* of the blocks */
};

static const struct world worlds[] = {
    {512, DISK_BLOCKS, 128, CACHE_MEMORY, 512 * KIB, 300, 2000, 0, 0, 0},
    {512, DISK_BLOCKS, 128, CACHE_MEMORY_MIN, 128 * KIB, 500, 5000, 3, 10, 0},
    {512, 900, 64, CACHE_MEMORY, 1 * MIB, 1000, 20000, 10, 60, 0}, /* all of it fits: what was remembered is asked for again */
    {512, 200, 32, CACHE_MEMORY, 1 * MIB, 1000, 9000, 10, 60, 0},  /* everybody is everywhere */
    {512, 5000, 7, CACHE_MEMORY_MIN, 1 * MIB, 0, 100, 1, 20, 0},
    {4096, DISK_BLOCKS, 16, 640 * KIB, 256 * KIB, 100, 1000, 1, 10, 0},
    {8192, 10000, 8, 16 * CACHE_MEMORY_MIN, 256 * KIB, 100, 1000, 1, 10, 0},
    {512, 20000, 64, CACHE_MEMORY, 256 * KIB, 100, 1000, 1, 10, CACHE_END - 10000},
    {512, 20000, 64, CACHE_MEMORY, 256 * KIB, 100, 1000, 1, 10, 0x100000000u - 10000},
};

static struct {
    struct disk_request request;
    bool used;
    uint64_t since;
    uint32_t version;
    uint8_t buffer[BUFFER + 64]; /* with what nobody may write to behind it */
    uint32_t quiet_for;          /* operations: the buffer was done with, and must stay as it is */
} callers[AT_A_TIME];

static struct {
    uint64_t lba;
    int64_t step;
    uint32_t blocks;
} walkers[5];

static uint64_t served, failed, given_up;

static void check_waste(void)
{
    struct cache_figures figures = cache_figures(cache);

    assert_true(figures.ahead - figures.used <= CACHE_LOAN + figures.demanded / 25);
}

static void conclude(unsigned i)
{
    struct disk_request *request = &callers[i].request;

    callers[i].used = false;
    if (request->status != OK) {
        assert_true(request->status == E_SCSI_MEDIUM || request->status == E_DISK_TIMEOUT);
        failed++;
    } else if (request->operation == DISK_READ) {
        check_fresh(callers[i].buffer, request->lba, request->blocks, callers[i].since);
        served++;
    } else if (request->operation == DISK_WRITE) {
        for (uint32_t j = 0; j < request->blocks; j++)
            assert_true(was_there(request->lba + j, callers[i].version, callers[i].since));
    }
    for (unsigned j = 0; j < 64; j++)
        assert_int_equal(callers[i].buffer[BUFFER + j], 0xCC);

    memset(callers[i].buffer, 0x77, request->blocks * below.disk.block_size);
    callers[i].quiet_for = request->blocks * below.disk.block_size;
}

static void check_untouched(unsigned i)
{
    for (uint32_t j = 0; j < callers[i].quiet_for; j += 61)
        assert_int_equal(callers[i].buffer[j], 0x77);
}

static void submit_from(unsigned i, enum disk_operation operation, uint64_t lba, uint32_t blocks)
{
    struct disk_request *request = &callers[i].request;

    lba += below.base;
    check_untouched(i);
    callers[i].used = true;
    callers[i].since = below.moment;
    memset(callers[i].buffer + BUFFER, 0xCC, 64);
    *request = (struct disk_request){.operation = operation, .lba = lba, .blocks = blocks, .buffer = callers[i].buffer};
    if (operation == DISK_WRITE) {
        callers[i].version = ++below.versions;
        for (uint32_t j = 0; j < blocks; j++)
            name_block(callers[i].buffer + (size_t)j * below.disk.block_size, lba + j, callers[i].version);
    }
    disk_submit(cache, request);
}

static uint32_t any_size(void)
{
    uint32_t most =
        below.disk.max_blocks < BUFFER / below.disk.block_size ? below.disk.max_blocks : BUFFER / below.disk.block_size;

    return 1 + any(any(3) ? (most < 8 ? most : 8) : most);
}

static void choose(enum disk_operation *operation, uint64_t *lba, uint32_t *blocks)
{
    unsigned kind = any(100);
    uint32_t count = (uint32_t)(below.disk.block_count - below.base);

    *operation = DISK_READ;
    *blocks = any_size();
    *lba = any(count - *blocks + 1);
    if (kind < 60) { /* a stream goes on */
        unsigned i = any(5);

        if (any(150) == 0 || walkers[i].lba >= count || walkers[i].blocks > count - walkers[i].lba || walkers[i].blocks == 0) {
            walkers[i].blocks = *blocks;
            walkers[i].lba = *lba;
            walkers[i].step = i < 2 ? *blocks : i == 2 ? -(int64_t)*blocks : (int64_t)any(400) - 200;
        }
        *lba = walkers[i].lba;
        *blocks = walkers[i].blocks;
        walkers[i].lba += (uint64_t)walkers[i].step;
    } else if (kind < 75) { /* what is read again and again */
        *lba = any(40) * (count / 44);
        *blocks = 1 + any(below.disk.max_blocks < 4 ? below.disk.max_blocks : 4);
    } else if (kind < 85) { /* writes to where streams go, or anywhere */
        *operation = DISK_WRITE;
        if (any(2))
            *lba = (walkers[any(5)].lba + any(200)) % (count - *blocks + 1);
        else if (any(2))
            *lba = any(40) * (count / 44);
    } else if (kind < 87) {
        *operation = DISK_FLUSH;
        *lba = *blocks = 0;
    }
}

/* Things that happen beside the operations. */
static void meddle(unsigned mishaps)
{
    unsigned kind = any(1000), i = any(AT_A_TIME);

    if (any(1000) < mishaps / 4) {
        below.reconnects = 1;
        below.changes = any(40);
    } else if (any(1000) < mishaps && callers[i].used && !callers[i].request.done) {
        cache->ops->cancel(cache, &callers[i].request);
        assert_true(callers[i].request.done);
        assert_int_equal(callers[i].request.status, E_DISK_TIMEOUT);
        given_up++;
    } else if (kind == 21 && mishaps) {
        cache_forget(cache);
    } else if (kind < 24) {
        cache_settle(cache, deadline_after_ms(any(3)));
        assert_int_equal(cache_in_flight(cache), 0);
    } else if (kind == 25) {
        parts->in_flight_max = any(6) * 100 * KIB;
    } else if (kind < 60) {
        pass_us(any(100000));
    }
}

static void run_world(const struct world *world)
{
    open_cache(world->block_size, world->max_blocks, world->memory, world->in_flight);
    below.base = world->base;
    below.disk.block_count = world->base + world->blocks;
    below.disk.epoch++;
    cache->ops->pump(cache);
    below.delay_us = world->delay_us;
    below.jitter_us = world->jitter_us;
    below.fails_percent = world->fails_percent;
    below.random = 77 + world->max_blocks;
    memset(callers, 0, sizeof callers);
    memset(walkers, 0, sizeof walkers);
    served = failed = given_up = 0;

    for (unsigned submitted = 0; submitted < OPERATIONS;) {
        unsigned i = any(any(4) ? 1 : AT_A_TIME), turns = any(4) ? 1000000 : any(3);

        if (!callers[i].used) {
            enum disk_operation operation;
            uint64_t lba;
            uint32_t blocks;

            choose(&operation, &lba, &blocks);
            submit_from(i, operation, lba, blocks);
            submitted++;
        }
        meddle(world->mishaps);
        while (turns-- && callers[i].used && !callers[i].request.done) {
            cache->ops->pump(cache);
            idle();
        }
        for (unsigned j = 0; j < AT_A_TIME; j++) {
            if (callers[j].used && callers[j].request.done)
                conclude(j);
        }
        check_waste();
        assert_true(parts->in_flight <= 1 * MIB);
    }

    for (unsigned i = 0; i < AT_A_TIME; i++) {
        if (callers[i].used) {
            disk_wait(cache, &callers[i].request, deadline_after_ms(60000));
            conclude(i);
        }
        check_untouched(i);
    }
    assert_int_equal(cache_settle(cache, deadline_after_ms(60000)), OK);
    assert_int_equal(below.count, 0);
    assert_int_equal(parts->parts + parts->fills, 0);
    struct cache_figures figures = cache_figures(cache);
    print_message("%u reads, %u failed, %u given up; %u KiB demanded, %u read, %u ahead, %u in vain; %u commands\n",
                  (unsigned)served, (unsigned)failed, (unsigned)given_up, (unsigned)(figures.demanded >> 10),
                  (unsigned)(below.bytes >> 10), (unsigned)(figures.ahead >> 10),
                  (unsigned)((figures.ahead - figures.used) >> 10), below.commands);
    assert_true(served > OPERATIONS / 2);
    close_cache();
}

static void nothing_stale_and_nothing_touched(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof worlds / sizeof *worlds; i++)
        run_world(&worlds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_stale_and_nothing_touched)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
