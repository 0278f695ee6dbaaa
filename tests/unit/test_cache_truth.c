/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules by which nothing stale is given out and nothing of a caller's is touched, one by one. */
#include "tests/unit/cache_disk.h"

/* ---- writes ---- */

static void lines_have_what_was_written(void **state)
{
    static const struct {
        uint64_t lba;
        uint32_t blocks;
    } writes[] = {{64, 1}, {70, 1}, {71, 2}, {60, 8}, {124, 8}, {66, 50}, {1096, 8}, {1090, 20}, {0, 2048}};

    (void)state;
    remember_some();
    for (unsigned i = 0; i < sizeof writes / sizeof *writes; i++) {
        assert_int_equal(write_some(writes[i].lba, writes[i].blocks), OK);
        unsigned commands = below.commands;
        assert_int_equal(read_some(64, 64), 0);
        read_some(1096, 8);
        assert_true(below.commands <= commands + 3); /* the stream may go on */
    }
    assert_int_equal(write_some(DISK_BLOCKS - 8, 8), OK);
}

/* Neither what it was nor what it will be, until it is done; also when another one is done before. */
static void what_is_being_written_is_not_in_memory(void **state)
{
    static uint8_t buffers[2][8 * 512];

    (void)state;
    remember_some();
    below.delay_us = 3000;
    struct disk_request first = submit_write(66, 4, buffers[0]), second = submit_write(68, 4, buffers[1]);
    disk_submit(cache, &first);
    turns(15);
    disk_submit(cache, &second);
    assert_true(read_some(64, 16) > 0);
    assert_int_equal(disk_wait(cache, &first, deadline_after_ms(100)), OK);
    assert_int_equal(disk_wait(cache, &second, deadline_after_ms(100)), OK);
    read_some(64, 16);
}

/* Two writes of the same blocks at a time, the first of which is carried out last: what is kept is the first's, or nothing. */
static void two_writes_at_a_time(void **state)
{
    static uint8_t buffers[2][8 * 512];

    (void)state;
    remember_some();
    struct disk_request first = submit_write(64, 8, buffers[0]), second = submit_write(64, 8, buffers[1]);
    disk_submit(cache, &first);
    disk_submit(cache, &second);
    assert_int_equal(below.count, 2);
    below.held[0].acts_at = below.held[1].acts_at + 1;
    below.held[0].answers_at = below.held[1].answers_at - 200;
    below.held[1].acts_at = below.now;
    below.held[0].acts_at = below.now + 500;
    turns(30);
    assert_true(first.done && second.done);
    read_some(64, 8);
}

/* What was asked for before the write is thrown away, and nothing is read ahead over it. */
static void a_write_into_what_is_on_its_way(void **state)
{
    static uint8_t buffer[64 * 512];

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        read_some(2000 + i * 8, 8);
    assert_true(cache_in_flight(cache) > 0);
    for (unsigned i = 0; i < below.count; i++)
        below.held[i].acts_at = 0, below.held[i].answers_at += 5000;
    below_pump(&below.disk); /* the disk has read what it will answer */

    struct disk_request write = submit_write(2048, 64, buffer);
    disk_submit(cache, &write);
    assert_int_equal(disk_wait(cache, &write, deadline_after_ms(100)), OK);
    for (unsigned i = 0; i < below.count; i++)
        below.held[i].answers_at += 20000;
    assert_true(read_some(2056, 1) < 5000); /* nor waited for */
    for (unsigned i = 6; i < 20; i++)
        read_some(2000 + i * 8, 8);
    turns(300);
    for (unsigned i = 6; i < 20; i++)
        read_some(2000 + i * 8, 8);
}

/* … also what lies in the memory that it is read into, and was there before. */
static void a_write_to_what_is_read_once_more(void **state)
{
    static uint8_t buffers[2][512];

    (void)state;
    parts->credit[ACCOUNT_SMALL] = 0;
    read_some(4001, 1);
    assert_int_equal(read_some(4001, 1), 0);
    parts->credit[ACCOUNT_SMALL] = LOAN_SMALL;
    struct disk_request neighbour = request_of(DISK_READ, 4002, 1, buffers[0]);
    disk_submit(cache, &neighbour);
    assert_int_equal(below.count, 1);
    assert_int_equal(below.held[0].request->blocks, 8);
    below.held[0].acts_at = 0;
    below.held[0].early = 0;
    below.held[0].answers_at += 20000;
    below_pump(&below.disk); /* the disk has read what it will answer */

    struct disk_request write = submit_write(4001, 1, buffers[1]);
    disk_submit(cache, &write);
    assert_int_equal(disk_wait(cache, &write, deadline_after_ms(100)), OK);
    read_some(4001, 1);
    assert_int_equal(disk_wait(cache, &neighbour, deadline_after_ms(100)), OK);
    turns(300);
    read_some(4001, 1);
}

static void nothing_is_read_ahead_over_a_write(void **state)
{
    static uint8_t buffer[64 * 512];

    (void)state;
    parts->in_flight_max = 0;
    for (unsigned i = 0; i < 5; i++)
        read_some(2000 + i * 8, 8);
    parts->in_flight_max = 512 * KIB;
    below.delay_us = 50000;
    struct disk_request write = submit_write(2056, 64, buffer);
    disk_submit(cache, &write);
    below.delay_us = 1000;
    read_some(2040, 8);
    read_some(2048, 8);
    assert_int_equal(below.count, 1);
    assert_int_equal(disk_wait(cache, &write, deadline_after_ms(100)), OK);
    turns(20);
    assert_int_equal(read_some(2056, 8), 0);
}

static void a_flush_goes_through(void **state)
{
    (void)state;
    assert_int_equal(write_some(64, 8), OK);
    assert_int_equal(disk_flush(cache, deadline_after_ms(100)), OK);
    assert_int_equal(below.flushes, 1);
    below.fails_percent = 100;
    assert_int_equal(disk_flush(cache, deadline_after_ms(100)), E_SCSI_MEDIUM);
}

/* ---- another epoch ---- */

static void nothing_outlives_the_epoch(void **state)
{
    (void)state;
    remember_some();
    for (unsigned i = 64; i < 128; i++)
        change_block(i, ++below.versions);
    below.disk.epoch++;
    below.disk.block_count = DISK_BLOCKS - 100;
    below.disk.read_only = true;

    assert_true(read_some(64, 64) > 0);
    assert_true(read_some(1096, 8) > 0);
    assert_int_equal(cache->epoch, below.disk.epoch);
    assert_int_equal(cache->block_count, DISK_BLOCKS - 100);
    assert_true(cache->read_only);
    assert_int_equal(disk_read(cache, DISK_BLOCKS - 100, 1, data, deadline_after_ms(10)), E_DISK_RANGE);
}

/* Nobody has pumped since long before: the first thing is to find out. */
static void a_caller_who_was_away_is_not_served_from_before(void **state)
{
    (void)state;
    remember_some();
    pass_us(3600 * 1000000ull);
    for (unsigned i = 64; i < 128; i++)
        change_block(i, ++below.versions);
    below.reconnects = 1;
    assert_true(read_some(64, 64) > 0);
}

/* Done with what was read before, in the same turn in which the epoch changes. */
static void what_was_read_in_the_epoch_before_is_thrown_away(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++)
        read_some(2000 + i * 8, 8);
    assert_true(cache_in_flight(cache) > 0);
    for (unsigned i = 0; i < below.count; i++)
        below.held[i].answers_at = below.held[i].acts_at = below.now;
    below_pump(&below.disk);
    for (unsigned i = 2048; i < 2200; i++)
        change_block(i, ++below.versions);
    below.disk.epoch++;
    for (unsigned i = 6; i < 20; i++)
        read_some(2000 + i * 8, 8);
}

static void forgotten_is_forgotten(void **state)
{
    (void)state;
    remember_some();
    cache_forget(cache);
    assert_true(read_some(64, 64) > 0);
    assert_true(read_some(1096, 8) > 0);
}

/* ---- failures and giving up ---- */

/* What nobody asked for fails; then somebody does, and it goes well. */
static void a_failed_read_ahead_is_nobodys(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        below.fails_percent = i % 4 == 3 ? 100 : 0; /* what is asked for from now on */
        struct disk_request request = request_of(DISK_READ, 3000 + i * 8, 8, data);
        disk_submit(cache, &request);
        for (unsigned j = 0; j < below.count; j++) {
            if (below.held[j].request->buffer == data)
                below.held[j].fails = false;
        }
        below.fails_percent = 0;
        assert_int_equal(disk_wait(cache, &request, deadline_after_ms(100)), OK);
        check_fresh(data, 3000 + i * 8, 8, 0);
    }
}

/* Small reads whose longer form fails are asked for as they are. */
static void a_bad_neighbour(void **state)
{
    (void)state;
    below.fails_from = 4004;
    below.fails_to = 4005;
    read_some(4001, 1);
    assert_int_equal(below.commands, 2);
    read_some(4002, 2);
    assert_int_equal(disk_read(cache, 4004, 1, data, deadline_after_ms(100)), E_SCSI_MEDIUM);
    read_some(4005, 3);
    for (unsigned i = 0; i < 20; i++)
        read_some(3930 + 3 * i, 3);
}

static void given_up_while_it_waits_for_a_fill(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        read_some(2000 + i * 8, 8);
    assert_true(cache_in_flight(cache) > 0);
    below.delay_us = 10000;
    for (unsigned i = 0; i < below.count; i++)
        below.held[i].answers_at += 5000;

    memset(data, 0x33, 4096);
    assert_int_equal(disk_read(cache, 2048, 4, data, deadline_after_ms(2)), E_DISK_TIMEOUT);
    assert_string_not_equal(failure_detail(E_DISK_TIMEOUT), "");
    assert_int_equal(below.cancelled, 0);
    assert_null(parts->requests.first);
    turns(200);
    for (unsigned i = 0; i < 4096; i++)
        assert_int_equal(data[i], 0x33);
    assert_int_equal(read_some(2048, 4), 0); /* it went on */
}

static void given_up_in_pieces(void **state)
{
    struct disk_request before = request_of(DISK_READ, 8000, 100, data + MIB);
    struct disk_request request = request_of(DISK_READ, 60, 2000, data),
                        after = request_of(DISK_READ, 9000, 100, data + 3 * MIB / 2);

    (void)state;
    remember_some();
    disk_submit(cache, &before);
    disk_submit(cache, &request);
    disk_submit(cache, &after);
    turns(2);
    cache->ops->cancel(cache, &request);
    assert_true(request.done);
    assert_int_equal(request.status, E_DISK_TIMEOUT);
    memset(data, 0x33, MIB);
    assert_int_equal(disk_wait(cache, &before, deadline_after_ms(100)), OK);
    assert_int_equal(disk_wait(cache, &after, deadline_after_ms(100)), OK);
    for (unsigned i = 0; i < MIB; i++)
        assert_int_equal(data[i], 0x33);
    assert_int_equal(parts->parts, 0);
}

/* More requests than the cache has errands wait for their turn. */
static void very_many_at_a_time(void **state)
{
    static struct disk_request many[3 * CACHE_ERRANDS];

    (void)state;
    for (unsigned i = 0; i < 3 * CACHE_ERRANDS; i++) {
        many[i] = request_of(DISK_READ, i * 300, 20, data + i * 20 * 512);
        disk_submit(cache, &many[i]);
    }
    for (unsigned i = 0; i < 3 * CACHE_ERRANDS; i++) {
        assert_int_equal(disk_wait(cache, &many[i], deadline_after_ms(100)), OK);
        check_fresh(data + i * 20 * 512, i * 300, 20, 0);
    }
    assert_true(below.most <= CACHE_ERRANDS);
}

/* … a write also when a fill fails meanwhile. */
static void a_write_behind_many(void **state)
{
    static struct disk_request many[CACHE_ERRANDS + 1];

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        read_some(2000 + i * 8, 8);
    assert_true(cache_in_flight(cache) > 0);
    for (unsigned i = 0; i < below.count; i++)
        below.held[i].fails = true;

    for (unsigned i = 0; i < CACHE_ERRANDS; i++) {
        many[i] = request_of(DISK_READ, 10000 + i * 300, 20, data + i * 20 * 512);
        disk_submit(cache, &many[i]);
    }
    many[CACHE_ERRANDS] = submit_write(64, 8, data + MIB);
    disk_submit(cache, &many[CACHE_ERRANDS]);

    for (unsigned i = 0; i <= CACHE_ERRANDS; i++)
        assert_int_equal(disk_wait(cache, &many[i], deadline_after_ms(100)), OK);
    read_some(64, 8);
}

/* A read with more pieces between what is in memory than there are errands. */
static void a_read_of_very_many_pieces(void **state)
{
    enum { LINES = 2 * CACHE_ERRANDS + 8, LINE = CACHE_BIG_LINE / 512 };

    close_usual_cache(state);
    open_cache(512, LINES * LINE, 16 * MIB, 512 * KIB);
    for (uint32_t i = 0; i < LINES; i += 2) {
        parts->credit[ACCOUNT_STREAM] = LOAN_STREAM;
        assert_true(cache_fill(parts, &parts->big, i * LINE, LINE, ACCOUNT_STREAM));
        assert_int_equal(cache_settle(cache, deadline_after_ms(100)), OK);
    }
    below.commands = 0;

    uint8_t *buffer = malloc(LINES * CACHE_BIG_LINE);
    uint64_t since = below.moment;
    assert_int_equal(disk_read(cache, 0, LINES * LINE, buffer, deadline_after_ms(1000)), OK);
    check_fresh(buffer, 0, LINES * LINE, since);
    assert_int_equal(below.commands, LINES / 2);
    free(buffer);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_usual_cache, close_usual_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_have_what_was_written),
        CASE(what_is_being_written_is_not_in_memory),
        CASE(two_writes_at_a_time),
        CASE(a_write_into_what_is_on_its_way),
        CASE(a_write_to_what_is_read_once_more),
        CASE(nothing_is_read_ahead_over_a_write),
        CASE(a_flush_goes_through),
        CASE(nothing_outlives_the_epoch),
        CASE(a_caller_who_was_away_is_not_served_from_before),
        CASE(what_was_read_in_the_epoch_before_is_thrown_away),
        CASE(forgotten_is_forgotten),
        CASE(a_failed_read_ahead_is_nobodys),
        CASE(a_bad_neighbour),
        CASE(given_up_while_it_waits_for_a_fill),
        CASE(given_up_in_pieces),
        CASE(very_many_at_a_time),
        CASE(a_write_behind_many),
        CASE(a_read_of_very_many_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
