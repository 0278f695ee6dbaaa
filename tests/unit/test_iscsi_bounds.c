/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection and a command are given time for, what happens then, and what one command's failure costs: pings, ABORT TASK,
 * LOGICAL UNIT RESET, a window that stays closed, tasks given up.
 */
#include "tests/unit/session_world.h"

#define LENGTH 12288
#define TASKS  3

static struct iscsi_task tasks[TASKS];
static uint8_t buffers[TASKS][LENGTH], data[LENGTH];
static size_t heard; /* bytes of fake.out that serve() has read */
static unsigned pings, function_count;
static uint8_t functions[16]; /* task management functions heard */
static uint8_t last_request[BHS_LENGTH];
static int function_response; /* to them; -1: none */
static bool pongs;

static void answer(const uint8_t *request, uint8_t opcode, uint8_t response)
{
    uint8_t header[BHS_LENGTH] = {opcode, FLAG_FINAL, response};

    memcpy(header + BHS_ITT, request + BHS_ITT, 4);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->maxcmdsn);
    fake_say(&fake, header, NULL, 0);
}

/* The target's side of pings and task management. */
static void serve(struct stream *stream)
{
    (void)stream;
    while (heard + BHS_LENGTH <= fake.out_length) {
        const uint8_t *header = fake.out + heard;
        uint8_t opcode = header[BHS_OPCODE] & OP_MASK;

        heard += BHS_LENGTH + ((get_be24(header + BHS_DATA_LENGTH) + 3) & ~3u);
        if (opcode == OP_NOP_OUT) {
            pings++;
            if (pongs)
                answer(header, OP_NOP_IN, 0);
        } else if (opcode == OP_TASK_REQUEST) {
            memcpy(last_request, header, BHS_LENGTH);
            functions[function_count++ % sizeof functions] = header[BHS_FLAGS] & 0x7F;
            if (function_response >= 0)
                answer(header, OP_TASK_RESPONSE, (uint8_t)function_response);
        }
    }
}

static int set_up(void **state)
{
    static struct stream_ops operations;

    set_up_session(state);
    operations = *fake.stream.ops;
    operations.pump = serve;
    fake.stream.ops = &operations;
    open_whole_session();

    heard = 0;
    pings = function_count = 0;
    function_response = FUNCTION_COMPLETE;
    pongs = true;
    for (unsigned i = 0; i < LENGTH; i++)
        data[i] = (uint8_t)(i * 5 + 1);
    return 0;
}

static void turns(unsigned count)
{
    while (count--) {
        tick();
        iscsi_session_pump(session);
    }
}

static void submit(unsigned which, enum iscsi_direction direction)
{
    struct iscsi_task *task = &tasks[which];

    memset(task, 0, sizeof *task);
    task->direction = direction;
    task->buffer = direction == ISCSI_NO_DATA ? NULL : buffers[which];
    task->length = direction == ISCSI_NO_DATA ? 0 : LENGTH;
    memset(buffers[which], 0xEE, LENGTH);
    iscsi_session_submit(session, task);
    iscsi_session_pump(session);
}

static uint32_t itt_of(unsigned which)
{
    return session->slots[tasks[which].slot].itt;
}

/* A PDU of the target's, about the command with this tag. */
static void say(uint8_t opcode, uint8_t flags, uint32_t itt, uint32_t sn, uint32_t offset, uint32_t length)
{
    uint8_t header[BHS_LENGTH] = {opcode, flags};

    put_be32(header + BHS_ITT, itt);
    put_be32(header + BHS_TTT, opcode == OP_R2T ? 5 : RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    put_be32(header + BHS_DATASN, sn);
    put_be32(header + BHS_OFFSET, offset);
    put_be32(header + BHS_RESIDUAL, opcode == OP_R2T ? length : 0);
    fake_say(&fake, header, data + (opcode == OP_R2T ? 0 : offset), opcode == OP_R2T ? 0 : length);
}

static void finish_read(unsigned which)
{
    say(OP_DATA_IN, 0x81, itt_of(which), 0, 0, LENGTH);
    turns(1);
    assert_true(tasks[which].done);
    assert_int_equal(tasks[which].status, OK);
    assert_memory_equal(buffers[which], data, LENGTH);
}

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
        CASE(a_command_without_progress_is_aborted_and_issued_again),
        CASE(empty_data_ins_are_no_progress),
        CASE(progress_of_an_older_command_counts),
        CASE(progress_of_a_newer_command_does_not),
        CASE(an_abort_without_answer_becomes_a_reset_and_then_a_login),
        CASE(a_reset_ends_all_commands_of_the_unit),
        CASE(a_window_that_stays_closed_is_a_new_login),
        CASE(a_task_given_up_costs_no_connection),
        CASE(a_write_whose_data_is_under_way_costs_the_connection),
        CASE(writes_wait_for_one_given_up),
        CASE(a_failure_of_the_target_costs_one_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
