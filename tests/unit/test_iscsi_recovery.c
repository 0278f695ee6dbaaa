/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that are lost and opened again, against a scripted target: nobody is held up, pauses and attempts have their
 * bounds, and a target that restarts is given the time for it.
 */
#include "tests/unit/session_world.h"

#define LENGTH 4096

static struct iscsi_task task;
static uint8_t buffer[LENGTH], data[LENGTH];

static int set_up(void **state)
{
    set_up_session(state);
    for (unsigned i = 0; i < LENGTH; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    open_whole_session();
    return 0;
}

static void set_up_anew(void **state)
{
    tear_down_session(state);
    set_up(state);
}

static void pump(unsigned turns)
{
    while (turns--)
        iscsi_session_pump(session);
}

static void submit(enum iscsi_direction direction)
{
    memset(&task, 0, sizeof task);
    task.direction = direction;
    task.buffer = buffer;
    task.length = LENGTH;
    iscsi_session_submit(session, &task);
    iscsi_session_pump(session);
}

/* A PDU about the task. */
static void say(uint8_t opcode, uint8_t flags, const void *bytes, uint32_t length)
{
    uint8_t header[BHS_LENGTH] = {opcode, flags};

    put_be32(header + BHS_ITT, session->slots[task.slot].itt);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    fake_say(&fake, header, bytes, length);
}

static unsigned milliseconds_since(uint64_t began)
{
    return (unsigned)((platform_ticks() - began) / platform_ticks_per_ms());
}

/* The target says nothing any more, and this at the next connects. */
static void forget_what_was_said(void)
{
    fake.closed = false;
    fake.in_length = fake.in_position = 0;
}

/* How long it takes until the next connect. */
static unsigned wait_for_connect(unsigned most)
{
    uint64_t began = platform_ticks();
    unsigned connects = fake.connects;

    while (fake.connects == connects && milliseconds_since(began) < most) {
        tick();
        pump(1);
    }
    return milliseconds_since(began);
}

static void lost_connection_is_a_delay(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    fake.closed = true;
    pump(1);
    assert_false(task.done);

    fake.closed = false;
    fake_login_whole(&fake);
    for (unsigned i = 0; i < 1000 && fake.connects < 2; i++) {
        tick();
        pump(1);
    }
    pump(1);
    assert_int_equal(fake.connects, 2);

    say(OP_DATA_IN, 0x81, data, LENGTH);
    pump(1);
    assert_true(task.done);
    assert_memory_equal(buffer, data, LENGTH);
}

/* Whoever pumps for the target's pings alone, from a timer, must not be held up by a login that nobody waits for. */
static void without_a_task_nothing_is_opened_again(void **state)
{
    (void)state;
    fake.closed = true;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t before = platform_ticks();
        pump(1);
        assert_true(platform_ticks() == before);
        tick();
    }
    assert_int_equal(fake.connects, 1);

    fake.closed = false;
    fake_login_whole(&fake);
    submit(ISCSI_READ);
    pump(2);
    assert_int_equal(fake.connects, 2);
    assert_int_equal(session->state, SESSION_FULL);
    iscsi_session_cancel(session, &task);
}

static void recovery_is_bounded(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    submit(ISCSI_READ);
    fake.closed = fake.refuse = true;
    assert_int_equal(iscsi_session_wait(session, &task, deadline_after_ms(600000)), E_ISCSI_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 115000, 130000);

    /* The next command tries anew. */
    fake.closed = fake.refuse = false;
    fake_login_whole(&fake);
    submit(ISCSI_READ);
    pump(2);
    assert_int_equal(session->state, SESSION_FULL);
    iscsi_session_cancel(session, &task);
}

/* A caller's deadline is his own, whatever the login does: connecting, or an answer that does not come. */
static void a_login_that_hangs_holds_nobody_up(void **state)
{
    for (unsigned in_login = 0; in_login < 2; in_login++) {
        set_up_anew(state);
        submit(ISCSI_READ);
        fake.closed = true;
        pump(1);
        forget_what_was_said();
        fake.pending = !in_login;
        wait_for_connect(1000);
        for (unsigned i = 0; i < 100; i++) {
            uint64_t before = platform_ticks();
            pump(1);
            assert_true(platform_ticks() == before);
        }
        assert_int_equal(session->state, in_login ? SESSION_LOGIN : SESSION_CONNECTING);

        uint64_t began = platform_ticks();
        assert_int_equal(iscsi_session_wait(session, &task, deadline_after_ms(1000)), E_ISCSI_TIMEOUT);
        assert_in_range(milliseconds_since(began), 1000, 1001);
    }
}

/* The attempt's own time ends it, and the next follows. */
static void a_login_that_hangs_is_tried_again(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    fake.closed = true;
    pump(1);
    forget_what_was_said();
    wait_for_connect(1000);
    assert_in_range(wait_for_connect(30000), 15000, 17000);
    fake_login_whole(&fake);
    pump(1);
    assert_int_equal(session->state, SESSION_FULL);
    assert_int_equal(session->reconnects, 1);
}

struct announcement {
    uint16_t seconds;
    unsigned least, most; /* milliseconds until the next connect */
};

static void time2wait_is_honoured_and_bounded(void **state)
{
    static const struct announcement cases[] = {{0, 200, 1000}, {5, 5000, 8000}, {3600, 60000, 65000}};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t header[BHS_LENGTH] = {OP_ASYNC, FLAG_FINAL};

        fake_reset(&fake);
        open_whole_session();
        submit(ISCSI_READ);
        put_be32(header + BHS_STATSN, session->expstatsn);
        header[BHS_ASYNC_EVENT] = 2;
        put_be16(header + BHS_ASYNC_PARAMETER2, cases[i].seconds);
        fake_say(&fake, header, NULL, 0);
        pump(1);
        assert_int_equal(fake.aborts, 1);
        assert_in_range(wait_for_connect(100000), cases[i].least, cases[i].most);
    }
}

/* It was let in before: a target that starts does not know its targets and initiators yet. */
static void refusals_of_a_target_that_restarts_pass(void **state)
{
    static const uint16_t refusals[] = {0x0200, 0x0202, 0x0203, 0x0204, 0x0205, 0x0206, 0x0208, 0x0301};

    (void)state;
    submit(ISCSI_READ);
    fake.closed = true;
    pump(1);
    for (unsigned i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        forget_what_was_said();
        fake_login(&fake, 0, refusals[i], "");
        assert_true(wait_for_connect(13000) < 13000);
        pump(1);
        assert_false(task.done);
    }
    forget_what_was_said();
    fake_login_whole(&fake);
    wait_for_connect(13000);
    pump(1);
    assert_int_equal(session->state, SESSION_FULL);
    say(OP_DATA_IN, 0x81, data, LENGTH);
    pump(1);
    assert_true(task.done);
}

static void a_secret_that_is_refused_stays_refused(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    strcpy(session->settings->chap.name, "joe");
    fake.closed = true;
    pump(1);
    forget_what_was_said();
    fake_login(&fake, 0, 0x0201, "");
    wait_for_connect(1000);
    pump(1);
    assert_true(task.done);
    assert_int_equal(task.status, E_LOGIN_AUTHENTICATION);
}

struct old_session {
    const char *keys;
    unsigned group; /* of the new session; the old one is in 1 */
    unsigned least, most;
};

/*
 * A new session there does not end the old one: its write may still be carried out, and must not come after ours. What the old
 * one agreed on counts.
 */
static void another_portal_group_waits_for_the_old_session(void **state)
{
    static const struct old_session cases[] = {
        {"DefaultTime2Wait=2|DefaultTime2Retain=0|", 1, 0, 10},
        {"DefaultTime2Wait=2|DefaultTime2Retain=0|", 2, 3900, 4100},
        {"DefaultTime2Wait=5|DefaultTime2Retain=20|", 2, 24900, 25100},
        {"", 2, 21900, 22100}, /* RFC 7143 sections 13.15 and 13.16 */
        {"DefaultTime2Wait=3600|DefaultTime2Retain=3600|", 2, 59900, 60100},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up_anew(state);
        forget_what_was_said();
        fake_login(&fake, 0x81, 0, "AuthMethod=None|TargetPortalGroupTag=1|");
        fake_login(&fake, 0x87, 0, cases[i].keys);
        assert_int_equal(log_in_plainly(), OK);
        submit(ISCSI_WRITE);
        fake.closed = true;
        pump(1);

        forget_what_was_said();
        fake_login(&fake, 0x81, 0,
                   cases[i].group == 1 ? "AuthMethod=None|TargetPortalGroupTag=1|" : "AuthMethod=None|TargetPortalGroupTag=2|");
        fake_login(&fake, 0x87, 0, "DefaultTime2Wait=0|DefaultTime2Retain=0|");
        wait_for_connect(1000);
        pump(2);
        assert_int_equal(session->state, SESSION_FULL);

        uint64_t began = platform_ticks();
        while (task.state == TASK_QUEUED && milliseconds_since(began) < 70000) {
            session->heard_at = platform_ticks(); /* as if pings were answered */
            tick();
            pump(1);
        }
        assert_in_range(milliseconds_since(began), cases[i].least, cases[i].most);
    }
}

/* Moved for good, and then the new place is dead: the one that was set may know better. */
static void a_permanent_move_is_forgotten_when_it_leads_nowhere(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    fake.closed = true;
    pump(1);
    forget_what_was_said();
    fake_login(&fake, 0, 0x0102, "TargetAddress=192.0.2.9|");
    wait_for_connect(1000);
    pump(1);
    assert_string_equal(fake.host, "192.0.2.9");
    wait_for_connect(30000);
    assert_string_equal(fake.host, "192.0.2.1");
}

/* Other initiators forgive it, and so do we: the ITT says whose answer it is. */
static void a_jump_of_statsn_is_forgiven(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    session->expstatsn += 5; /* say() takes it for the PDU's */
    say(OP_DATA_IN, 0x81, data, LENGTH);
    session->expstatsn -= 5;
    pump(1);
    assert_true(task.done);
    assert_int_equal(fake.aborts, 0);
}

/* Hundreds of machines lose their target at once: they do not come back at once. */
static void pauses_are_not_alike(void **state)
{
    unsigned least = 1000, most = 0;

    for (unsigned i = 0; i < 20; i++) {
        set_up_anew(state);
        submit(ISCSI_READ);
        fake.closed = true;
        pump(1);
        forget_what_was_said();
        unsigned pause = wait_for_connect(1000);
        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
        tear_down_session(state);
    }
    assert_in_range(least, 250, 300);
    assert_in_range(most, 330, 380);
    set_up(state);
}

/* However long the target gave us when it asked for a logout. */
static void closing_ends_with_its_deadline(void **state)
{
    (void)state;
    uint8_t header[BHS_LENGTH] = {OP_ASYNC, FLAG_FINAL};
    put_be32(header + BHS_ITT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    header[BHS_ASYNC_EVENT] = 1;
    put_be16(header + BHS_ASYNC_PARAMETER3, 60);
    fake_say(&fake, header, NULL, 0);
    pump(2);
    assert_int_equal(session->state, SESSION_LOGOUT);

    uint64_t began = platform_ticks();
    iscsi_session_close(session, deadline_after_ms(500));
    assert_in_range(milliseconds_since(began), 490, 600);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lost_connection_is_a_delay),
        CASE(closing_ends_with_its_deadline),
        CASE(without_a_task_nothing_is_opened_again),
        CASE(recovery_is_bounded),
        CASE(a_login_that_hangs_holds_nobody_up),
        CASE(a_login_that_hangs_is_tried_again),
        CASE(time2wait_is_honoured_and_bounded),
        CASE(refusals_of_a_target_that_restarts_pass),
        CASE(a_secret_that_is_refused_stays_refused),
        CASE(another_portal_group_waits_for_the_old_session),
        CASE(a_permanent_move_is_forgotten_when_it_leads_nowhere),
        CASE(a_jump_of_statsn_is_forgiven),
        CASE(pauses_are_not_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
