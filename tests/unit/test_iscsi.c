/* SPDX-License-Identifier: BSD-2-Clause */
/* Full feature phase against a scripted target: RFC 7143 sections 11.3 to 11.19. */
#include "tests/unit/session_world.h"

#define LENGTH 12288

static struct iscsi_task task;
static uint8_t buffer[LENGTH + 64], data[LENGTH];

static void log_in(void)
{
    fake_reset(&fake);
    open_whole_session();
}

static int set_up(void **state)
{
    set_up_session(state);
    for (unsigned i = 0; i < LENGTH; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    log_in();
    return 0;
}

static void submit(enum iscsi_direction direction)
{
    memset(&task, 0, sizeof task);
    task.direction = direction;
    task.buffer = buffer;
    task.length = direction == ISCSI_NO_DATA ? 0 : LENGTH;
    memset(buffer, 0xEE, sizeof buffer);
    iscsi_session_submit(session, &task);
    iscsi_session_pump(session);
}

/* A PDU's fields as a test writes them down. */
struct pdu {
    uint8_t opcode, flags, response, status;
    uint32_t tag_change; /* added to the task's ITT */
    uint32_t ttt, sn, offset, residual, length;
};

static void say(const struct pdu *pdu, const void *bytes)
{
    uint8_t header[BHS_LENGTH] = {pdu->opcode, pdu->flags, pdu->response, pdu->status};

    put_be32(header + BHS_ITT, session->slots[task.slot].itt + pdu->tag_change);
    put_be32(header + BHS_TTT, pdu->ttt);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    put_be32(header + BHS_DATASN, pdu->sn);
    put_be32(header + BHS_OFFSET, pdu->offset);
    put_be32(header + BHS_RESIDUAL, pdu->residual);
    fake_say(&fake, header, bytes, pdu->length);
}

static void pump(unsigned turns)
{
    while (turns--)
        iscsi_session_pump(session);
}

static void read_in_every_chunking(void **state)
{
    (void)state;
    for (size_t chunk = 0; chunk < 200; chunk += 13) {
        log_in();
        fake.chunk = chunk;
        submit(ISCSI_READ);
        pump(100);
        say(&(struct pdu){OP_DATA_IN, 0x00, 0, 0, 0, RESERVED_TAG, 0, 0, 0, 5001}, data);
        say(&(struct pdu){OP_DATA_IN, 0x81, 0, 0, 0, RESERVED_TAG, 1, 5001, 0, LENGTH - 5001}, data + 5001);
        pump(20000);

        assert_true(task.done);
        assert_int_equal(task.status, OK);
        assert_int_equal(task.transferred, LENGTH);
        assert_memory_equal(buffer, data, LENGTH);
        assert_int_equal(buffer[LENGTH], 0xEE);
    }
}

struct hostile_pdu {
    const char *name;
    enum iscsi_direction direction;
    struct pdu pdu;
    enum status status;
};

static void hostile_pdus(void **state)
{
    static const struct hostile_pdu cases[] = {
        {"11.7.5 data beyond the end", ISCSI_READ, {OP_DATA_IN, 0, 0, 0, 0, RESERVED_TAG, 0, 0, 0, LENGTH + 4}, E_ISCSI_DATA_IN},
        {"11.7.5 offset that wraps", ISCSI_READ, {OP_DATA_IN, 0, 0, 0, 0, RESERVED_TAG, 0, 0xFFFFFFF0, 0, 64}, E_ISCSI_DATA_IN},
        {"13.18 a gap", ISCSI_READ, {OP_DATA_IN, 0, 0, 0, 0, RESERVED_TAG, 0, 512, 0, 512}, E_ISCSI_DATA_IN},
        {"11.7.5 DataSN skipped", ISCSI_READ, {OP_DATA_IN, 0, 0, 0, 0, RESERVED_TAG, 1, 0, 0, 512}, E_ISCSI_SEQUENCE},
        {"11.2.1.8 stale ITT", ISCSI_READ, {OP_DATA_IN, 0, 0, 0, 0xFFFFFF00, RESERVED_TAG, 0, 0, 0, 512}, E_ISCSI_TAG},
        {"11.2.1.8 ITT of no slot", ISCSI_READ, {OP_SCSI_RESPONSE, 0x80, 0, 0, 0x80, 0, 0, 0, 0, 0}, E_ISCSI_TAG},
        {"11.7 data for a write", ISCSI_WRITE, {OP_DATA_IN, 0, 0, 0, 0, RESERVED_TAG, 0, 0, 0, 512}, E_ISCSI_TAG},
        {"11.7.3 status without F", ISCSI_READ, {OP_DATA_IN, 0x01, 0, 0, 0, RESERVED_TAG, 0, 0, 0, 512}, E_ISCSI_RESPONSE},
        {"11.4.5 O and U", ISCSI_READ, {OP_SCSI_RESPONSE, 0x86, 0, 0, 0, 0, 0, 0, 512, 0}, E_ISCSI_RESPONSE},
        {"11.4.5 residual beyond the length",
         ISCSI_READ,
         {OP_SCSI_RESPONSE, 0x82, 0, 0, 0, 0, 0, 0, LENGTH + 1, 0},
         E_ISCSI_RESPONSE},
        {"11.4.7 sense longer than its segment", ISCSI_READ, {OP_SCSI_RESPONSE, 0x80, 0, 2, 0, 0, 0, 0, 0, 16}, E_ISCSI_RESPONSE},
        {"11.8 R2T for a read", ISCSI_READ, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 0, 512, 0}, E_ISCSI_TAG},
        {"11.8 R2T beyond the end", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 8192, 8192, 0}, E_ISCSI_R2T},
        {"11.8 R2T that wraps", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 0xFFFFF000, 8192, 0}, E_ISCSI_R2T},
        {"11.8 R2T of nothing", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 8192, 0, 0}, E_ISCSI_R2T},
        {"13.13 R2T above MaxBurstLength", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 0, 16385, 0}, E_ISCSI_R2T},
        {"11.8 R2T without TTT", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, RESERVED_TAG, 0, 8192, 4096, 0}, E_ISCSI_R2T},
        {"11.8.4 R2TSN skipped", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 1, 8192, 4096, 0}, E_ISCSI_SEQUENCE},
        {"11.8 R2T with a gap", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 10240, 2048, 0}, E_ISCSI_R2T},
        {"11.8 R2T for what was sent", ISCSI_WRITE, {OP_R2T, 0x80, 0, 0, 0, 5, 0, 0, 4096, 0}, E_ISCSI_R2T},
        {"11.17 Reject", ISCSI_READ, {OP_REJECT, 0x80, 4, 0, 0, 0, 0, 0, 0, 48}, E_ISCSI_REJECT},
        {"11.9 drop announced", ISCSI_READ, {OP_ASYNC, 0x80, 0, 0, 0, 0, 0x02000000, 0, 0, 0}, E_ISCSI_DROPPED},
        {"11.15 logout response unasked", ISCSI_READ, {OP_LOGOUT_RESPONSE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, E_ISCSI_TAG},
        {"11.19 answer to no ping", ISCSI_READ, {OP_NOP_IN, 0x80, 0, 0, 0, RESERVED_TAG, 0, 0, 0, 0}, E_ISCSI_TAG},
        {"unknown opcode", ISCSI_READ, {0x2A, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, E_ISCSI_OPCODE},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static uint8_t bytes[LENGTH + 64];

        log_in();
        submit(cases[i].direction);

        print_message("%s\n", cases[i].name);
        memset(bytes, 0xFF, sizeof bytes);
        fail(OK, "none");
        say(&cases[i].pdu, bytes);
        pump(1);

        assert_string_not_equal(failure_detail(cases[i].status), "");
        /* The connection goes, the task waits for the next. */
        assert_int_equal(fake.aborts, 1);
        assert_false(task.done);
        assert_int_equal(buffer[LENGTH], 0xEE);
        iscsi_session_cancel(session, &task);
        assert_true(task.done);
    }
}

static void segment_above_our_limit(void **state)
{
    uint8_t header[BHS_LENGTH] = {OP_NOP_IN, 0x80};

    (void)state;
    submit(ISCSI_READ);
    put_be24(header + BHS_DATA_LENGTH, OUR_MAX_RECV_SEGMENT + 1);
    memcpy(fake.in + fake.in_length, header, sizeof header);
    fake.in_length += sizeof header;
    pump(1);
    assert_string_not_equal(failure_detail(E_ISCSI_SEGMENT), "");
}

static void underflow_takes_bytes_off(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    say(&(struct pdu){OP_DATA_IN, 0x83, 0, 0, 0, RESERVED_TAG, 0, 0, LENGTH - 512, 512}, data);
    pump(1);
    assert_true(task.done);
    assert_int_equal(task.transferred, 512);

    /* GOOD without a residual, but not all data: no more is believed than came. */
    submit(ISCSI_READ);
    say(&(struct pdu){OP_DATA_IN, 0x81, 0, 0, 0, RESERVED_TAG, 0, 0, 0, 512}, data);
    pump(1);
    assert_int_equal(task.transferred, 512);
}

static void sense_data(void **state)
{
    static const uint8_t sense[] = {0, 18, 0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0x01, 0, 0, 0, 0};

    (void)state;
    submit(ISCSI_READ);
    say(&(struct pdu){OP_SCSI_RESPONSE, 0x82, 0, 2, 0, 0, 0, 0, LENGTH, sizeof sense}, sense);
    pump(1);
    assert_true(task.done);
    assert_int_equal(task.scsi_status, 2);
    assert_int_equal(task.transferred, 0);
    assert_int_equal(task.sense_length, 18);
    assert_memory_equal(task.sense, sense + 2, 18);
}

/* ImmediateData, FirstBurstLength 8192, segments of 4096; then R2T for the rest. */
static void write_phases(void **state)
{
    (void)state;
    submit(ISCSI_WRITE);
    const uint8_t *command = fake_heard(&fake, 0), *first = fake_heard(&fake, 1);
    assert_int_equal(command[BHS_FLAGS], FLAG_WRITE | ATTRIBUTE_SIMPLE);
    assert_int_equal(get_be24(command + BHS_DATA_LENGTH), 4096);
    assert_int_equal(first[BHS_OPCODE], OP_DATA_OUT);
    assert_int_equal(first[BHS_FLAGS], FLAG_FINAL);
    assert_int_equal(get_be32(first + BHS_TTT), RESERVED_TAG);
    assert_int_equal(get_be32(first + BHS_OFFSET), 4096);
    assert_null(fake_heard(&fake, 2));

    say(&(struct pdu){OP_R2T, 0x80, 0, 0, 0, 77, 0, 8192, 4096, 0}, NULL);
    pump(1);
    const uint8_t *second = fake_heard(&fake, 2);
    assert_int_equal(get_be32(second + BHS_TTT), 77);
    assert_int_equal(get_be32(second + BHS_OFFSET), 8192);
    assert_int_equal(second[BHS_FLAGS], FLAG_FINAL);

    /* The stream still holds a byte of the buffer: the task is not done before it is acknowledged. */
    fake.unsent = 1;
    say(&(struct pdu){OP_SCSI_RESPONSE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, NULL);
    pump(3);
    assert_false(task.done);
    fake.unsent = 0;
    pump(1);
    assert_true(task.done);
    assert_int_equal(task.transferred, LENGTH);
}

/* Section 13.17: the unsolicited data is no R2T's, so that one may come while that is still being sent. It waits behind. */
static void r2t_while_unsolicited_data_is_under_way(void **state)
{
    (void)state;
    fake.chunk = 500;
    submit(ISCSI_WRITE);
    say(&(struct pdu){OP_R2T, 0x80, 0, 0, 0, 77, 0, 8192, 4096, 0}, NULL);
    pump(1000);
    assert_int_equal(fake.aborts, 0);
    assert_int_equal(get_be32(fake_heard(&fake, 1) + BHS_TTT), RESERVED_TAG);
    assert_int_equal(get_be32(fake_heard(&fake, 1) + BHS_OFFSET), 4096);
    const uint8_t *second = fake_heard(&fake, 2);
    assert_int_equal(get_be32(second + BHS_TTT), 77);
    assert_int_equal(get_be32(second + BHS_OFFSET), 8192);
    assert_int_equal(get_be32(second + BHS_DATASN), 0);
    assert_int_equal(second[BHS_FLAGS], FLAG_FINAL);

    say(&(struct pdu){OP_SCSI_RESPONSE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, NULL);
    pump(200);
    assert_true(task.done);
    assert_int_equal(task.transferred, LENGTH);
}

/* GOOD before every byte was asked for: what counts is what has moved. */
static void write_that_is_good_too_early(void **state)
{
    (void)state;
    submit(ISCSI_WRITE);
    say(&(struct pdu){OP_SCSI_RESPONSE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, NULL);
    pump(2);
    assert_true(task.done);
    assert_int_equal(task.transferred, 8192);
}

/* The stream still holds a byte of it when the connection ends: it was answered, and is not issued again. */
static void an_answer_counts_when_the_connection_is_lost_behind_it(void **state)
{
    (void)state;
    submit(ISCSI_WRITE);
    fake.unsent = 1;
    say(&(struct pdu){OP_SCSI_RESPONSE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, NULL);
    pump(3);
    assert_false(task.done);
    fake.closed = true;
    pump(1);
    assert_true(task.done);
    assert_int_equal(task.status, OK);
    assert_int_equal(task.transferred, 8192);
    assert_int_equal(fake.aborts, 1);
}

/* RFC 7143 section 4.2.2.1: a MaxCmdSN below ExpCmdSN - 1 is ignored, and ExpCmdSN with it. */
static void a_window_that_cannot_be(void **state)
{
    (void)state;
    uint32_t expected = session->expcmdsn, most = session->maxcmdsn;
    uint8_t header[BHS_LENGTH] = {OP_NOP_IN, 0x80};
    put_be32(header + BHS_ITT, RESERVED_TAG);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, most + 100);
    put_be32(header + BHS_MAXCMDSN, most + 98);
    fake_say(&fake, header, NULL, 0);
    pump(1);
    assert_int_equal(session->expcmdsn, expected);
    assert_int_equal(session->maxcmdsn, most);

    put_be32(header + BHS_MAXCMDSN, most + 99);
    fake_say(&fake, header, NULL, 0);
    pump(1);
    assert_int_equal(session->expcmdsn, most + 100);
    assert_int_equal(session->maxcmdsn, most + 99);
}

static void overflow_is_told(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    say(&(struct pdu){OP_DATA_IN, 0x85, 0, 0, 0, RESERVED_TAG, 0, 0, 512, LENGTH}, data);
    pump(1);
    assert_true(task.done);
    assert_true(task.overflow);
}

/* The same fault again and again is no way to spend two minutes: the task ends with it, the others go on. */
static void a_fault_that_repeats_fails_its_task(void **state)
{
    (void)state;
    submit(ISCSI_WRITE);
    for (unsigned i = 1; i <= 4; i++) {
        say(&(struct pdu){OP_R2T, 0x80, 0, 0, 0, 77, 0, 10240, 512, 0}, NULL); /* a gap of 2 KiB */
        pump(1);
        assert_int_equal(fake.aborts, i);
        assert_int_equal(task.done, i == 4);

        fake.in_length = fake.in_position = 0;
        fake_login_whole(&fake);
        for (unsigned turn = 0; turn < 20000 && session->state != SESSION_FULL; turn++) {
            tick();
            pump(1);
        }
        pump(1);
    }
    assert_int_equal(task.status, E_ISCSI_R2T);
}

static void ping_is_answered(void **state)
{
    uint8_t header[BHS_LENGTH] = {OP_NOP_IN, 0x80};

    (void)state;
    header[BHS_LUN + 1] = 3;
    put_be32(header + BHS_ITT, RESERVED_TAG);
    put_be32(header + BHS_TTT, 0x1234);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_MAXCMDSN, 64);
    fake_say(&fake, header, NULL, 0);
    pump(1);

    assert_int_equal(fake_heard(&fake, 0)[BHS_OPCODE], OP_NOP_OUT | OP_IMMEDIATE);
    assert_int_equal(get_be32(fake_heard(&fake, 0) + BHS_ITT), RESERVED_TAG);
    assert_int_equal(get_be32(fake_heard(&fake, 0) + BHS_TTT), 0x1234);
    assert_int_equal(fake_heard(&fake, 0)[BHS_LUN + 1], 3);
    assert_int_equal(get_be32(fake_heard(&fake, 0) + BHS_EXPSTATSN), get_be32(header + BHS_STATSN));
}

/* An event in place of a UNIT ATTENTION, for who has asked to be told. */
static void an_asynchronous_scsi_event_is_a_doubt(void **state)
{
    uint8_t header[BHS_LENGTH] = {OP_ASYNC, 0x80};

    (void)state;
    for (unsigned guarded = 0; guarded < 2; guarded++) {
        put_be32(header + BHS_STATSN, session->expstatsn);
        fake_say(&fake, header, NULL, 0);
        pump(1);
        assert_int_equal(iscsi_session_doubt(session) != 0, guarded);
        iscsi_session_guard(session);
    }
    uint32_t doubt = iscsi_session_doubt(session);
    iscsi_session_trust(session, doubt - 1);
    assert_int_equal(iscsi_session_doubt(session), doubt);
    iscsi_session_trust(session, doubt);
    assert_int_equal(iscsi_session_doubt(session), 0);
    assert_int_equal(fake.aborts, 0);
}

static void more_pings_than_there_are_places(void **state)
{
    uint8_t header[BHS_LENGTH] = {OP_NOP_IN, 0x80};

    (void)state;
    put_be32(header + BHS_ITT, RESERVED_TAG);
    put_be32(header + BHS_MAXCMDSN, 64);
    for (unsigned i = 0; i < 20; i++) {
        put_be32(header + BHS_TTT, i);
        fake_say(&fake, header, NULL, 0);
    }
    pump(10);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(get_be32(fake_heard(&fake, i) + BHS_TTT), i);
    assert_int_equal(fake.aborts, 0);
}

static void a_pause_is_forgiven(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    host_clock_advance_us(3600ull * 1000 * 1000);
    pump(1);
    assert_int_equal(fake.aborts, 0);

    say(&(struct pdu){OP_DATA_IN, 0x81, 0, 0, 0, RESERVED_TAG, 0, 0, 0, LENGTH}, data);
    pump(1);
    assert_true(task.done);
}

static void a_pause_before_a_command_is_forgiven(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    say(&(struct pdu){OP_DATA_IN, 0x81, 0, 0, 0, RESERVED_TAG, 0, 0, 0, LENGTH}, data);
    pump(1);
    assert_true(task.done);

    host_clock_advance_us(3600ull * 1000 * 1000);
    fake.out_length = 0;
    submit(ISCSI_READ);
    pump(1);
    assert_int_equal(fake.aborts, 0);
    assert_int_equal(fake_heard(&fake, 0)[BHS_OPCODE], OP_SCSI_COMMAND);
    assert_int_equal(fake.out_length, BHS_LENGTH);
}

static void silence_is_pinged_and_then_given_up(void **state)
{
    (void)state;
    submit(ISCSI_READ);
    for (unsigned i = 0; i < 14000; i++) {
        tick();
        pump(1);
    }
    assert_int_equal(fake_heard(&fake, 1)[BHS_OPCODE], OP_NOP_OUT | OP_IMMEDIATE);
    assert_int_equal(fake.aborts, 0);

    for (unsigned i = 0; i < 1500; i++) {
        tick();
        pump(1);
    }
    assert_true(fake.aborts > 0);
    iscsi_session_cancel(session, &task);
}

static void window_holds_commands_back(void **state)
{
    static struct iscsi_task many[80];
    unsigned sent = 0;

    (void)state;
    for (unsigned i = 0; i < 80; i++)
        iscsi_session_submit(session, &many[i]);
    pump(3);
    while (fake_heard(&fake, sent))
        sent++;
    assert_int_equal(sent, session->slot_count);

    iscsi_session_close(session, deadline_after_ms(100));
    for (unsigned i = 0; i < 80; i++)
        assert_int_equal(many[i].status, E_ISCSI_CLOSED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(read_in_every_chunking),
        CASE(hostile_pdus),
        CASE(segment_above_our_limit),
        CASE(underflow_takes_bytes_off),
        CASE(sense_data),
        CASE(write_phases),
        CASE(r2t_while_unsolicited_data_is_under_way),
        CASE(write_that_is_good_too_early),
        CASE(an_answer_counts_when_the_connection_is_lost_behind_it),
        CASE(a_window_that_cannot_be),
        CASE(overflow_is_told),
        CASE(a_fault_that_repeats_fails_its_task),
        CASE(ping_is_answered),
        CASE(an_asynchronous_scsi_event_is_a_doubt),
        CASE(more_pings_than_there_are_places),
        CASE(a_pause_is_forgiven),
        CASE(a_pause_before_a_command_is_forgiven),
        CASE(silence_is_pinged_and_then_given_up),
        CASE(window_holds_commands_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
