/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BlockIo2 in the background (UEFI 2.10, 13.10): who returns when, what may overtake what, and how it ends when nobody lets it
 * come to its end.
 */
#include "tests/unit/efi_tokens.h"

/* The disk has this request, which it answers now. */
static void answer_at(enum disk_operation operation, uint64_t lba)
{
    unsigned which = 0;
    while (which < in_flight_count && (in_flight[which]->operation != operation || in_flight[which]->lba != lba))
        which++;
    assert_true(which < in_flight_count);
    answer(which);
}

/* ---- returning ---- */

static void a_call_returns_before_its_data_is_there(void **state)
{
    (void)state;
    uint64_t began = platform_ticks();
    assert_true(begin_read(0, 5, 8) == EFI_SUCCESS);
    assert_true(platform_ticks() - began < 1000 * platform_ticks_per_ms() / 1000);
    assert_int_equal(requests, 1);
    assert_true(pumps > 0); /* it has left */
    assert_int_equal(tpl, TPL_APPLICATION);
    tick();
    assert_true(is_under_way(0));

    answer_at(DISK_READ, 5);
    assert_true(is_under_way(0));
    tick();
    assert_true(ended_with(0, EFI_SUCCESS));
    assert_memory_equal(pieces[0], medium + 5 * BLOCK, 8 * BLOCK);
    tick();
    assert_int_equal(signalled, 1);
}

static void a_long_one_goes_on_by_itself(void **state)
{
    static uint8_t long_one[512 * BLOCK];
    (void)state;
    assert_true(io2->ReadBlocksEx(io2, io2->Media->MediaId, 100, token_of(0), sizeof long_one, long_one) == EFI_SUCCESS);
    assert_true(in_flight_count > 1);
    for (unsigned i = 0; i < 64; i++) {
        assert_true(is_under_way(0));
        answer(in_flight_count / 2);
        tick();
    }
    assert_true(ended_with(0, EFI_SUCCESS));
    assert_memory_equal(long_one, medium + 100 * BLOCK, sizeof long_one);
}

static void what_is_there_at_once_is_told_at_once(void **state)
{
    (void)state;
    disk_is_silent = false;
    assert_true(begin_read(0, 5, 8) == EFI_SUCCESS);
    assert_true(ended_with(0, EFI_SUCCESS));
    assert_true(io2->ReadBlocksEx(io2, io2->Media->MediaId, 5, token_of(1), 0, pieces[1]) == EFI_SUCCESS);
    assert_true(ended_with(1, EFI_SUCCESS));
}

/* A refusal signals nothing. */
static void what_cannot_be_begun(void **state)
{
    (void)state;
    assert_true(begin_read(0, DISK_BLOCKS - 7, 8) == EFI_INVALID_PARAMETER);
    out_of_memory = true;
    assert_true(begin_read(0, 5, 8) == EFI_OUT_OF_RESOURCES);
    assert_true(begin_flush(0) == EFI_OUT_OF_RESOURCES);
    assert_true(is_under_way(0));
    assert_int_equal(requests, 0);
}

static void without_an_event_a_call_waits(void **state)
{
    EFI_BLOCK_IO2_TOKEN empty = {.TransactionStatus = EFI_NOT_READY};
    (void)state;
    answers = 3;
    assert_true(io2->ReadBlocksEx(io2, io2->Media->MediaId, 5, NULL, BLOCK, buffer) == EFI_SUCCESS);
    assert_true(io2->WriteBlocksEx(io2, io2->Media->MediaId, 5, &empty, BLOCK, buffer) == EFI_SUCCESS);
    assert_true(io2->FlushBlocksEx(io2, &empty) == EFI_SUCCESS);
    assert_int_equal(answers, 0);
    assert_int_equal(signalled, 0);
}

/* ---- the timer ---- */

static void it_comes_often_while_somebody_waits(void **state)
{
    (void)state;
    UINT64 at_rest = timer_period;
    assert_true(begin_read(0, 5, 8) == EFI_SUCCESS);
    assert_true(timer_period < at_rest);
    tick();
    assert_true(timer_period < at_rest);
    answer(0);
    tick();
    assert_int_equal(timer_period, at_rest);
}

static void it_holds_nobody_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        assert_true(begin_read(i, 8 * i, 8) == EFI_SUCCESS);
    uint64_t began = platform_ticks();
    tick();
    assert_in_range((platform_ticks() - began) * 1000 / platform_ticks_per_ms(), 1, 3000);
    answers = 20;
    tick();
    assert_int_equal(signalled, 20);
}

static void a_disk_that_never_answers(void **state)
{
    (void)state;
    uint64_t began = platform_ticks();
    assert_true(begin_write(0, 5, 8) == EFI_SUCCESS);
    assert_true(begin_read(1, 5, 8) == EFI_SUCCESS);

    while (!signals[0]) {
        host_clock_advance_us(50000);
        tick();
    }
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), CALL_MS, CALL_MS + 200);
    assert_true(ended_with(0, EFI_DEVICE_ERROR));
    assert_true(is_under_way(1)); /* its time has only begun */
    answer_at(DISK_READ, 5);
    tick();
    assert_true(ended_with(1, EFI_SUCCESS));
    assert_int_equal(cancels, 1);
}

/* ---- who comes first ---- */

static void what_does_not_touch_is_under_way_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        assert_true((i % 2 ? begin_read(i, 8 * i, 8) : begin_write(i, 8 * i, 8)) == EFI_SUCCESS);
    assert_true(begin_read(20, 8, 8) == EFI_SUCCESS); /* two readers do not mind each other */
    assert_int_equal(in_flight_count, 21);

    for (unsigned i = 20; i > 0; i--) {
        answer(i);
        tick();
        assert_true(ended_with(i, EFI_SUCCESS));
        assert_int_equal(signalled, 21 - i);
    }
    answer(0);
    tick();
}

static void what_overlaps_a_write_keeps_its_place(void **state)
{
    (void)state;
    assert_true(begin_write(0, 10, 8) == EFI_SUCCESS);
    assert_true(begin_read(1, 17, 4) == EFI_SUCCESS);  /* behind the write */
    assert_true(begin_write(2, 20, 4) == EFI_SUCCESS); /* behind the read, which has not begun */
    assert_true(begin_read(3, 18, 2) == EFI_SUCCESS);
    assert_int_equal(in_flight_count, 2);

    memset(pieces[0], 0xAB, sizeof pieces[0]);
    answer_at(DISK_READ, 18);
    answer_at(DISK_WRITE, 10);
    tick();
    assert_true(ended_with(0, EFI_SUCCESS) && ended_with(3, EFI_SUCCESS) && is_under_way(1));
    assert_int_equal(in_flight_count, 1);
    answer_at(DISK_READ, 17);
    assert_int_equal(pieces[1][0], 0xAB);
    tick();
    answer_at(DISK_WRITE, 20);
    tick();
    assert_true(ended_with(1, EFI_SUCCESS) && ended_with(2, EFI_SUCCESS));
}

static void a_flush_ends_behind_the_writes_before_it(void **state)
{
    (void)state;
    assert_true(begin_write(0, 0, 8) == EFI_SUCCESS);
    assert_true(begin_read(1, 100, 8) == EFI_SUCCESS);
    assert_true(begin_write(2, 20, 8) == EFI_SUCCESS);
    assert_true(begin_flush(3) == EFI_SUCCESS);
    assert_true(begin_write(4, 40, 8) == EFI_SUCCESS); /* not its business */
    assert_int_equal(in_flight_count, 4);

    answer_at(DISK_WRITE, 20);
    answer_at(DISK_WRITE, 40);
    tick();
    assert_true(ended_with(2, EFI_SUCCESS) && ended_with(4, EFI_SUCCESS) && is_under_way(3));
    answer_at(DISK_WRITE, 0);
    tick();
    assert_true(ended_with(0, EFI_SUCCESS) && is_under_way(3));
    answer_at(DISK_FLUSH, 0);
    tick();
    assert_true(ended_with(3, EFI_SUCCESS) && is_under_way(1));
    answer_at(DISK_READ, 100);
    tick();
}

/* Who waits has his place, too, and the others' events are signalled when he is done. */
static void a_call_that_waits_comes_behind_what_was_begun(void **state)
{
    (void)state;
    memset(pieces[0], 0xCD, sizeof pieces[0]);
    assert_true(begin_write(0, 5, 2) == EFI_SUCCESS);
    answers = 2;
    assert_true(read_one() == EFI_SUCCESS);
    assert_int_equal(buffer[0], 0xCD);
    assert_true(ended_with(0, EFI_SUCCESS));

    assert_true(begin_write(0, 5, 2) == EFI_SUCCESS);
    answers = 2;
    assert_true(io->FlushBlocks(io) == EFI_SUCCESS);
    assert_int_equal(asked[requests - 1].operation, DISK_FLUSH);
    assert_true(ended_with(0, EFI_SUCCESS));
}

static void begin_inside(void)
{
    if (tpl >= TPL_NOTIFY)
        return;
    when_pumped = NULL;
    EFI_TPL old = raise_tpl(TPL_NOTIFY);
    assert_true(read_one() == EFI_DEVICE_ERROR);
    assert_true(begin_read(1, 40, 8) == EFI_SUCCESS);
    assert_true(io2->Reset(io2, FALSE) == EFI_DEVICE_ERROR);
    restore_tpl(old);
    answers = 1;
}

/* An event's handler comes in the midst of a call. */
static void what_is_begun_while_somebody_is_inside(void **state)
{
    (void)state;
    when_pumped = begin_inside;
    assert_true(read_one() == EFI_SUCCESS);
    assert_int_equal(requests, 1);
    assert_true(is_under_way(1));
    answers = 1;
    tick();
    assert_true(ended_with(1, EFI_SUCCESS));
    assert_memory_equal(pieces[1], medium + 40 * BLOCK, 8 * BLOCK);
}

static void begin_another(void)
{
    when_signalled = NULL;
    assert_true(begin_read(1, 40, 8) == EFI_SUCCESS);
}

static void an_event_may_begin_the_next(void **state)
{
    (void)state;
    when_signalled = begin_another;
    assert_true(begin_read(0, 5, 8) == EFI_SUCCESS);
    answers = 1;
    tick();
    assert_true(ended_with(0, EFI_SUCCESS) && is_under_way(1));
    answers = 1;
    tick();
    assert_true(ended_with(1, EFI_SUCCESS));
}

/* ---- ends ---- */

static void begin_three(void)
{
    assert_true(begin_write(0, 5, 8) == EFI_SUCCESS);
    assert_true(begin_read(1, 5, 8) == EFI_SUCCESS);
    assert_true(begin_flush(2) == EFI_SUCCESS);
    assert_int_equal(in_flight_count, 1);
}

static void assert_three_aborted(void)
{
    for (unsigned i = 0; i < 3; i++)
        assert_true(ended_with(i, EFI_ABORTED));
    assert_int_equal(signalled, 3);
}

static void a_reset_aborts(void **state)
{
    (void)state;
    begin_three();
    assert_true(io->Reset(io, FALSE) == EFI_SUCCESS); /* BlockIo's has nothing to do with it */
    assert_int_equal(signalled, 0);
    assert_true(io2->Reset(io2, TRUE) == EFI_SUCCESS);
    assert_three_aborted();
    assert_int_equal(cancels, 1);
    assert_int_equal(in_pool, 1); /* the device path */
    answers = 1;
    assert_true(read_one() == EFI_SUCCESS);
}

static void withdrawal_aborts(void **state)
{
    (void)state;
    begin_three();
    assert_true(block_io_withdraw());
    assert_three_aborted();
    assert_int_equal(cancels, 1);
    assert_int_equal(block_io_publish(&disk, &options), OK);
}

static void begin_in_vain(void)
{
    assert_true(begin_read(3, 40, 8) == EFI_NO_MEDIA);
}

static void somebody_holds_the_disk(void **state)
{
    (void)state;
    begin_three();
    uninstall_answer = EFI_ACCESS_DENIED;
    assert_false(block_io_withdraw());
    assert_int_equal(signalled, 0); /* all is as before */
    when_signalled = begin_in_vain;
    block_io_empty();
    assert_int_equal(in_flight_count, 0); /* nobody begins anew from his event */
    assert_three_aborted();
    assert_true(begin_read(3, 5, 8) == EFI_NO_MEDIA);
    tick();
}

/* Neither the disk, whose card has stopped, nor the pool, whose map the caller has just been given. */
static void the_end_of_boot_services_aborts(void **state)
{
    (void)state;
    begin_three();
    unsigned in_use = in_pool;
    at_the_end(TOKEN, NULL);

    assert_three_aborted();
    assert_int_equal(closes, 1);
    assert_int_equal(cancels, 0);
    assert_int_equal(in_pool, in_use);
    assert_true(begin_read(3, 5, 8) == EFI_DEVICE_ERROR);
    tick();
    while (in_pool > 1) /* but for the path, it is gone with boot services */
        free_pool(pool[in_pool - 1]);
    in_flight_count = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_silent, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_returns_before_its_data_is_there),
        TEST(a_long_one_goes_on_by_itself),
        TEST(what_is_there_at_once_is_told_at_once),
        TEST(what_cannot_be_begun),
        TEST(without_an_event_a_call_waits),
        TEST(it_comes_often_while_somebody_waits),
        TEST(it_holds_nobody_up),
        TEST(a_disk_that_never_answers),
        TEST(what_does_not_touch_is_under_way_at_once),
        TEST(what_overlaps_a_write_keeps_its_place),
        TEST(a_flush_ends_behind_the_writes_before_it),
        TEST(a_call_that_waits_comes_behind_what_was_begun),
        TEST(what_is_begun_while_somebody_is_inside),
        TEST(an_event_may_begin_the_next),
        TEST(a_reset_aborts),
        TEST(withdrawal_aborts),
        TEST(somebody_holds_the_disk),
        TEST(the_end_of_boot_services_aborts),
    };

    host_clock_use_virtual();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
