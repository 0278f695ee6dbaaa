/* SPDX-License-Identifier: BSD-2-Clause */
/* What a serial caller gains: how long his reads take beside a round trip for each, and what is on its way when he is not there.
 */
#include "tests/unit/cache_disk.h"

#define ROUND_TRIP 1000u /* microseconds, of the disk below … */
#define RATE       100u  /* … whose wire carries so many bytes in one */

static int set_up(void **state)
{
    open_usual_cache(state);
    below.delay_us = ROUND_TRIP;
    below.rate = RATE;
    below.idle_us = 5;
    return 0;
}

/* A percentage of the wire's rate, of reads that go from `lba` in `step`s; the first MiB does not count. */
static unsigned rate_of(uint64_t lba, int step, uint32_t blocks, unsigned reads)
{
    uint64_t took = 0;
    unsigned first = MIB / 512 / blocks < reads / 2 ? MIB / 512 / blocks : reads / 2;

    for (unsigned i = 0; i < reads; i++, lba += (uint64_t)(int64_t)step) {
        uint64_t one = read_some(lba, blocks);

        took += i < first ? 0 : one;
    }
    uint64_t bytes = (uint64_t)(reads - first) * blocks * 512;
    uint64_t alone = (uint64_t)(reads - first) * (ROUND_TRIP + blocks * 512 / RATE);
    unsigned percent = (unsigned)(bytes * 100 / RATE / (took ? took : 1));
    print_message("%u blocks, step %d: %u %%, %u times as fast\n", (unsigned)blocks, step, percent,
                  (unsigned)(alone / (took ? took : 1)));
    return percent;
}

static void forward(void **state)
{
    (void)state;
    assert_in_range(rate_of(63, 8, 8, 1000), 90, 101);
    assert_in_range(rate_of(20001, 1, 1, 6000), 90, 101);
    assert_in_range(rate_of(30000, 128, 128, 200), 90, 101);
}

static void backward(void **state)
{
    (void)state;
    assert_in_range(rate_of(60000, -8, 8, 1000), 85, 101);
    assert_in_range(rate_of(40000, -128, 128, 200), 90, 101);
}

/* Alone they had 4, 2 and 40 percent. */
static void strided(void **state)
{
    (void)state;
    assert_in_range(rate_of(8, 64, 8, 500), 40, 101);
    assert_in_range(rate_of(64000, -72, 4, 500), 20, 101);
    assert_in_range(rate_of(8, 512, 128, 100), 80, 101);
}

static void megabytes(void **state)
{
    (void)state;
    assert_in_range(rate_of(0, 2048, 2048, 30), 95, 101);
}

/* Files one after the other, piece by piece, with what says where they go on in between. */
static void several_at_once(void **state)
{
    uint64_t began = 0;
    uint32_t calls = 0;

    (void)state;
    for (unsigned i = 0; i < 600; i++) {
        if (i == 60)
            began = below.now;
        read_some(1000 + i * 8, 8);
        read_some(11003 + i * 16, 16);
        read_some(30000 - i * 8, 8);
        read_some(40000 + i * 32, 32);
        calls += i < 60 ? 0 : 4;
        if (i % 8 == 0)
            read_some(any(20) * 8, 8);
    }
    print_message("%u reads in %u ms\n", (unsigned)calls, (unsigned)((below.now - began) / 1000));
    assert_true((below.now - began) * 5 < (uint64_t)calls * ROUND_TRIP);
}

/* ---- between the calls ---- */

/* The next ones are asked for, and sent, before the caller has his answer; also by one that is answered from memory. */
static void the_wire_is_busy_while_the_caller_computes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        unsigned pumps = below.pumps, commands = below.commands;
        bool from_memory = read_some(i * 8, 8) == 0;

        assert_true(!from_memory || below.commands == commands || below.pumps > pumps);
        assert_false(parts->asked);
        if (i >= 2 && i < 10)
            assert_true(cache_in_flight(cache) > 0 || parts->streams[0].ahead > i * 8 + 8);
    }
}

/* He is away for so long after each read: everything is there when he comes back, and little was on its way. */
static void a_caller_that_thinks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t took = read_some(i * 8, 8);

        assert_true(i < 4 || took == 0);
        pass_us(10 * ROUND_TRIP);
    }
    assert_true(below.bytes_most <= 32 * KIB);
}

static void the_bound_is_kept(void **state)
{
    static const uint32_t bounds[] = {20 * KIB, 64 * KIB, 100 * KIB, 300 * KIB};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        parts->in_flight_max = bounds[i];
        cache_settle(cache, deadline_after_ms(1000));
        below.bytes_most = 0;
        for (unsigned j = 0; j < 100; j++) {
            read_some(10000 * i + j * 16, 16);
            assert_true(cache_in_flight(cache) <= bounds[i]);
        }
        assert_in_range(below.bytes_most, 16 * KIB, bounds[i] + 8 * KIB); /* and the demand */
    }
}

static void off_is_off(void **state)
{
    (void)state;
    parts->in_flight_max = 0;
    for (unsigned i = 0; i < 500; i++)
        read_some(i * 3, 3);
    assert_int_equal(below.bytes, 500 * 3 * 512);
    assert_int_equal(below.commands, 500);
}

static void settled_means_that_nothing_is_on_its_way(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        read_some(i * 8, 8);
    assert_true(cache_in_flight(cache) > 0);
    assert_int_equal(cache_in_flight(cache), below.bytes_now);
    assert_int_equal(cache_settle(cache, deadline_after_ms(100)), OK);
    assert_int_equal(cache_in_flight(cache), 0);
    assert_int_equal(below.count, 0);
    assert_int_equal(read_some(20 * 8, 8), 0); /* it is not lost */

    for (unsigned i = 21; i < 40; i++)
        read_some(i * 8, 8);
    assert_true(below.count > 0);
    below.delay_us = 1000000;
    for (unsigned i = 40; cache_in_flight(cache) == 0 || below.held[0].answers_at < below.now + 500000; i++)
        read_some(i * 8, 8);
    uint64_t began = below.now;
    assert_int_equal(cache_settle(cache, deadline_after_ms(3)), E_DISK_TIMEOUT);
    assert_in_range(below.now - began, 3000, 3010);
    assert_int_equal(below.count, 0);
}

/* Not a byte of what is large and missed goes through the cache's memory. */
static void large_reads_go_straight(void **state)
{
    struct disk_request request = {.operation = DISK_READ, .lba = 5000, .blocks = 300, .buffer = data};

    (void)state;
    disk_submit(cache, &request);
    assert_int_equal(below.count, 1);
    assert_ptr_equal(below.held[0].request->buffer, data);
    assert_int_equal(below.held[0].request->blocks, 300);
    assert_int_equal(disk_wait(cache, &request, deadline_after_ms(1000)), OK);
}

static void too_little_memory(void **state)
{
    static _Alignas(16) uint8_t little[CACHE_MEMORY_MIN];

    (void)state;
    assert_null(cache_new(little, sizeof little - 1, &below.disk, 0));
    assert_non_null(cache_new(little, sizeof little, &below.disk, 0));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, close_usual_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(forward),
        CASE(backward),
        CASE(strided),
        CASE(megabytes),
        CASE(several_at_once),
        CASE(the_wire_is_busy_while_the_caller_computes),
        CASE(a_caller_that_thinks),
        CASE(the_bound_is_kept),
        CASE(off_is_off),
        CASE(settled_means_that_nothing_is_on_its_way),
        CASE(large_reads_go_straight),
        CASE(too_little_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
