/* SPDX-License-Identifier: BSD-2-Clause */
/* Header and data digests in full feature phase (RFC 7143 sections 11.2.3 and 11.2.4): where they stand, and what a bad one does.
 */
#include "tests/unit/session_world.h"

#include "platform/crc32c.h"

#define LENGTH 6001 /* no whole words: there is padding */

static struct iscsi_task task;
static uint8_t buffer[LENGTH + 64], data[LENGTH];
static bool header_digest, data_digest; /* as the target has agreed to them */

static void say_login(bool of_headers, bool of_data)
{
    header_digest = of_headers;
    data_digest = of_data;
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    fake_login(&fake, 0x87, 0,
               of_headers
                   ? of_data ? "InitialR2T=No|HeaderDigest=CRC32C|DataDigest=CRC32C|" : "InitialR2T=No|HeaderDigest=CRC32C|"
               : of_data ? "InitialR2T=No|DataDigest=CRC32C|"
                         : "InitialR2T=No|");
}

static void open_with(bool of_headers, bool of_data)
{
    struct iscsi_settings settings = fake_settings();

    say_login(of_headers, of_data);
    assert_int_equal(open_session(&settings), OK);
    fake.out_length = 0;
    fake.aborts = 0;
}

static void submit(enum iscsi_direction direction)
{
    memset(&task, 0, sizeof task);
    task.direction = direction;
    task.buffer = buffer;
    task.length = LENGTH;
    memset(buffer, 0xEE, sizeof buffer);
    if (direction == ISCSI_WRITE)
        memcpy(buffer, data, LENGTH);
    iscsi_session_submit(session, &task);
    iscsi_session_pump(session);
}

static void put_bytes(const void *bytes, uint32_t length)
{
    memcpy(fake.in + fake.in_length, bytes, length);
    fake.in_length += length;
}

static void put_digest(size_t from)
{
    uint8_t digest[DIGEST_LENGTH];

    put_le32(digest, crc32c_by_table(0, fake.in + from, fake.in_length - from));
    put_bytes(digest, sizeof digest);
}

/* A PDU with `ahs` words of AHS; returns where in the stream it begins. */
static size_t say(uint8_t opcode, uint8_t flags, uint32_t sn, uint32_t offset, uint32_t length, uint8_t ahs)
{
    static const uint8_t words[64] = {0, 8, 1};
    uint8_t header[BHS_LENGTH] = {opcode, flags, [BHS_AHS_LENGTH] = ahs};
    size_t start = fake.in_length;

    put_be24(header + BHS_DATA_LENGTH, length);
    put_be32(header + BHS_ITT, session->slots[task.slot].itt);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, session->expstatsn);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 32);
    put_be32(header + BHS_DATASN, sn);
    put_be32(header + BHS_OFFSET, offset);
    put_bytes(header, sizeof header);
    put_bytes(words, ahs * 4u);
    if (header_digest)
        put_digest(start);

    size_t data_start = fake.in_length;
    put_bytes(data + offset, length);
    put_bytes("\1\2\3", -length & 3); /* whatever padding holds is digested */
    if (data_digest && length)
        put_digest(data_start);
    return start;
}

static void pump(unsigned turns)
{
    while (turns--)
        iscsi_session_pump(session);
}

static void read_in_every_chunking(void **state)
{
    (void)state;
    for (unsigned digests = 0; digests < 4; digests++) {
        for (size_t chunk = 0; chunk < 70; chunk += chunk < 10 ? 1 : 13) {
            fake_reset(&fake);
            open_with(digests & 1, digests & 2);
            fake.chunk = chunk;
            submit(ISCSI_READ);
            pump(100);

            say(OP_DATA_IN, 0x00, 0, 0, 2001, 0);
            say(OP_DATA_IN, 0x80, 1, 2001, LENGTH - 2001, 3);
            say(OP_SCSI_RESPONSE, 0x80, 0, 0, 0, 5); /* without data there is no digest of it */
            pump(20000);

            assert_int_equal(fake.aborts, 0);
            assert_true(task.done);
            assert_int_equal(task.transferred, LENGTH);
            assert_memory_equal(buffer, data, LENGTH);
            assert_int_equal(buffer[LENGTH], 0xEE);
        }
    }
}

/* Which byte of a PDU is changed, counted from its start. */
struct flip {
    const char *name;
    uint32_t at;
    enum status status;
};

static void a_flipped_bit_costs_the_connection_and_nothing_else(void **state)
{
    static const struct flip flips[] = {
        {"opcode", BHS_OPCODE, E_ISCSI_HEADER_DIGEST},
        {"length", BHS_DATA_LENGTH, E_ISCSI_HEADER_DIGEST},
        {"ITT", BHS_ITT, E_ISCSI_HEADER_DIGEST},
        {"offset", BHS_OFFSET + 3, E_ISCSI_HEADER_DIGEST},
        {"AHS", BHS_LENGTH + 5, E_ISCSI_HEADER_DIGEST},
        {"header digest", BHS_LENGTH + 8, E_ISCSI_HEADER_DIGEST},
        {"first byte of data", BHS_LENGTH + 8 + 4, E_ISCSI_DATA_DIGEST},
        {"last byte of data", BHS_LENGTH + 8 + 4 + LENGTH - 1, E_ISCSI_DATA_DIGEST},
        {"padding", BHS_LENGTH + 8 + 4 + LENGTH, E_ISCSI_DATA_DIGEST},
        {"data digest", BHS_LENGTH + 8 + 4 + LENGTH + 3, E_ISCSI_DATA_DIGEST},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof flips / sizeof *flips; i++) {
        print_message("%s\n", flips[i].name);
        fake_reset(&fake);
        open_with(true, true);
        submit(ISCSI_READ);
        fail(OK, "none");
        fake.in[say(OP_DATA_IN, 0x81, 0, 0, LENGTH, 2) + flips[i].at] ^= 0x10;
        pump(1);
        assert_string_not_equal(failure_detail(flips[i].status), "");
        assert_int_equal(fake.aborts, 1);
        assert_false(task.done);

        /* The next connection, and the command once more from its beginning. */
        fake.in_length = fake.in_position = 0;
        say_login(true, true);
        for (unsigned turn = 0; turn < 1000 && session->state != SESSION_FULL; turn++) {
            host_clock_advance_us(10000);
            pump(1);
        }
        pump(2);
        say(OP_DATA_IN, 0x81, 0, 0, LENGTH, 0);
        pump(2);
        assert_true(task.done);
        assert_int_equal(task.status, OK);
        assert_int_equal(task.transferred, LENGTH);
        assert_memory_equal(buffer, data, LENGTH);
    }
}

/* A command whose data never comes whole fails for that reason, and not for its caller's deadline; but a bad line is borne. */
static void data_that_is_bad_again_and_again(void **state)
{
    (void)state;
    open_with(true, true);
    submit(ISCSI_READ);
    for (unsigned i = 0; i < TASK_DIGESTS_MAX && !task.done; i++) {
        say(OP_DATA_IN, 0x81, 0, 0, LENGTH, 0);
        fake.in[fake.in_length - 1] ^= 1;
        pump(1);
        assert_int_equal(fake.aborts, i + 1);
        assert_true(i > 10 || !task.done);

        fake.in_length = fake.in_position = 0;
        say_login(true, true);
        for (unsigned turn = 0; turn < 20000 && session->state != SESSION_FULL && !task.done; turn++) {
            tick();
            pump(1);
        }
        pump(2);
    }
    assert_true(task.done);
    assert_int_equal(task.status, E_ISCSI_DATA_DIGEST);
}

/* What cannot be seen without digests is not: the same flip in data, and the bytes are wrong. Hence digests. */
static void without_digests_nobody_sees_it(void **state)
{
    (void)state;
    open_with(false, false);
    submit(ISCSI_READ);
    fake.in[say(OP_DATA_IN, 0x81, 0, 0, LENGTH, 0) + BHS_LENGTH + 7] ^= 0x10;
    pump(1);
    assert_true(task.done);
    assert_memory_not_equal(buffer, data, LENGTH);
}

/* Takes our PDU at *at apart, and its digests' word for it. Returns its data's length. */
static uint32_t judge_ours(size_t *at, const uint8_t **bytes)
{
    const uint8_t *header = fake.out + *at;
    uint32_t length = get_be24(header + BHS_DATA_LENGTH), padded = (length + 3) & ~3u;

    *at += BHS_LENGTH;
    if (header_digest) {
        assert_int_equal(get_le32(fake.out + *at), crc32c_by_table(0, header, BHS_LENGTH));
        *at += DIGEST_LENGTH;
    }
    *bytes = fake.out + *at;
    *at += padded;
    if (data_digest && length) {
        assert_int_equal(get_le32(fake.out + *at), crc32c_by_table(0, *bytes, padded));
        *at += DIGEST_LENGTH;
    }
    assert_true(*at <= fake.out_length);
    return length;
}

static void what_we_send_carries_them(void **state)
{
    (void)state;
    for (unsigned digests = 0; digests < 4; digests++) {
        for (size_t chunk = 0; chunk < 70; chunk += chunk < 10 ? 1 : 13) {
            size_t at = 0;
            uint32_t sent = 0;

            fake_reset(&fake);
            open_with(digests & 1, digests & 2);
            session->agreed.max_send_segment = 4096;
            fake.chunk = chunk;
            submit(ISCSI_WRITE);
            pump(8000);
            while (at < fake.out_length) {
                const uint8_t *bytes;
                uint32_t length = judge_ours(&at, &bytes);

                assert_memory_equal(bytes, data + sent, length);
                sent += length;
            }
            assert_int_equal(sent, LENGTH);
        }
    }
}

static int set_up(void **state)
{
    for (unsigned i = 0; i < LENGTH; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    return set_up_session(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(read_in_every_chunking),           CASE(a_flipped_bit_costs_the_connection_and_nothing_else),
        CASE(data_that_is_bad_again_and_again), CASE(without_digests_nobody_sees_it),
        CASE(what_we_send_carries_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
