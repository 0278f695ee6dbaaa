/* SPDX-License-Identifier: BSD-2-Clause */
/* Logouts that the target asks for (RFC 7143 section 11.9.1) and ours (11.14, 11.15), and what a session that is over takes. */
#include "tests/unit/session_world.h"

#define LENGTH 512

static struct iscsi_task task;
static uint8_t buffer[LENGTH], data[LENGTH];
static uint8_t opcodes[64]; /* what was heard of us since the login */
static unsigned opcode_count;
static bool deaf; /* no answer to a logout */

static int set_up(void **state)
{
    set_up_session(state);
    open_whole_session();
    deaf = false;
    return 0;
}

/* A PDU that asks for nothing; the number is an ITT, or what else lies there. */
static void say(uint8_t opcode, uint8_t flags, uint32_t itt, uint8_t event, uint16_t seconds, uint32_t length)
{
    uint8_t header[BHS_LENGTH] = {opcode, flags};

    put_be32(header + BHS_ITT, itt);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    if (opcode == OP_ASYNC) {
        header[BHS_ASYNC_EVENT] = event;
        put_be16(header + BHS_ASYNC_PARAMETER3, seconds);
    }
    fake_say(&fake, header, data, length);
}

static void listen_to_us(void)
{
    opcode_count = 0;
    for (const uint8_t *header; opcode_count < 64 && (header = fake_heard(&fake, opcode_count)) != NULL;)
        opcodes[opcode_count++] = header[BHS_OPCODE];
}

static void turns(unsigned milliseconds)
{
    while (milliseconds--) {
        tick();
        iscsi_session_pump(session);
    }
}

static void submit_read(void)
{
    task = (struct iscsi_task){.direction = ISCSI_READ, .buffer = buffer, .length = LENGTH};
    iscsi_session_submit(session, &task);
    iscsi_session_pump(session);
}

struct event {
    const char *name;
    uint8_t number;
};

/* The command that was under way is issued again in the session after it. */
static void a_logout_that_is_asked_for(void **state)
{
    static const struct event cases[] = {{"11.9.1 logout", 1}, {"11.9.1 negotiate anew", 4}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        if (i) {
            tear_down_session(state);
            set_up(state);
        }
        submit_read();
        say(OP_ASYNC, FLAG_FINAL, RESERVED_TAG, cases[i].number, 3, 0);
        turns(2);
        listen_to_us();
        assert_int_equal(opcode_count, 2);
        assert_int_equal(opcodes[1], OP_LOGOUT | OP_IMMEDIATE);
        assert_int_equal(fake_heard(&fake, 1)[BHS_FLAGS], FLAG_FINAL); /* reason 0: the session is closed */
        assert_int_equal(get_be32(fake_heard(&fake, 1) + BHS_ITT), ITT_LOGOUT);
        assert_int_equal(get_be32(fake_heard(&fake, 1) + BHS_EXPSTATSN), session->expstatsn);
        assert_int_equal(fake.aborts, 0);

        /* Nothing follows a logout, not even a command that comes now. */
        struct iscsi_task later = {.direction = ISCSI_READ, .buffer = buffer, .length = LENGTH};
        iscsi_session_submit(session, &later);
        turns(100);
        listen_to_us();
        assert_int_equal(opcode_count, 2);

        say(OP_LOGOUT_RESPONSE, FLAG_FINAL, ITT_LOGOUT, 0, 0, 0);
        turns(1);
        assert_string_equal(failure_detail(E_ISCSI_LOGOUT), "logged out, response 0");
        assert_int_equal(fake.aborts, 1);

        fake_login_whole(&fake);
        for (unsigned turn = 0; turn < 20000 && session->state != SESSION_FULL; i++)
            turns(1);
        turns(2);
        assert_int_equal(fake.connects, 2);
        say(OP_DATA_IN, FLAG_FINAL | FLAG_STATUS, session->slots[task.slot].itt, 0, 0, LENGTH);
        say(OP_DATA_IN, FLAG_FINAL | FLAG_STATUS, session->slots[later.slot].itt, 0, 0, LENGTH);
        put_be32(fake.in + fake.in_length - BHS_LENGTH - LENGTH + BHS_STATSN, session->expstatsn + 1);
        turns(2);
        assert_true(task.done && later.done);
        assert_int_equal(task.status, OK);
    }
}

/* A PDU that asks for data of the task: an R2T. */
static void ask_for_data(uint32_t offset, uint32_t length)
{
    say(OP_R2T, FLAG_FINAL, session->slots[task.slot].itt, 0, 0, 0);
    uint8_t *header = fake.in + fake.in_length - BHS_LENGTH;
    put_be32(header + BHS_TTT, 5);
    put_be32(header + BHS_OFFSET, offset);
    put_be32(header + BHS_RESIDUAL, length);
}

/*
 * Section 11.14: nothing follows a logout, no data either, whether it was asked for before or is asked for behind it. A burst
 * that was begun is not gone on with, and what is within a PDU goes out whole.
 */
static void no_data_follows_a_logout(void **state)
{
    static uint8_t much[64 * 1024];

    for (unsigned asked_before = 0; asked_before < 2; asked_before++) {
        tear_down_session(state);
        set_up(state);
        fake.chunk = 700; /* the burst takes some turns */
        task = (struct iscsi_task){.direction = ISCSI_WRITE, .buffer = much, .length = sizeof much};
        iscsi_session_submit(session, &task);
        turns(50);
        if (asked_before) {
            ask_for_data(8192, 16384);
            turns(2);
        }
        say(OP_ASYNC, FLAG_FINAL, RESERVED_TAG, 1, 3, 0);
        turns(100);
        assert_int_equal(session->state, SESSION_LOGOUT);
        listen_to_us();
        assert_int_equal(opcodes[opcode_count - 1], OP_LOGOUT | OP_IMMEDIATE);
        assert_int_equal(opcode_count, asked_before ? 4 : 3);

        if (!asked_before)
            ask_for_data(8192, 16384);
        struct iscsi_task later = {.direction = ISCSI_READ, .buffer = buffer, .length = LENGTH};
        iscsi_session_submit(session, &later);
        unsigned heard = opcode_count;
        turns(500);
        listen_to_us();
        assert_int_equal(opcode_count, heard);
        assert_int_equal(fake.aborts, 0);
        iscsi_session_cancel(session, &later);
        iscsi_session_cancel(session, &task);
    }
}

/* The time that it gave (Parameter3) and a second: then the connection is dropped. */
static void a_logout_without_an_answer(void **state)
{
    (void)state;
    submit_read();
    say(OP_ASYNC, FLAG_FINAL, RESERVED_TAG, 1, 3, 0);
    turns(3900);
    assert_int_equal(fake.aborts, 0);
    turns(200);
    assert_int_equal(fake.aborts, 1);
    assert_string_equal(failure_detail(E_ISCSI_LOGOUT), "no answer to our logout");
    iscsi_session_cancel(session, &task);
}

static void a_logout_response_for_another_tag(void **state)
{
    (void)state;
    submit_read();
    say(OP_ASYNC, FLAG_FINAL, RESERVED_TAG, 1, 3, 0);
    turns(2);
    say(OP_LOGOUT_RESPONSE, FLAG_FINAL, ITT_LOGOUT + 1, 0, 0, 0);
    turns(1);
    assert_non_null(strstr(failure_detail(E_ISCSI_TAG), "a logout response for ITT"));
    assert_int_equal(fake.aborts, 1);
    iscsi_session_cancel(session, &task);
}

/* 248 to 255 are the vendors', and 5 to 247 nobody's yet. */
static void events_that_mean_nothing_to_us(void **state)
{
    static const uint8_t events[] = {5, 247, 248, 255};

    (void)state;
    submit_read();
    for (unsigned i = 0; i < sizeof events; i++) {
        say(OP_ASYNC, FLAG_FINAL, RESERVED_TAG, events[i], 3, 0);
        turns(1);
    }
    listen_to_us();
    assert_int_equal(opcode_count, 1);
    say(OP_DATA_IN, FLAG_FINAL | FLAG_STATUS, session->slots[task.slot].itt, 0, 0, LENGTH);
    turns(1);
    assert_int_equal(fake.aborts, 0);
    assert_true(task.done);
}

/* A NOP-In without a TTT wants no answer: section 11.19. */
static void a_ping_that_wants_no_answer(void **state)
{
    (void)state;
    say(OP_NOP_IN, FLAG_FINAL, RESERVED_TAG, 0, 0, 0);
    turns(2);
    assert_int_equal(fake.out_length, 0);
    assert_int_equal(fake.aborts, 0);
}

/* ---- ours ---- */

static void answer_logout(struct stream *stream)
{
    (void)stream;
    listen_to_us();
    if (!deaf && opcode_count && opcodes[opcode_count - 1] == (OP_LOGOUT | OP_IMMEDIATE)) {
        deaf = true;
        say(OP_LOGOUT_RESPONSE, FLAG_FINAL, ITT_LOGOUT, 0, 0, 0);
    }
}

static void closing_logs_out(void **state)
{
    struct stream_ops operations = *fake.stream.ops;
    uint64_t began = platform_ticks();

    (void)state;
    operations.pump = answer_logout;
    fake.stream.ops = &operations;
    iscsi_session_close(session, deadline_after_ms(5000));
    listen_to_us();
    assert_int_equal(opcode_count, 1);
    assert_int_equal(opcodes[0], OP_LOGOUT | OP_IMMEDIATE);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 0, 100);
}

static void a_session_that_is_over_takes_nothing(void **state)
{
    (void)state;
    deaf = fake.closed = true;
    iscsi_session_close(session, deadline_after_ms(10));
    submit_read();
    assert_true(task.done);
    assert_int_equal(task.status, E_ISCSI_CLOSED);
    assert_int_equal(fake.connects, 1);
}

/* ---- settings ---- */

static void a_session_needs_both_names(void **state)
{
    struct iscsi_settings settings = fake_settings();

    (void)state;
    settings.initiator_name[0] = 0;
    assert_int_equal(open_session(&settings), E_LOGIN_NAME);
    settings = fake_settings();
    settings.target_name[0] = 0;
    assert_int_equal(open_session(&settings), E_LOGIN_NAME);
    assert_int_equal(fake.connects, 1); /* that of the set-up */
}

/* Section 11.12.5: type 2, and random. */
static void a_session_without_an_isid_makes_one(void **state)
{
    struct iscsi_settings settings = fake_settings();

    (void)state;
    memset(settings.isid, 0, sizeof settings.isid);
    assert_int_equal(open_session(&settings), E_LOGIN_TIMEOUT); /* nothing answers; what it asked is of interest */
    const uint8_t *isid = fake_heard(&fake, 0) + BHS_ISID;
    assert_int_equal(isid[0], 0x80);
    assert_memory_not_equal(isid + 1, "\0\0\0\0\0", 5);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_logout_that_is_asked_for),
        CASE(no_data_follows_a_logout),
        CASE(a_logout_without_an_answer),
        CASE(a_logout_response_for_another_tag),
        CASE(events_that_mean_nothing_to_us),
        CASE(a_ping_that_wants_no_answer),
        CASE(closing_logs_out),
        CASE(a_session_that_is_over_takes_nothing),
        CASE(a_session_needs_both_names),
        CASE(a_session_without_an_isid_makes_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
