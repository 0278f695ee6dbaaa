/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a disk on a LUN that answers too little, refuses, is busy, or changes while it is asked (SPC-4, SBC-3, SAM-5). */
#include "tests/unit/scsi_lun.h"

#define EVER  100000u
#define LARGE 0x1FFFFFFFFull /* blocks that want READ CAPACITY(16) */

struct answer_case {
    const char *name;
    uint8_t operation_code;
    uint32_t cut;    /* with `refusal` 0 */
    uint8_t refusal; /* SCSI status */
    uint64_t last;   /* block */
    enum status status;
};

static void what_is_answered_too_short_or_refused(void **state)
{
    static const struct answer_case cases[] = {
        {"SPC-4 6.6.2 INQUIRY of 35 bytes", SCSI_INQUIRY, 35, 0, 99, E_SCSI_SHORT},
        {"SAM-5 5.3.1 INQUIRY, reserved", SCSI_INQUIRY, 0, SCSI_RESERVATION_CONFLICT, 99, E_SCSI_RESERVED},
        {"TEST UNIT READY, reserved", SCSI_TEST_UNIT_READY, 0, SCSI_RESERVATION_CONFLICT, 99, E_SCSI_RESERVED},
        {"SBC-3 5.15.2 READ CAPACITY(10) of 7 bytes", SCSI_READ_CAPACITY_10, 7, 0, 99, E_LUN_SIZE},
        {"READ CAPACITY(10), reserved", SCSI_READ_CAPACITY_10, 0, SCSI_RESERVATION_CONFLICT, 99, E_SCSI_RESERVED},
        {"SBC-3 5.16.2 READ CAPACITY(16) of 11 bytes", SCSI_SERVICE_ACTION_IN_16, 11, 0, LARGE, E_LUN_SIZE},
        {"READ CAPACITY(16), reserved", SCSI_SERVICE_ACTION_IN_16, 0, SCSI_RESERVATION_CONFLICT, LARGE, E_SCSI_RESERVED},
        {"READ CAPACITY(16) of 11 bytes where it is not needed", SCSI_SERVICE_ACTION_IN_16, 11, 0, 99, OK},
        {"READ CAPACITY(16), reserved, where it is not needed", SCSI_SERVICE_ACTION_IN_16, 0, SCSI_RESERVATION_CONFLICT, 99, OK},
        {"REPORT LUNS of 4 bytes", SCSI_REPORT_LUNS, 4, 0, 99, OK},
        {"MODE SENSE of 2 bytes", SCSI_MODE_SENSE_6, 2, 0, 99, OK},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lun.cut_operation_code = cases[i].refusal ? 0 : cases[i].operation_code;
        lun.cut = cases[i].cut;
        lun.refused_operation_code = cases[i].operation_code;
        lun.refusal = cases[i].refusal;
        lun.refusals = cases[i].refusal ? EVER : 0;
        lun.last = cases[i].last;
        print_message("%s\n", cases[i].name);
        assert_int_equal(open_disk(), cases[i].status);
        if (cases[i].status == OK)
            assert_int_equal(disk->block_count, cases[i].last + 1);
    }
}

static void busy_at_first(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    lun.refused_operation_code = SCSI_TEST_UNIT_READY;
    lun.refusal = SCSI_BUSY;
    lun.refusals = 3;
    assert_int_equal(open_disk(), OK);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 3 * SCSI_PAUSE_MS, 4 * SCSI_PAUSE_MS);
}

static void busy_for_ever(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    lun.refused_operation_code = SCSI_TEST_UNIT_READY;
    lun.refusal = SCSI_BUSY;
    lun.refusals = EVER;
    assert_int_equal(open_disk(), E_SCSI_BUSY);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 5000, 5000 + 2 * SCSI_PAUSE_MS);
}

/* What can be done without is given up in time for the rest, whether the LUN is busy with it for ever or forgets it. */
static void what_can_be_done_without_is_given_up(void **state)
{
    static const uint8_t operation_codes[] = {SCSI_REPORT_LUNS, SCSI_SERVICE_ACTION_IN_16, SCSI_MODE_SENSE_6};

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof operation_codes; i++) {
        uint64_t began = platform_ticks();
        bool forgets = i % 2;

        lun.forgotten_operation_code = forgets ? operation_codes[i / 2] : 0;
        lun.refused_operation_code = operation_codes[i / 2];
        lun.refusal = SCSI_BUSY;
        lun.refusals = forgets ? 0 : EVER;
        assert_int_equal(open_disk(), OK);
        assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 0, 2500);
    }
}

/* A LUN that has such a page, and does not say what stands in it, is not opened under a weaker name. */
static void the_name_is_waited_for(void **state)
{
    (void)state;
    lun.busy_page = VPD_DEVICE_ID;
    assert_int_equal(open_disk(), E_SCSI_BUSY);

    lun.busy_page = VPD_SERIAL;
    assert_int_equal(open_disk(), OK);
    assert_string_equal(disk->serial, "");
    lun.no_wwid = true;
    assert_int_equal(open_disk(), E_SCSI_BUSY);

    lun.busy_page = VPD_BLOCK_LIMITS;
    assert_int_equal(open_disk(), OK);
}

/* The list of LUNs is for him alone who has asked for one that is not there; he hears of that also without it. */
static void luns_are_listed_when_one_is_missing(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    assert_int_equal(open_disk(), OK);
    assert_int_equal(lun.lists, 0);

    lun.device_type = 0x7F;
    lun.refused_operation_code = SCSI_REPORT_LUNS;
    lun.refusal = SCSI_BUSY;
    lun.refusals = EVER;
    assert_int_equal(open_disk(), E_LUN_MISSING);
    assert_string_equal(failure_detail(E_LUN_MISSING), "LUN 0; the target has LUN not told");
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), SCSI_PAUSE_MS, 2500);
    assert_true(lun.lists > 0);
}

struct two_answers {
    const char *name;
    uint64_t last, long_last, counts;
};

static void capacities_that_differ(void **state)
{
    static const struct two_answers cases[] = {
        {"SBC-3 5.16 says more", 99, 100, 99},
        {"SBC-3 5.16 says less", 99, 98, 99},
        {"SBC-3 5.16 says nothing that can be", 99, UINT64_MAX, 99},
        {"SBC-3 5.15 says that it does not reach", LARGE, 99, 99},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        lun.last = cases[i].last;
        lun.long_last = cases[i].long_last;
        assert_int_equal(open_disk(), OK);
        assert_int_equal(disk->block_count, cases[i].counts + 1);
    }
}

/* An attention at the very last question: what was learned before it may be another disk's. */
static void a_lun_that_changes_while_it_is_asked(void **state)
{
    (void)state;
    lun.refused_operation_code = SCSI_MODE_SENSE_6;
    lun.refusal = SCSI_CHECK_CONDITION;
    lun.refusals = 1;
    iscsi_session_guard(session);
    assert_int_equal(open_disk(), OK);
    lun.refusals = EVER;
    assert_int_equal(open_disk(), E_SCSI_FAILED);
    assert_string_equal(failure_detail(E_SCSI_FAILED), "the LUN changes as often as it is asked what it is");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

/* An answer to a login that has come in part lies where the disk's do; whoever asks the disk something leaves it alone. */
static void a_login_under_way_keeps_its_text(void **state)
{
    static const uint8_t number[8];
    struct iscsi_task task = {.direction = ISCSI_NO_DATA};

    (void)state;
    assert_int_equal(open_disk(), OK);
    fake.closed = true;
    iscsi_session_submit(session, &task);
    for (unsigned i = 0; i < 2000 && session->state != SESSION_LOGIN; i++) {
        iscsi_session_pump(session);
        fake.closed = session->state == SESSION_FULL;
        tick();
    }
    assert_int_equal(session->state, SESSION_LOGIN);

    uint8_t text[ISCSI_SCRATCH];
    memset(text, 0x5A, sizeof text);
    memcpy(iscsi_session_scratch(session), text, sizeof text);
    assert_int_equal(scsi_disk_open(scsi, session, number, deadline_after_ms(10)), E_ISCSI_TIMEOUT);
    struct disk_request request = request_for(DISK_READ, 0, 0);
    iscsi_session_suspect(session);
    disk_submit(disk, &request);
    disk->ops->pump(disk);
    assert_int_equal(session->state, SESSION_LOGIN);
    assert_memory_equal(iscsi_session_scratch(session), text, sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_answered_too_short_or_refused),
        CASE(busy_at_first),
        CASE(busy_for_ever),
        CASE(the_name_is_waited_for),
        CASE(what_can_be_done_without_is_given_up),
        CASE(luns_are_listed_when_one_is_missing),
        CASE(capacities_that_differ),
        CASE(a_lun_that_changes_while_it_is_asked),
        CASE(a_login_under_way_keeps_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
