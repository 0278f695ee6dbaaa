/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection and a command are given time for, what happens then, and what one command's failure costs: pings, ABORT TASK,
 * LOGICAL UNIT RESET, a window that stays closed, tasks given up.
 */
#include "tests/unit/session_tasks.h"

/* ---- time ---- */

static void a_slow_command_is_waited_for_while_pings_are_answered(void **state)
{
    (void)state;
    submit(0, ISCSI_NO_DATA);
    turns(55000);
    assert_true(pings >= 8);
    assert_int_equal(function_count, 0);
    assert_int_equal(fake.aborts, 0);
    say(OP_SCSI_RESPONSE, FLAG_FINAL, itt_of(0), 0, 0, 0);
    turns(1);
    assert_int_equal(tasks[0].status, OK);
    assert_true(tasks[0].done);
}

/* If the last segment of an answer was lost, what follows it tells the target so; a slow one is not asked on and on. */
static void a_late_answer_is_asked_after_soon_and_once(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        submit(0, ISCSI_READ);
        turns(55);
        assert_int_equal(pings, i - 1);
        turns(10);
        assert_int_equal(pings, i);
        turns(3000);
        assert_int_equal(pings, i);
        finish_read(0);
    }
}

/* Forgotten by the target: aborted, and issued again on the same connection. */
static void a_command_without_progress_is_aborted_and_issued_again(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    uint32_t itt = itt_of(0), cmdsn = session->cmdsn - 1;
    turns(59000);
    assert_int_equal(function_count, 0);

    turns(2000);
    assert_int_equal(function_count, 1);
    assert_int_equal(functions[0], ABORT_TASK);
    assert_int_equal(get_be32(last_request + BHS_REFERENCED_TAG), itt);
    assert_int_equal(get_be32(last_request + BHS_REFERENCED_CMDSN), cmdsn);

    assert_false(tasks[0].done);
    assert_int_not_equal(itt_of(0), itt);
    finish_read(0);
    assert_int_equal(fake.aborts, 0);
}

/* Data-Ins without data keep the connection alive, not the command. */
static void empty_data_ins_are_no_progress(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    uint32_t itt = itt_of(0);
    for (unsigned i = 0; function_count == 0 && i < 100; i++) {
        say(OP_DATA_IN, 0, itt, i, 0, 0);
        turns(1000);
    }
    assert_int_equal(function_count, 1);
    assert_int_equal(fake.aborts, 0);
    finish_read(0);
}

/* A slow line: the second read's data comes when the first is done, and so on. */
static void progress_of_an_older_command_counts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TASKS; i++)
        submit(i, ISCSI_READ);

    for (unsigned i = 0; i < TASKS; i++) {
        for (uint32_t sn = 0; sn < 4; sn++) {
            turns(50000);
            say(OP_DATA_IN, sn == 3 ? 0x81 : 0, itt_of(i), sn, sn * LENGTH / 4, LENGTH / 4);
        }
        turns(1);
        assert_true(tasks[i].done);
    }
    assert_int_equal(function_count, 0);
    assert_int_equal(fake.aborts, 0);
}

/* The other way round: a newer one's progress is no excuse. */
static void progress_of_a_newer_command_does_not(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    submit(1, ISCSI_READ);
    for (uint32_t sn = 0; sn < 3; sn++) {
        turns(30000);
        say(OP_DATA_IN, 0, itt_of(1), sn, sn * LENGTH / 4, LENGTH / 4);
    }
    assert_int_equal(function_count, 1);
    finish_read(0);
}

static void an_abort_without_answer_becomes_a_reset_and_then_a_login(void **state)
{
    (void)state;
    function_response = -1;
    submit(0, ISCSI_READ);
    turns(61000);
    assert_int_equal(functions[0], ABORT_TASK);

    turns(15000);
    assert_int_equal(function_count, 2);
    assert_int_equal(functions[1], LOGICAL_UNIT_RESET);
    assert_int_equal(get_be32(last_request + BHS_REFERENCED_TAG), RESERVED_TAG);
    assert_int_equal(fake.aborts, 0);

    turns(15000);
    assert_true(fake.aborts > 0);
    assert_false(tasks[0].done);
    assert_int_equal(tasks[0].failures, 1);
}

static void a_reset_ends_all_commands_of_the_unit(void **state)
{
    (void)state;
    function_response = 5; /* not supported */
    submit(0, ISCSI_READ);
    submit(1, ISCSI_READ);
    uint32_t itts[2] = {itt_of(0), itt_of(1)};
    turns(60500);
    assert_int_equal(functions[0], ABORT_TASK);
    assert_int_equal(functions[1], LOGICAL_UNIT_RESET);
    assert_true(fake.aborts > 0); /* refused as well */

    tear_down_session(state);
    set_up(state);
    submit(0, ISCSI_READ);
    submit(1, ISCSI_READ);
    itts[0] = itt_of(0);
    itts[1] = itt_of(1);
    function_response = -1;
    turns(61000);
    function_response = FUNCTION_COMPLETE;
    turns(17000);
    assert_int_equal(functions[1], LOGICAL_UNIT_RESET);
    for (unsigned i = 0; i < 2; i++)
        assert_int_not_equal(itt_of(i), itts[i]);
    finish_read(0);
    finish_read(1);
    assert_int_equal(fake.aborts, 0);
}

/* NOP-Ins that want no answer: it lives, but nothing can be got to it. */
static void a_target_that_takes_nothing_is_a_new_login(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        bool in_the_stream = i % 2, goes_on = i / 2; /* the stream has it all, and the peer does not acknowledge it; it goes on */

        tear_down_session(state);
        set_up(state);
        fake.full = !in_the_stream;
        fake.acknowledged = in_the_stream ? 100 : 0;
        submit(0, ISCSI_WRITE);
        for (unsigned seconds = 0; seconds < 59; seconds++) {
            say(OP_NOP_IN, FLAG_FINAL, RESERVED_TAG, 0, 0, 0);
            turns(1000);
        }
        host_clock_advance_us(3600ull * 1000 * 1000); /* a pause of the caller's is nobody's fault */
        iscsi_session_pump(session);
        assert_int_equal(fake.aborts, 0);
        if (goes_on) {
            fake.acknowledged += in_the_stream;
            fake.full = false;
        }
        say(OP_NOP_IN, FLAG_FINAL, RESERVED_TAG, 0, 0, 0);
        turns(1500);
        assert_int_equal(fake.aborts, !goes_on);
        if (!goes_on)
            assert_non_null(strstr(host_log_text(), status_what(E_STREAM_TIMEOUT)));
    }
}

static void a_window_that_stays_closed_is_a_new_login(void **state)
{
    (void)state;
    session->maxcmdsn = session->cmdsn - 1;
    submit(0, ISCSI_READ);
    turns(59000);
    assert_true(pings > 0);
    assert_int_equal(fake.aborts, 0);
    turns(2000);
    assert_int_equal(fake.aborts, 1);
    assert_non_null(strstr(host_log_text(), status_what(E_ISCSI_WINDOW)));

    tear_down_session(state);
    set_up(state);
    session->maxcmdsn = session->cmdsn - 1;
    submit(0, ISCSI_READ);
    turns(30000);
    session->maxcmdsn = session->cmdsn;
    turns(50000);
    assert_int_equal(fake.aborts, 0);
    finish_read(0);
}

/* ---- one task's failure ---- */

/* Section 11.4.7: sense data comes with CHECK CONDITION; what another status comes with is the vendor's, and costs nothing. */
static void data_of_another_status_is_passed_over(void **state)
{
    static const uint8_t statuses[] = {0x00, 0x08, 0x18, 0x28, 0x40};

    (void)state;
    memset(data, 0xFF, sizeof data);
    for (unsigned i = 0; i < sizeof statuses; i++) {
        for (uint32_t length = 1; length <= 600; length = 3 * length + 1) {
            submit(0, ISCSI_NO_DATA);
            size_t at = fake.in_length;
            say(OP_SCSI_RESPONSE, FLAG_FINAL, itt_of(0), 0, 0, length);
            fake.in[at + BHS_SCSI_STATUS] = statuses[i];
            turns(1);
            assert_int_equal(fake.aborts, 0);
            assert_true(tasks[0].done);
            assert_int_equal(tasks[0].status, OK);
            assert_int_equal(tasks[0].scsi_status, statuses[i]);
            assert_int_equal(tasks[0].sense_length, 0);
        }
    }
}

/* Until the command in question is issued again, or has ended. */
static void turns_until_reissued(unsigned which, unsigned most)
{
    uint32_t itt = itt_of(which);

    while (most-- && !tasks[which].done && (tasks[which].state != TASK_ACTIVE || itt_of(which) == itt))
        turns(1);
}

struct forgetful {
    const char *name;
    int function_response;
};

/* The fourth time in a row is that command's end, and of none besides. */
static void a_command_that_is_forgotten_for_ever(void **state)
{
    static const struct forgetful cases[] = {{"11.6.1 function complete", FUNCTION_COMPLETE},
                                             {"11.6.1 task does not exist", TASK_DOES_NOT_EXIST}};

    for (unsigned i = 0; i < 2; i++) {
        tear_down_session(state);
        set_up(state);
        print_message("%s\n", cases[i].name);
        function_response = cases[i].function_response;
        submit(0, ISCSI_READ);
        for (unsigned round = 1; round <= TASK_FAILURES_MAX; round++) {
            assert_false(tasks[0].done);
            turns_until_reissued(0, 70000);
            assert_int_equal(function_count, round);
            submit(1, ISCSI_READ); /* that others live is no news of this one */
            finish_read(1);
        }
        assert_true(tasks[0].done);
        assert_int_equal(tasks[0].status, E_ISCSI_TIMEOUT);
        assert_string_equal(failure_detail(E_ISCSI_TIMEOUT), "command 00 stood still; ABORT TASK: done");

        turns(1);
        submit(2, ISCSI_READ);
        finish_read(2);
        assert_int_equal(fake.aborts, 0);
        assert_false(task_any_active(session));
    }
}

/* Those that a reset ends by the way are issued again as often as it takes. */
static void a_reset_is_blamed_on_whom_it_was_for(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    for (unsigned round = 1; round <= TASK_FAILURES_MAX; round++) {
        assert_false(tasks[0].done);
        function_response = -1;
        turns(70000);
        assert_int_equal(function_count, 2 * round - 1);
        if (round == 1)
            submit(1, ISCSI_READ);

        function_response = FUNCTION_COMPLETE;
        for (unsigned i = 0; i < 20000 && function_count < 2 * round; i++)
            turns(1);
        assert_int_equal(functions[2 * round - 1], LOGICAL_UNIT_RESET);
        turns(2);
    }

    assert_true(tasks[0].done);
    assert_int_equal(tasks[0].status, E_ISCSI_TIMEOUT);
    assert_false(tasks[1].done);
    finish_read(1);
    assert_int_equal(fake.aborts, 0);
}

/* Its Data-In may be half here: the rest is passed over, and so is what comes later. */
static void a_task_given_up_costs_no_connection(void **state)
{
    (void)state;
    function_response = -1;
    submit(0, ISCSI_READ);
    submit(1, ISCSI_READ);
    uint32_t itt = itt_of(0);
    fake.chunk = 100;
    say(OP_DATA_IN, 0, itt, 0, 0, 4096);
    say(OP_DATA_IN, 0, itt, 1, 4096, 4096);
    fake.in_length -= 6000; /* the second and most of the first are on their way */
    turns(1);
    iscsi_session_cancel(session, &tasks[0]);
    assert_true(tasks[0].done);
    assert_int_equal(tasks[0].status, E_ISCSI_TIMEOUT);
    memset(buffers[0], 0x5A, LENGTH);
    fake.in_length += 6000;
    fake.chunk = 0;
    turns(2);
    assert_int_equal(functions[0], ABORT_TASK);
    assert_int_equal(get_be32(last_request + BHS_REFERENCED_TAG), itt);

    say(OP_DATA_IN, 0x81, itt, 2, 8192, 4096);
    turns(1);
    finish_read(1);
    for (unsigned i = 0; i < LENGTH; i++)
        assert_int_equal(buffers[0][i], 0x5A);
    assert_int_equal(fake.aborts, 0);
    assert_false(task_any_active(session));
}

/* Copying what the stream still reads is no option. */
static void a_write_whose_data_is_under_way_costs_the_connection(void **state)
{
    (void)state;
    submit(0, ISCSI_WRITE);
    fake.unsent = 1;
    iscsi_session_cancel(session, &tasks[0]);
    assert_true(tasks[0].done);
    assert_int_equal(fake.aborts, 1);
}

/* The one given up may still be carried out: a newer one must not be overtaken by it. */
static void writes_wait_for_one_given_up(void **state)
{
    (void)state;
    function_response = -1;
    submit(0, ISCSI_WRITE);
    uint32_t itt = itt_of(0);
    iscsi_session_cancel(session, &tasks[0]);
    assert_int_equal(fake.aborts, 0);

    submit(1, ISCSI_WRITE);
    turns(1000);
    assert_int_equal(tasks[1].state, TASK_QUEUED);
    submit(2, ISCSI_READ); /* behind it */

    say(OP_SCSI_RESPONSE, FLAG_FINAL, itt, 0, 0, 0);
    turns(1);
    assert_int_equal(tasks[1].state, TASK_ACTIVE);
    finish_read(2);
    iscsi_session_close(session, deadline_after_ms(10));
}

static void fail_with_response(unsigned which, uint8_t response)
{
    say(OP_SCSI_RESPONSE, FLAG_FINAL, itt_of(which), 0, 0, 0);
    fake.in[fake.in_length - BHS_LENGTH + BHS_RESPONSE] = response;
    turns(1);
}

static void a_failure_of_the_target_costs_one_task(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    submit(1, ISCSI_READ);
    fail_with_response(0, 1);
    assert_false(tasks[0].done);
    finish_read(1);

    for (unsigned i = 0; i < 2; i++)
        fail_with_response(0, 1);
    assert_false(tasks[0].done);
    fail_with_response(0, 1);
    assert_true(tasks[0].done);
    assert_int_equal(tasks[0].status, E_ISCSI_TARGET_FAILURE);
    assert_int_equal(fake.aborts, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_slow_command_is_waited_for_while_pings_are_answered),
        CASE(a_late_answer_is_asked_after_soon_and_once),
        CASE(a_command_without_progress_is_aborted_and_issued_again),
        CASE(empty_data_ins_are_no_progress),
        CASE(progress_of_an_older_command_counts),
        CASE(progress_of_a_newer_command_does_not),
        CASE(an_abort_without_answer_becomes_a_reset_and_then_a_login),
        CASE(a_reset_ends_all_commands_of_the_unit),
        CASE(a_target_that_takes_nothing_is_a_new_login),
        CASE(a_window_that_stays_closed_is_a_new_login),
        CASE(a_task_given_up_costs_no_connection),
        CASE(a_write_whose_data_is_under_way_costs_the_connection),
        CASE(writes_wait_for_one_given_up),
        CASE(a_failure_of_the_target_costs_one_task),
        CASE(data_of_another_status_is_passed_over),
        CASE(a_command_that_is_forgotten_for_ever),
        CASE(a_reset_is_blamed_on_whom_it_was_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
