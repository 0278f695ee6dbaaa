/* SPDX-License-Identifier: BSD-2-Clause */
/* How much is read that nobody asks for, and how much of what is asked for again is there: at random, and as machines boot. */
#include "tests/unit/cache_disk.h"

static int set_up(void **state)
{
    open_usual_cache(state);
    below.rate = 100;
    below.idle_us = 20;
    return 0;
}

/* In a thousandth of what was read below. What has not been asked for when it is over was in vain. */
static unsigned waste(const char *what)
{
    struct cache_figures figures = cache_figures(cache);
    uint64_t vain = figures.ahead - figures.used;

    print_message("%s: %u KiB demanded, %u read below in %u commands, %u in vain\n", what, (unsigned)(figures.demanded >> 10),
                  (unsigned)(below.bytes >> 10), below.commands, (unsigned)(vain >> 10));
    return (unsigned)(vain * 1000 / below.bytes);
}

static void small_reads_at_random(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++)
        read_some(any(DISK_BLOCKS), 1);
    assert_in_range(waste("512 bytes at random"), 0, 50);
    /* One round trip each, whatever is read with it. */
    assert_true(below.now <= 20000 * (below.delay_us + 60));
}

static void random_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++)
        read_some(any(DISK_BLOCKS / 8) * 8, 8);
    for (unsigned i = 0; i < 1000; i++)
        read_some(any(DISK_BLOCKS / 8 - 16) * 8, 8 * (1 + any(16)));
    assert_in_range(waste("4 KiB, and 4 to 64 at random"), 0, 50);
}

/* A file of so many blocks, in calls of at most `call`; now and then the file system looks up where it goes on. */
static void load_file(uint64_t lba, uint32_t blocks, uint32_t call)
{
    read_some(20480 + any(60) * 8, 8); /* its inode */
    for (uint32_t done = 0; done < blocks;) {
        uint32_t next = blocks - done < call ? blocks - done : call;

        read_some((lba + done) % (DISK_BLOCKS - 128), next);
        done += next;
        if (any(16) == 0)
            read_some(30720 + any(8) * 8, 8);
    }
}

/* GRUB and its modules, its fonts and configuration, kernel and initial RAM disk. */
static void a_linux_boot(void **state)
{
    uint64_t began = below.now;

    (void)state;
    read_some(0, 1);
    load_file(1, 62, 127);
    load_file(63, 220, 63);
    for (unsigned i = 0; i < 60; i++)
        load_file(2048 + any(18000), 2 + any(200), 64);
    load_file(40000, 16000, 64);
    load_file(2063, 60000, 64);
    assert_in_range(waste("Linux boot"), 0, 50);
    print_message("%u ms\n", (unsigned)((below.now - began) / 1000));
    /* At a round trip of 1 ms; without the cache each command would have one. */
    assert_true(below.now - began < (uint64_t)below.commands * below.delay_us + 500000);
}

/* Files of some 100 KiB all over the disk, in calls of 4 to 64 KiB, and a master file table that is read again and again. */
static void an_ntfs_boot(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        for (unsigned j = 0; j < 3; j++)
            read_some(50000 + any(100) * 2, 2);
        load_file(any(45000), 20 + any(400), 8u << any(5));
    }
    assert_in_range(waste("NTFS boot"), 0, 50);
}

/* Many short files: there is always an end. What that may cost is known before. */
static void what_never_pays_is_left(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3000; i++)
        load_file(any(60000), 4 * 8, 8);
    struct cache_figures figures = cache_figures(cache);
    waste("files of 16 KiB");
    assert_true(figures.ahead - figures.used <= CACHE_LOAN + figures.demanded / 25);
}

/* What was read again once is there, although megabytes have gone by, in large reads, in small ones, in a stream. */
static void a_scan_flushes_nothing(void **state)
{
    unsigned commands = 0;
    uint32_t hot[40];

    (void)state;
    for (unsigned i = 0; i < 40; i++)
        hot[i] = any(8000);
    for (unsigned round = 0; round < 30; round++) {
        unsigned before = below.commands;

        for (unsigned i = 0; i < (round ? 40 : 80); i++)
            read_some(hot[i % 40], 4);
        commands = below.commands - before;
        for (unsigned i = 0; i < 60; i++)
            read_some(8192 + 128 * (60 * round + i) % 40000, 128);
        for (unsigned i = 0; i < 200; i++)
            read_some(any(DISK_BLOCKS / 8) * 8, 8);
    }
    print_message("%u of 40 had to be read again\n", commands);
    assert_in_range(commands, 0, 4);
}

/* A stream uses its own lines anew: what another has ahead stays, however long that one pauses. */
static void a_stream_that_pauses(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        read_some(60000 + i * 8, 8);
    cache_settle(cache, deadline_after_ms(100));
    unsigned commands = below.commands;
    for (unsigned i = 0; i < 60; i++)
        read_some(128 * i, 128);
    cache_settle(cache, deadline_after_ms(100));
    assert_true(below.commands > commands + 40);
    for (unsigned i = 40; i < 44; i++)
        assert_int_equal(read_some(60000 + i * 8, 8), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, close_usual_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(small_reads_at_random),   CASE(random_reads),           CASE(a_linux_boot),         CASE(an_ntfs_boot),
        CASE(what_never_pays_is_left), CASE(a_scan_flushes_nothing), CASE(a_stream_that_pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
