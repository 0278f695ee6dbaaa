/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What keeps a command's data whole, and its failure's cause from being lost: the guard against another disk, resets, answers
 * that come too early, peers that take nothing, clocks left over from an outage.
 */
#include "tests/unit/session_tasks.h"

#include "iscsi/scsi.h"

/* CHECK CONDITION with this sense data. */
static void say_sense(uint32_t itt, uint8_t response_code, uint8_t key, uint8_t asc, uint8_t ascq)
{
    uint8_t sense[20] = {0, 18, response_code, 0, key, [14] = asc, [15] = ascq};
    uint8_t header[BHS_LENGTH] = {OP_SCSI_RESPONSE, FLAG_FINAL, 0, SCSI_CHECK_CONDITION};

    put_be32(header + BHS_ITT, itt);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    fake_say(&fake, header, sense, sizeof sense);
}

/* The target does not answer that it is to forget it. Returns its ITT. */
static uint32_t give_up_a_read(void)
{
    iscsi_session_guard(session);
    function_response = -1;
    submit(0, ISCSI_READ);
    uint32_t itt = itt_of(0);
    iscsi_session_cancel(session, &tasks[0]);
    turns(2);
    return itt;
}

/* A target tells it once, and to whom is its own choice. */
static void an_attention_told_to_a_command_given_up(void **state)
{
    (void)state;
    uint32_t itt = give_up_a_read();
    say_sense(itt, 0x70, 6, 0x3F, 0x0E);
    turns(1);
    assert_int_not_equal(iscsi_session_doubt(session), 0);

    submit(1, ISCSI_WRITE);
    turns(10);
    assert_int_equal(tasks[1].state, TASK_QUEUED);
    iscsi_session_trust(session, iscsi_session_doubt(session));
    turns(1);
    assert_int_equal(tasks[1].state, TASK_ACTIVE);
    assert_int_equal(fake.aborts, 0);
}

/* Lengths that lie about the sense data are no reason for trust, or for doubt. */
static void an_answer_without_sense_data_to_a_command_given_up(void **state)
{
    (void)state;
    uint32_t itt = give_up_a_read();

    say_sense(itt, 0x70, 6, 0x3F, 0x0E);
    put_be24(fake.in + fake.in_length - 20 - BHS_LENGTH + BHS_DATA_LENGTH, 1);
    fake.in_length -= 16;
    turns(1);
    assert_int_equal(iscsi_session_doubt(session), 0);
    assert_int_equal(fake.aborts, 0);
}

/* ---- peers that take nothing ---- */

static struct stream_ops shut;

static enum status take_nothing(struct stream *stream, const struct stream_span *spans, unsigned count, size_t *taken)
{
    (void)stream;
    (void)spans;
    (void)count;
    *taken = 0;
    return OK;
}

/* A window of 0 for ever, or no memory for a segment. */
static void shut_the_window(void)
{
    shut = *fake.stream.ops;
    shut.send = take_nothing;
    fake.stream.ops = &shut;
}

static void a_peer_that_takes_nothing_is_a_dead_one(void **state)
{
    for (unsigned commands = 0; commands < 2; commands++) {
        tear_down_session(state);
        set_up(state);
        if (commands)
            submit(0, ISCSI_READ);
        shut_the_window();
        submit(1, ISCSI_WRITE);
        turns(14000);
        assert_int_equal(fake.aborts, 0);

        turns(7000);
        assert_int_equal(fake.aborts, 1);
        assert_int_equal(tasks[1].state, TASK_QUEUED);
        iscsi_session_close(session, deadline_after_ms(10));
    }
}

/* Callers of little patience, one after the other, must not keep a dead connection alive. */
static void short_calls_do_not_add_up_to_life(void **state)
{
    (void)state;
    shut_the_window();
    for (unsigned i = 0; i < 3; i++) {
        submit(i, ISCSI_READ);
        turns(9000);
        iscsi_session_cancel(session, &tasks[i]);
    }
    assert_int_equal(fake.aborts, 1);
}

/* ---- resets, logouts ---- */

/* It would be ended with the others, by our word alone, and carried out twice. */
static void a_command_waits_for_a_reset_under_way(void **state)
{
    (void)state;
    function_response = -1;
    submit(0, ISCSI_READ);
    turns(60001 + 15010);
    assert_int_equal(function_count, 2);
    assert_int_equal(functions[1], LOGICAL_UNIT_RESET);

    submit(1, ISCSI_WRITE);
    turns(100);
    assert_int_equal(tasks[1].state, TASK_QUEUED);
    answer(last_request, OP_TASK_RESPONSE, FUNCTION_COMPLETE);
    turns(2);
    assert_int_equal(tasks[1].state, TASK_ACTIVE);
    finish_read(0);
    assert_int_equal(fake.aborts, 0);
}

static void say_event(uint8_t event, uint16_t seconds)
{
    uint8_t header[BHS_LENGTH] = {OP_ASYNC, FLAG_FINAL};

    put_be32(header + BHS_ITT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->maxcmdsn);
    header[BHS_ASYNC_EVENT] = event;
    put_be16(header + BHS_ASYNC_PARAMETER3, seconds);
    fake_say(&fake, header, NULL, 0);
}

/* RFC 7143 section 11.9.1: events 1 and 4. */
static void a_logout_asked_for_again_has_no_more_time(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    for (unsigned i = 0; i < 14 && fake.aborts == 0; i++) {
        say_event(i % 2 ? 4 : 1, 5);
        turns(500);
    }
    assert_int_equal(fake.aborts, 1);
    iscsi_session_cancel(session, &tasks[0]);
}

static void say_ping(uint32_t ttt)
{
    uint8_t header[BHS_LENGTH] = {OP_NOP_IN, FLAG_FINAL};

    put_be32(header + BHS_ITT, RESERVED_TAG);
    put_be32(header + BHS_TTT, ttt);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->maxcmdsn);
    fake_say(&fake, header, NULL, 0);
}

static void say_logged_out(uint16_t time2wait)
{
    uint8_t header[BHS_LENGTH] = {OP_LOGOUT_RESPONSE, FLAG_FINAL};

    put_be32(header + BHS_ITT, ITT_LOGOUT);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be16(header + BHS_LOGOUT_TIME2WAIT, time2wait);
    fake_say(&fake, header, NULL, 0);
}

/* Nothing may follow our logout, so that pings are not answered; nor do they keep us from reading on. */
static void pings_ahead_of_the_answer_to_a_logout(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    say_event(1, 60);
    turns(2);
    for (uint32_t i = 0; i < 2 * NOP_ANSWERS; i++)
        say_ping(i);
    say_logged_out(0);
    turns(2);
    assert_int_equal(fake.aborts, 1);
    iscsi_session_cancel(session, &tasks[0]);
}

/* Section 11.15.3: Time2Wait. */
static void a_logout_tells_how_long_to_stay_away(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    say_event(1, 60);
    turns(2);
    say_logged_out(5);
    turns(4900);
    assert_int_equal(fake.connects, 1);
    turns(3000);
    assert_int_equal(fake.connects, 2);
    iscsi_session_cancel(session, &tasks[0]);
}

static void ask_for_logouts(struct stream *stream)
{
    static uint64_t last;

    serve(stream);
    if (platform_ticks() - last < 500 * platform_ticks_per_ms())
        return;
    last = platform_ticks();
    say_event(1, 60);
}

static void closing_while_logouts_are_asked_for(void **state)
{
    struct stream_ops asking = *fake.stream.ops;
    uint64_t began = platform_ticks();

    (void)state;
    asking.pump = ask_for_logouts;
    fake.stream.ops = &asking;
    iscsi_session_close(session, deadline_after_ms(1000));
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 990, 1100);
}

/* ---- answers that come too early ---- */

/* Half of its last Data-Out is with us still. */
static void success_before_all_has_left(void **state)
{
    (void)state;
    submit(0, ISCSI_WRITE); /* 4096 bytes within the command, as many behind it */
    say(OP_R2T, FLAG_FINAL, itt_of(0), 0, 8192, 4096);
    fake.chunk = BHS_LENGTH;
    turns(1);
    assert_true(session->tx.busy);

    say(OP_SCSI_RESPONSE, FLAG_FINAL, itt_of(0), 0, 0, 0);
    fake.chunk = 0;
    turns(1);
    assert_int_equal(fake.aborts, 1);
    assert_false(tasks[0].done);
    assert_int_equal(tasks[0].failure, E_ISCSI_RESPONSE);
    iscsi_session_cancel(session, &tasks[0]);
}

/* A target may refuse a write whenever it likes. */
static void a_refusal_before_all_has_left(void **state)
{
    (void)state;
    submit(0, ISCSI_WRITE);
    say(OP_R2T, FLAG_FINAL, itt_of(0), 0, 8192, 4096);
    fake.chunk = BHS_LENGTH;
    turns(1);

    say_sense(itt_of(0), 0x70, 7, 0x27, 0);
    fake.chunk = 0;
    turns(2);
    assert_int_equal(fake.aborts, 0);
    assert_true(tasks[0].done);
    assert_int_equal(tasks[0].status, OK);
}

/* ---- what an outage leaves behind ---- */

/* The question who the disk is gets its answer over each connection, and the command in turn costs that. */
static void answers_to_probes_do_not_end_an_outage(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    for (unsigned i = 0; i < 1000 && !tasks[0].done; i++) {
        fake.closed = true;
        turns(2);
        fake.closed = false;
        fake.in_length = fake.in_position = fake.out_length = heard = 0;
        fake_login_whole(&fake);
        for (unsigned turn = 0; turn < 20000 && session->state != SESSION_FULL && !tasks[0].done; turn++)
            turns(1);
        heard = fake.out_length;
        if (tasks[0].done)
            break;

        tasks[1] = (struct iscsi_task){.probing = true};
        iscsi_session_submit(session, &tasks[1]);
        turns(2);
        say(OP_SCSI_RESPONSE, FLAG_FINAL, itt_of(1), 0, 0, 0);
        turns(1);
        assert_true(tasks[1].done);
    }
    assert_true(tasks[0].done);
    assert_int_equal(tasks[0].status, E_ISCSI_TIMEOUT);
}

/* Nobody waited any more, the pump went on: the next command has all the time of its own. */
static void a_command_after_an_outage_is_tried(void **state)
{
    (void)state;
    submit(0, ISCSI_READ);
    fake.refuse = fake.closed = true;
    turns(60000);
    iscsi_session_cancel(session, &tasks[0]);
    turns(100000);

    fake.refuse = fake.closed = false;
    fake_login_whole(&fake);
    submit(1, ISCSI_READ);
    turns(10);
    assert_false(tasks[1].done);
    assert_int_equal(session->state, SESSION_FULL);
    finish_read(1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_attention_told_to_a_command_given_up), CASE(an_answer_without_sense_data_to_a_command_given_up),
        CASE(a_peer_that_takes_nothing_is_a_dead_one), CASE(short_calls_do_not_add_up_to_life),
        CASE(a_command_waits_for_a_reset_under_way),   CASE(a_logout_asked_for_again_has_no_more_time),
        CASE(closing_while_logouts_are_asked_for),     CASE(pings_ahead_of_the_answer_to_a_logout),
        CASE(a_logout_tells_how_long_to_stay_away),    CASE(success_before_all_has_left),
        CASE(a_refusal_before_all_has_left),           CASE(answers_to_probes_do_not_end_an_outage),
        CASE(a_command_after_an_outage_is_tried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
