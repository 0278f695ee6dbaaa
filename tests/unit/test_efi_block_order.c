/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What BlockIo2 does at the same time looks as if it had been done one after the other, whatever the disk does first; and a disk
 * on a disk serves as well.
 */
#include "cache/cache.h"
#include "tests/unit/efi_tokens.h"

static unsigned any(unsigned below)
{
    static uint32_t state = 4711;
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static uint8_t model[DISK_BLOCKS * BLOCK], expected[TOKENS][8 * BLOCK];

static void begin_any(unsigned number, bool *reads)
{
    unsigned blocks = 1 + any(8), lba = any(100);
    size_t length = (size_t)blocks * BLOCK;
    *reads = any(2);
    if (*reads) {
        memcpy(expected[number], model + (size_t)lba * BLOCK, length);
        assert_true(begin_read(number, lba, blocks) == EFI_SUCCESS);
        return;
    }
    for (size_t i = 0; i < length; i++)
        pieces[number][i] = (uint8_t)any(256);

    memcpy(model + (size_t)lba * BLOCK, pieces[number], length);
    memcpy(expected[number], pieces[number], length);
    assert_true(begin_write(number, lba, blocks) == EFI_SUCCESS);
}

/* Answered in any order, all is as if it had been done one after the other. */
static void any_order_looks_like_the_one_of_the_calls(void **state)
{
    (void)state;
    bool busy[TOKENS] = {false}, reads[TOKENS];
    unsigned in_flight_most = 0;
    memcpy(model, medium, sizeof model);
    memset(pieces, 0, sizeof pieces);
    memset(expected, 0, sizeof expected);

    for (unsigned round = 0; round < 20000; round++) {
        unsigned number = any(TOKENS);
        if (!busy[number]) {
            memset(pieces[number], 0, sizeof pieces[number]);
            memset(expected[number], 0, sizeof expected[number]);
            begin_any(number, &reads[number]);
            busy[number] = true;
        }
        in_flight_most = in_flight_count > in_flight_most ? in_flight_count : in_flight_most;
        if (in_flight_count && any(2))
            answer(any(in_flight_count));
        if (any(3) == 0)
            tick();
        for (unsigned i = 0; i < TOKENS; i++) {
            if (!busy[i] || !signals[i])
                continue;
            assert_true(ended_with(i, EFI_SUCCESS));
            assert_memory_equal(pieces[i], expected[i], sizeof pieces[i]);
            busy[i] = false;
        }
    }
    answers = 1000;
    for (unsigned i = 0; i < 100; i++)
        tick();
    assert_memory_equal(model, medium, sizeof model);
    assert_true(in_flight_most > 8);
}

static void a_disk_on_a_disk(void **state)
{
    static uint8_t memory[CACHE_MEMORY_MIN] __attribute__((aligned(16)));
    (void)state;
    events_stop();
    assert_true(block_io_withdraw());
    struct disk *cache = cache_new(memory, sizeof memory, &disk, 0);
    assert_non_null(cache);
    assert_int_equal(block_io_publish(cache, &options), OK);
    assert_int_equal(events_start(cache, &nic), OK);

    assert_true(begin_read(0, 8, 8) == EFI_SUCCESS);
    assert_true(is_under_way(0));
    answers = 1;
    tick();
    assert_true(ended_with(0, EFI_SUCCESS));
    assert_true(begin_read(1, 8, 8) == EFI_SUCCESS); /* from memory */
    assert_true(ended_with(1, EFI_SUCCESS));
    assert_memory_equal(pieces[1], medium + 8 * BLOCK, 8 * BLOCK);

    assert_true(begin_write(2, 8, 8) == EFI_SUCCESS);
    assert_true(begin_read(3, 8, 8) == EFI_SUCCESS);
    assert_true(io2->Reset(io2, FALSE) == EFI_SUCCESS);
    assert_true(ended_with(2, EFI_ABORTED) && ended_with(3, EFI_ABORTED));
    assert_int_equal(in_flight_count, 0);
    events_stop();
    assert_true(block_io_withdraw());
    assert_int_equal(block_io_publish(&disk, &options), OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_silent, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_order_looks_like_the_one_of_the_calls),
        TEST(a_disk_on_a_disk),
    };

    host_clock_use_virtual();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
