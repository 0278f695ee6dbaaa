/* SPDX-License-Identifier: BSD-2-Clause */
/* The SCSI disk against a scripted LUN: what it finds out when it is opened, and requests that go well, badly, late or never. */
#include "tests/unit/scsi_lun.h"

#include "iscsi/lun.h"

/* ---- opening ---- */

static void what_the_lun_says_of_itself(void **state)
{
    (void)state;
    lun.max_transfer_length = 64;
    assert_int_equal(open_disk(), OK);

    assert_int_equal(disk->block_count, BLOCKS);
    assert_int_equal(disk->block_size, 512);
    assert_int_equal(disk->physical_block_size, 4096);
    assert_int_equal(disk->lowest_aligned_lba, 7);
    assert_int_equal(disk->max_blocks, 64);
    assert_string_equal(disk->vendor, "SANSTRAP");
    assert_string_equal(disk->product, "UNIT DISK");
    assert_string_equal(disk->serial, "U001");
    assert_int_equal(disk->wwid_length, 8);
    assert_int_equal(disk->wwid_type, 3);
    assert_false(disk->read_only);
}

static const uint8_t reported[][8] = {
    {0},
    {0, 1},
    {0, 0x10},                                        /* 16 */
    {0x41, 0x00},                                     /* 256, flat space addressing */
    {0x40, 0x05, 0x00, 0x02},                         /* two levels */
    {0xC1, 0x01},                                     /* well known: REPORT LUNS itself */
    {0x47, 0x52, 0x3A, 0x4F, 0x6B, 0x7E, 0x2F, 0x99}, /* four levels */
};

/* What the detail of S604 lists can be typed into lun= as it stands. */
static void luns_listed_are_luns_to_be_typed(void **state)
{
    (void)state;
    memcpy(lun.list, reported, sizeof reported);
    lun.list_count = sizeof reported / sizeof *reported;
    lun.device_type = 0x7F;
    assert_int_equal(open_disk(), E_LUN_MISSING);
    assert_string_equal(failure_detail(E_LUN_MISSING), "LUN 0; the target has LUN 0 1 10 4100 4005-2 4752-3a4f-6b7e-2f99");

    const char *at = strstr(failure_detail(E_LUN_MISSING), "has LUN ") + strlen("has LUN ");
    for (unsigned i = 0; i < lun.list_count; i++) {
        if (reported[i][0] == 0xC1)
            continue;

        uint8_t typed[8];
        size_t length = strcspn(at, " "), wrong;
        assert_true(length > 0);
        assert_true(lun_parse(at, length, typed, &wrong));
        assert_memory_equal(typed, reported[i], 8);
        at += length + (at[length] == ' ');
    }
}

/* As many as there is room for, none of them cut. */
static void more_luns_than_can_be_listed(void **state)
{
    static const uint8_t longest[8] = {0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88};

    (void)state;
    lun.device_type = 0x7F;
    for (unsigned count = 1; count <= 32; count++) {
        lun.list_count = count;
        memcpy(lun.list[count - 1], longest, 8);
        lun.list[0][7] = (uint8_t)(count % 2); /* the lengths before the cut differ */
        assert_int_equal(open_disk(), E_LUN_MISSING);

        const char *detail = failure_detail(E_LUN_MISSING), *list = strstr(detail, "has LUN ") + strlen("has LUN ");
        const char *last = strrchr(detail, ' ') + 1;
        assert_true(strlen(detail) < 191); /* not cut by fail() either */
        if (count < 5)
            assert_int_equal(strlen(list), count * 20 - 1);
        else if (count > 6)
            assert_string_equal(last, "...");
        if (strcmp(last, "...") != 0)
            assert_int_equal(strlen(last), 19);
    }
}

static void a_target_that_lists_no_luns(void **state)
{
    (void)state;
    lun.list_count = 0;
    lun.device_type = 0x7F;
    assert_int_equal(open_disk(), E_LUN_MISSING);
    assert_string_equal(failure_detail(E_LUN_MISSING), "LUN 0; the target has LUN none");
}

static void write_protected_lun(void **state)
{
    (void)state;
    lun.mode = 0x80;
    assert_int_equal(open_disk(), OK);
    assert_int_equal(run(DISK_WRITE, 0, 1000), E_DISK_READ_ONLY);
    assert_int_equal(lun.command_count, 0);
}

static void luns_that_are_no_disk(void **state)
{
    (void)state;
    lun.device_type = 0x05;
    assert_int_equal(open_disk(), E_LUN_TYPE);
    lun.device_type = 0x7F;
    assert_int_equal(open_disk(), E_LUN_MISSING);
    lun.device_type = 0;
    lun.last = UINT64_MAX;
    assert_int_equal(open_disk(), E_LUN_SIZE);
}

static void blocks_beyond_32_bits(void **state)
{
    static const uint64_t edge = 0xFFFFFFFFu;

    (void)state;
    lun.last = 0x1FFFFFFFFFull;
    assert_int_equal(open_disk(), OK);
    assert_int_equal(disk->block_count, 0x2000000000ull);
    assert_int_equal(run(DISK_READ, edge - 8, 1000), OK);
    assert_int_equal(run(DISK_READ, edge - 7, 1000), OK);
    assert_int_equal(run(DISK_WRITE, 0x1FFFFFFFF8ull, 1000), OK);
    assert_true(lun.commands[0] == ((uint64_t)SCSI_READ_10 << 56 | (edge - 8)));
    assert_true(lun.commands[1] == ((uint64_t)SCSI_READ_16 << 56 | (edge - 7)));
    assert_true(lun.commands[2] == ((uint64_t)SCSI_WRITE_16 << 56 | 0x1FFFFFFFF8ull));
    assert_int_equal(run(DISK_READ, 0x1FFFFFFFF9ull, 1000), E_DISK_RANGE);
}

/* ---- verdicts ---- */

struct verdict_case {
    const char *name;
    enum disk_operation operation;
    struct verdict first;
    bool for_ever;
    enum status status;
    unsigned commands; /* at least; the last is the one that succeeds */
    unsigned ms;       /* at least */
};

static void verdicts(void **state)
{
    static const struct verdict_case cases[] = {
        {"UNIT ATTENTION once", DISK_READ, {0, 6, 0x29, 0, false}, false, OK, 2, 0},
        {"UNIT ATTENTION without end", DISK_READ, {0, 6, 0x29, 0, false}, true, E_SCSI_FAILED, 2, 0},
        {"no sense data once", DISK_READ, {SCSI_CHECK_CONDITION, 0, 0, 0, false}, false, OK, 2, 0},
        {"no sense data once, of a write", DISK_WRITE, {SCSI_CHECK_CONDITION, 0, 0, 0, false}, false, OK, 2, 0},
        {"no sense data without end", DISK_READ, {SCSI_CHECK_CONDITION, 0, 0, 0, false}, true, E_SCSI_FAILED, 2, 0},
        {"BUSY once", DISK_READ, {SCSI_BUSY, 0, 0, 0, false}, false, OK, 2, SCSI_PAUSE_MS},
        {"TASK SET FULL once", DISK_WRITE, {SCSI_TASK_SET_FULL, 0, 0, 0, false}, false, OK, 2, SCSI_PAUSE_MS},
        {"MEDIUM ERROR", DISK_READ, {0, 3, 0x11, 0, false}, false, E_SCSI_MEDIUM, 1, 0},
        {"DATA PROTECT", DISK_WRITE, {0, 7, 0x27, 0, false}, false, E_DISK_READ_ONLY, 1, 0},
        {"LUN gone for a moment", DISK_READ, {0, 5, 0x25, 0, false}, false, OK, 2, SCSI_PAUSE_MS},
        {"GOOD with underflow once", DISK_READ, {0, 0, 0, 512, false}, false, OK, 2, 0},
        {"write GOOD with underflow once", DISK_WRITE, {0, 0, 0, 512, false}, false, OK, 2, 0},
        {"flush that is unknown", DISK_FLUSH, {0, 5, 0x20, 0, false}, false, OK, 1, 0},
        {"flush that fails", DISK_FLUSH, {0, 4, 0x44, 0, false}, false, E_SCSI_HARDWARE, 1, 0},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t began = platform_ticks();

        print_message("%s\n", cases[i].name);
        lun.next[0] = cases[i].first;
        lun.next_count = 1;
        lun.next_used = lun.command_count = 0;
        lun.next_for_ever = cases[i].for_ever;
        assert_int_equal(run(cases[i].operation, 8, 10000), cases[i].status);
        assert_true(lun.command_count >= cases[i].commands);
        assert_true(lun.command_count <= 1 + SCSI_TRIES_MAX);
        assert_true((platform_ticks() - began) / platform_ticks_per_ms() >= cases[i].ms);
    }
    assert_int_equal(fake.aborts, 0);
}

/* A read that moves too few bytes and calls it GOOD is no success, however often it is tried. */
static void short_read_is_never_success(void **state)
{
    (void)state;
    lun.next[0] = (struct verdict){.missing = 512};
    lun.next_count = 1;
    lun.next_for_ever = true;
    lun.command_count = 0;
    assert_int_equal(run(DISK_READ, 8, 3000), E_SCSI_SHORT);
    assert_int_equal(lun.command_count, 1 + SCSI_TRIES_MAX);
}

/* The same without a residual count: what counts is the bytes that came. */
static void short_read_without_residual(void **state)
{
    struct disk_request request = request_for(DISK_READ, 8, 0);

    (void)state;
    lun.next[0] = (struct verdict){.missing = 512, .silent_about = true};
    lun.next_count = 1;
    lun.next_for_ever = true;
    disk_submit(disk, &request);
    assert_int_equal(disk_wait(disk, &request, deadline_after_ms(500)), E_SCSI_SHORT);
    assert_true(lun.command_count > 1);
}

static void busy_lun_is_given_up_in_the_end(void **state)
{
    struct disk_request request = request_for(DISK_READ, 8, 0);
    uint64_t began = platform_ticks();

    (void)state;
    lun.next[0] = (struct verdict){.scsi_status = SCSI_BUSY};
    lun.next_count = 1;
    lun.next_for_ever = true;
    disk_submit(disk, &request);
    while (!request.done && platform_ticks() - began < 100000 * platform_ticks_per_ms()) {
        disk->ops->pump(disk);
        lun.command_count = 0; /* there will be hundreds */
        tick();
    }
    assert_int_equal(request.status, E_SCSI_BUSY);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), SCSI_PATIENCE_MS, SCSI_PATIENCE_MS + 1000);
}

/* ---- several at once ---- */

static struct disk_request requests[MANY];

static void submit_many(void)
{
    lun.hold = true;
    for (unsigned i = 0; i < MANY; i++) {
        requests[i] = request_for(DISK_READ, 8 * i, i);
        disk_submit(disk, &requests[i]);
    }
    for (unsigned i = 0; i < 5; i++)
        disk->ops->pump(disk);
}

static void finish_many(void)
{
    lun.hold = false;
    for (unsigned i = 0; i < 100; i++)
        disk->ops->pump(disk);
}

static void more_requests_than_slots(void **state)
{
    (void)state;
    submit_many();
    assert_int_equal(lun.held_count, iscsi_profile_large.commands);
    finish_many();
    for (unsigned i = 0; i < MANY; i++) {
        assert_true(requests[i].done);
        assert_int_equal(requests[i].status, OK);
        assert_int_equal(buffers[i][4095], (uint8_t)(8 * i)); /* each its own blocks */
    }
    assert_int_equal(lun.command_count, MANY);
}

static void cancelling_what_has_no_slot_yet(void **state)
{
    unsigned slots = iscsi_profile_large.commands;
    unsigned gone[] = {slots, slots + 3, MANY - 1}; /* first, middle and last of the queue */

    (void)state;
    submit_many();
    for (unsigned i = 0; i < 3; i++) {
        disk->ops->cancel(disk, &requests[gone[i]]);
        assert_true(requests[gone[i]].done);
        assert_int_equal(requests[gone[i]].status, E_DISK_TIMEOUT);
    }
    assert_int_equal(fake.aborts, 0);

    /* The queue's end moved: what comes now is still found. */
    requests[MANY - 1] = request_for(DISK_READ, 2048, MANY - 1);
    disk_submit(disk, &requests[MANY - 1]);
    finish_many();
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(requests[i].status, i == gone[0] || i == gone[1] ? E_DISK_TIMEOUT : OK);
    assert_int_equal(lun.command_count, MANY - 2);
}

/* It costs one task, not the connection: the target is asked to abort it, and what still comes for it is passed over. */
static void cancelling_what_is_in_flight(void **state)
{
    (void)state;
    submit_many();
    disk->ops->cancel(disk, &requests[3]);
    assert_true(requests[3].done);
    assert_int_equal(requests[3].status, E_DISK_TIMEOUT);
    assert_int_equal(fake.aborts, 0);

    memset(buffers[3], 0x5A, sizeof buffers[3]);
    for (unsigned i = 0; i < 2; i++)
        disk->ops->pump(disk);
    finish_many();
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(requests[i].status, i == 3 ? E_DISK_TIMEOUT : OK);
    assert_int_equal(lun.aborts, 1);
    assert_int_equal(lun.command_count, MANY);
    assert_int_equal(fake.aborts, 0);
    assert_int_equal(buffers[3][0], 0x5A);
    assert_int_equal(buffers[3][4095], 0x5A);
}

/* Between two attempts on a busy LUN nothing is in flight: giving up costs nobody anything. */
static void cancelling_between_two_attempts(void **state)
{
    struct disk_request request = request_for(DISK_READ, 8, 0);

    (void)state;
    lun.next[0] = (struct verdict){.scsi_status = SCSI_BUSY};
    lun.next_count = 1;
    disk_submit(disk, &request);
    for (unsigned i = 0; i < 5; i++)
        disk->ops->pump(disk);
    assert_false(request.done);
    disk->ops->cancel(disk, &request);
    assert_int_equal(request.status, E_DISK_TIMEOUT);
    assert_int_equal(fake.aborts, 0);

    assert_int_equal(run(DISK_READ, 16, 1000), OK);
    assert_int_equal(lun.command_count, 2);
}

static void deadline_of_a_silent_target(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    lun.hold = true;
    assert_int_equal(run(DISK_READ, 0, 2000), E_DISK_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 2000, 2010);
}

/* Whoever waits less long than the recovery hears why there was nothing to be had. */
static void giving_up_tells_why_there_is_no_connection(void **state)
{
    (void)state;
    assert_int_equal(run(DISK_READ, 0, 1000), OK);
    lun.hold = true;
    assert_int_equal(run(DISK_READ, 8, 2000), E_DISK_TIMEOUT);
    assert_string_equal(failure_detail(E_DISK_TIMEOUT), "operation 0, block 8");

    fake.closed = fake.refuse = true;
    assert_int_equal(run(DISK_READ, 8, 2000), E_DISK_TIMEOUT);
    assert_non_null(strstr(failure_detail(E_DISK_TIMEOUT), "operation 0, block 8; no connection: S304: "));
}

/* Two fail in one turn, and the record of failures holds one. */
static void the_lowest_block_that_failed_says_why(void **state)
{
    (void)state;
    lun.max_transfer_length = 8;
    assert_int_equal(open_disk(), OK);
    for (unsigned i = 0; i < 2; i++) { /* the newest command is answered first */
        lun.next[0] = (struct verdict){.key = 3, .asc = i ? 0x14 : 0x11};
        lun.next[1] = (struct verdict){.key = 3, .asc = i ? 0x11 : 0x14};
        lun.next_count = 2;
        lun.next_used = 0;
        assert_int_equal(disk_read(disk, 0, 16, buffers, deadline_after_ms(1000)), E_SCSI_MEDIUM);
        assert_non_null(strstr(failure_detail(E_SCSI_MEDIUM), i ? "ASC/ASCQ 11/00" : "ASC/ASCQ 14/00"));
    }
}

#define PROBE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)
/* SPC-4 section 4.5.7: what an earlier write came to. The command that it came with was not carried out. */
static void a_deferred_error_has_the_command_issued_again(void **state)
{
    static const uint8_t keys[] = {1, 3, 5}; /* the last of a flush is no word on whether it is known */

    (void)state;
    assert_int_equal(open_disk(), OK);
    lun.deferred = true;
    for (unsigned i = 0; i < 2 * sizeof keys; i++) {
        lun.next[0] = (struct verdict){.key = keys[i / 2], .asc = 0x20};
        lun.next_count = 1;
        lun.next_used = lun.command_count = 0;
        assert_int_equal(run(i % 2 ? DISK_FLUSH : DISK_WRITE, 0, 1000), OK);
        assert_int_equal(lun.command_count, 2);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_open, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROBE(what_the_lun_says_of_itself),
        PROBE(luns_listed_are_luns_to_be_typed),
        PROBE(more_luns_than_can_be_listed),
        PROBE(a_target_that_lists_no_luns),
        PROBE(write_protected_lun),
        PROBE(luns_that_are_no_disk),
        PROBE(blocks_beyond_32_bits),
        CASE(verdicts),
        CASE(short_read_is_never_success),
        CASE(short_read_without_residual),
        CASE(busy_lun_is_given_up_in_the_end),
        CASE(more_requests_than_slots),
        CASE(cancelling_what_has_no_slot_yet),
        CASE(cancelling_what_is_in_flight),
        CASE(cancelling_between_two_attempts),
        CASE(deadline_of_a_silent_target),
        CASE(giving_up_tells_why_there_is_no_connection),
        CASE(a_deferred_error_has_the_command_issued_again),
        PROBE(the_lowest_block_that_failed_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
