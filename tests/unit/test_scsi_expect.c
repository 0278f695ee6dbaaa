/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that is known from elsewhere, as a crash dump knows it from a table: compared before the first request; and LOGICAL UNIT
 * RESET for whoever wants what others have in flight ended.
 */
#include "tests/unit/scsi_lun.h"

static struct disk known;
static int response; /* to task management; -1: none */
static unsigned answered;

/* Answers each task management function, and lets time pass. */
static void answer_functions(void)
{
    tick();
    if (response < 0 || answered == lun.aborts)
        return;

    answered = lun.aborts;
    uint8_t header[BHS_LENGTH] = {OP_TASK_RESPONSE, FLAG_FINAL, (uint8_t)response};
    put_be32(header + BHS_ITT, session->management.itt);
    put_be32(header + BHS_STATSN, lun.statsn++);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 64);
    fake_say(&fake, header, NULL, 0);
}

static int set_up_known(void **state)
{
    set_up(state);
    assert_int_equal(open_disk(), OK);
    host_idle_hook = answer_functions;
    response = FUNCTION_COMPLETE;
    answered = 0;
    known = *disk;
    return 0;
}

static enum status read_one(void)
{
    return run(DISK_READ, 0, 3000);
}

static void the_disk_that_is_expected_is_used(void **state)
{
    (void)state;
    scsi_disk_expect(scsi, &known);
    assert_true(iscsi_session_doubt(session));
    assert_int_equal(read_one(), OK);
    assert_false(iscsi_session_doubt(session));

    /* By its serial number, where nothing else is known; and one that has grown. */
    known.wwid_length = 0;
    known.block_count--;
    scsi_disk_expect(scsi, &known);
    assert_int_equal(read_one(), OK);
    assert_int_equal(disk->block_count, BLOCKS - 1);
}

static void another_one_is_told_before_the_first_request(void **state)
{
    (void)state;
    const struct disk good = known;
    for (unsigned what = 0; what < 5; what++) {
        known = good;
        known.wwid[1] ^= what == 0;
        known.wwid_type += what == 1;
        known.block_count += what == 2;
        known.block_size <<= what == 3;
        if (what == 4) {
            known.wwid_length = 0;
            known.serial[0] ^= 1;
        }
        assert_int_equal(open_disk(), OK);
        scsi_disk_expect(scsi, &known);
        unsigned before = lun.command_count;
        assert_int_equal(run(DISK_WRITE, 0, 3000), E_DISK_OTHER);
        assert_int_equal(read_one(), E_DISK_OTHER);
        assert_int_equal(lun.command_count, before);
    }
}

/* Attentions that a reset leaves behind are taken by the comparison. */
static void attentions_are_absorbed(void **state)
{
    (void)state;
    lun.attentions[0] = lun.attentions[1] = (struct scsi_sense){.key = 6, .asc = 0x29, .ascq = 3};
    lun.attention_count = 2;
    scsi_disk_expect(scsi, &known);
    assert_int_equal(read_one(), OK);
    assert_int_equal(lun.attention_count, 0);
}

static void a_unit_is_reset(void **state)
{
    (void)state;
    static const uint8_t number[8] = {0, 3};
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(5000)), OK);
    assert_int_equal(lun.aborts, 1);
    const uint8_t *sent = fake.out + fake.out_length - BHS_LENGTH;
    assert_int_equal(sent[BHS_OPCODE] & OP_MASK, OP_TASK_REQUEST);
    assert_int_equal(sent[BHS_FLAGS] & 0x7F, LOGICAL_UNIT_RESET);
    assert_memory_equal(sent + BHS_LUN, number, 8);

    assert_int_equal(read_one(), OK);
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(5000)), OK);
    assert_int_equal(lun.aborts, 2);
}

static void a_refusal_costs_nothing(void **state)
{
    (void)state;
    static const uint8_t number[8];
    response = 5; /* function not supported */
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(5000)), E_ISCSI_TIMEOUT);
    assert_string_equal(failure_detail(E_ISCSI_TIMEOUT), "LOGICAL UNIT RESET: response 05");
    assert_int_equal(read_one(), OK);
    assert_int_equal(session->state, SESSION_FULL);
}

static void a_target_that_does_not_answer_a_reset(void **state)
{
    (void)state;
    static const uint8_t number[8];
    response = -1;
    uint64_t began = platform_ticks();
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(1000)), E_ISCSI_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 1000, 1100);
    assert_string_equal(failure_detail(E_ISCSI_TIMEOUT), "LOGICAL UNIT RESET: no answer");

    fake.closed = true;
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(1000)), E_ISCSI_CLOSED);
}

/* What becomes of one that was given up says nothing of the next: that is sent, and answered. */
static void a_reset_after_one_that_was_given_up(void **state)
{
    (void)state;
    static const uint8_t number[8];
    response = -1;
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(1000)), E_ISCSI_TIMEOUT);
    response = 0;
    assert_int_equal(iscsi_session_reset_unit(session, number, deadline_after_ms(60000)), OK);
    assert_int_equal(lun.aborts, 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_known, tear_down_session)
    const struct CMUnitTest tests[] = {
        CASE(the_disk_that_is_expected_is_used),
        CASE(another_one_is_told_before_the_first_request),
        CASE(attentions_are_absorbed),
        CASE(a_unit_is_reset),
        CASE(a_refusal_costs_nothing),
        CASE(a_target_that_does_not_answer_a_reset),
        CASE(a_reset_after_one_that_was_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
