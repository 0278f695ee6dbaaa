/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another disk under the name and LUN of the one that was opened: after a reconnect, after a UNIT ATTENTION, in the midst of
 * requests. Not one of them may reach it.
 */
#include "tests/unit/scsi_lun.h"

static struct disk_request requests[4];

/* Two writes and two reads that the target has, and does not answer. */
static void submit_four(void)
{
    lun.hold = true;
    for (unsigned i = 0; i < 4; i++) {
        requests[i] = request_for(i < 2 ? DISK_WRITE : DISK_READ, 8 * i, i);
        disk_submit(disk, &requests[i]);
    }
    turns(3);
    assert_int_equal(lun.command_count, 4);
}

static void all_end_with(enum status status)
{
    turns(200);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(requests[i].done);
        assert_int_equal(requests[i].status, status);
    }
}

/* What is asked of the disk later fails as well, without a word to the target. */
static void later_requests_fail(void)
{
    unsigned seen = lun.seen;

    assert_int_equal(run(DISK_READ, 0, 1000), E_DISK_OTHER);
    assert_int_equal(run(DISK_WRITE, 0, 1000), E_DISK_OTHER);
    assert_int_equal(run(DISK_FLUSH, 0, 1000), E_DISK_OTHER);
    assert_int_equal(lun.seen, seen);
    assert_string_not_equal(failure_detail(E_DISK_OTHER), "");
}

/* ---- ways for a disk to be another, or the same ---- */

static void leave_it(void)
{
}

static void change_wwid(void)
{
    lun.wwid[7] = 8;
}

static void change_serial(void)
{
    lun.serial = "U002";
}

static void shrink(void)
{
    lun.last = BLOCKS / 2 - 1;
}

static void grow(void)
{
    lun.last = 2 * BLOCKS - 1;
}

static void grow_beyond_32_bits(void)
{
    lun.last = 0x1FFFFFFFFFull;
}

static void change_block_size(void)
{
    lun.block_size = 4096;
}

struct change {
    const char *name;
    void (*change)(void);
    bool no_wwid, no_page;
    enum status status;
};

static const struct change changes[] = {
    {"the same", leave_it, false, false, OK},
    {"another WWID", change_wwid, false, false, E_DISK_OTHER},
    {"another serial number, the same WWID", change_serial, false, false, OK},
    {"another serial number, no WWID", change_serial, true, false, E_DISK_OTHER},
    {"the same serial number, no WWID", leave_it, true, false, OK},
    {"no VPD at all", leave_it, true, true, OK},
    {"no VPD at all, half the capacity", shrink, true, true, E_DISK_OTHER},
    {"half the capacity", shrink, false, false, E_DISK_OTHER},
    {"grown", grow, false, false, OK},
    {"grown beyond 32 bits", grow_beyond_32_bits, false, false, OK},
    {"other blocks", change_block_size, false, false, E_DISK_OTHER},
};
#define CHANGES (sizeof changes / sizeof *changes)

static void open_anew(void **state, const struct change *change)
{
    tear_down_session(state);
    set_up(state);
    lun.no_wwid = change->no_wwid;
    lun.no_page = change->no_page;
    print_message("%s\n", change->name);
    assert_int_equal(open_disk(), OK);
    lun.command_count = 0;
}

static void after_a_reconnect(void **state)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        open_anew(state, &changes[i]);
        submit_four();
        changes[i].change();
        reconnect();
        all_end_with(changes[i].status);
        assert_int_equal(lun.command_count, changes[i].status == OK ? 4 : 0);
        assert_int_equal(disk->block_count, BLOCKS);
        if (changes[i].status != OK)
            later_requests_fail();
    }
}

/*
 * A command of the disk's own finds the attention; what is answered from then on is not believed and asked for again once the
 * disk has shown itself, as another may have answered meanwhile; what waits is not issued.
 */
static void after_a_unit_attention(void **state)
{
    static const struct scsi_sense senses[] = {
        {6, 0x3F, 0x0E}, {6, 0x3F, 0x03}, {6, 0x28, 0x00}, {6, 0x2A, 0x09}, {6, 0x29, 0x01}};

    for (unsigned i = 0; i < CHANGES * 5; i++) {
        const struct change *change = &changes[i / 5];

        open_anew(state, change);
        submit_four();
        change->change();
        lun.attentions[lun.attention_count++] = senses[i % 5];
        lun.hold = false;
        lun.command_count = 0;
        all_end_with(change->status);
        assert_int_equal(lun.command_count, change->status == OK ? 4 : 0);
        assert_int_equal(fake.aborts, 0);
        if (change->status != OK)
            later_requests_fail();
    }
}

/* A LUN whose READ CAPACITY(10) and (16) differ is the same whenever it is asked, and so is one that knows the latter now and
 * then. */
static void capacities_that_differ_are_the_same_disk(void **state)
{
    static const uint64_t long_lasts[] = {BLOCKS / 2, BLOCKS - 2, BLOCKS, 2 * BLOCKS, 0x1FFFFFFFFFull};

    for (unsigned i = 0; i < 3 * sizeof long_lasts / sizeof *long_lasts; i++) {
        unsigned refused = i % 3; /* READ CAPACITY(16): never, at first, later */

        tear_down_session(state);
        set_up(state);
        lun.long_last = long_lasts[i / 3];
        lun.refused_operation_code = SCSI_SERVICE_ACTION_IN_16;
        lun.refusal = SCSI_RESERVATION_CONFLICT;
        lun.refusals = refused == 1 ? 1000 : 0;
        assert_int_equal(open_disk(), OK);
        lun.refusals = refused == 2 ? 1000 : 0;
        lun.command_count = 0;
        submit_four();
        reconnect();
        all_end_with(OK);
        assert_int_equal(lun.command_count, 4);
    }
}

static void both_identities_are_shown(void **state)
{
    (void)state;
    submit_four();
    change_wwid();
    shrink();
    reconnect();
    all_end_with(E_DISK_OTHER);
    assert_string_equal(failure_detail(E_DISK_OTHER),
                        "was WWID 3001020304050607, 4096 blocks of 512; is WWID 3001020304050608, 2048 blocks of 512");
}

/* ---- targets that are slow to say ---- */

static void attentions_and_not_ready_are_waited_out(void **state)
{
    (void)state;
    submit_four();
    lun.attentions[0] = (struct scsi_sense){6, 0x29, 0};
    lun.attentions[1] = (struct scsi_sense){6, 0x3F, 0x0E};
    lun.attention_count = 2;
    lun.not_ready = true;
    reconnect();
    turns(20000);
    assert_false(requests[0].done);
    assert_int_equal(lun.command_count, 0);
    lun.not_ready = false;
    all_end_with(OK);
}

/* Patience ends, and nothing was decided: who asks later has the question asked again. */
static void a_disk_that_does_not_say_is_asked_again(void **state)
{
    (void)state;
    submit_four();
    lun.not_ready = true;
    reconnect();
    turns(SCSI_PATIENCE_MS - 1000);
    assert_false(requests[0].done);
    turns(2000);
    all_end_with(E_LUN_NOT_READY);
    assert_int_equal(lun.command_count, 0);

    lun.not_ready = false;
    assert_int_equal(run(DISK_WRITE, 0, 1000), OK);
    lun.not_ready = true;
    lun.attentions[lun.attention_count++] = (struct scsi_sense){6, 0x28, 0};
    assert_int_equal(run(DISK_WRITE, 0, 1000), E_DISK_TIMEOUT);
    lun.not_ready = false;
    change_wwid();
    assert_int_equal(run(DISK_WRITE, 0, 1000), E_DISK_OTHER);
}

/* A page that is missing for a while is a target's that has just started, and no other disk. */
static void a_page_that_comes_later(void **state)
{
    (void)state;
    submit_four();
    lun.no_wwid = true;
    reconnect();
    turns(5000);
    assert_false(requests[0].done);
    lun.no_wwid = false;
    all_end_with(OK);
}

struct short_answer {
    const char *name;
    uint8_t operation_code;
    uint32_t cut;
    bool large, no_page;
};

/* Neither is an answer too short to decide by. */
static void answers_that_are_too_short_to_decide_by(void **state)
{
    static const struct short_answer cases[] = {
        {"SPC-4 7.8.5 a page of 3 bytes", SCSI_INQUIRY, 3, false, false},
        {"SPC-4 6.6.2 INQUIRY of 35 bytes", SCSI_INQUIRY, 35, false, true},
        {"SBC-3 5.15.2 READ CAPACITY(10) of 7 bytes", SCSI_READ_CAPACITY_10, 7, false, false},
        {"SBC-3 5.16.2 READ CAPACITY(16) of 11 bytes", SCSI_SERVICE_ACTION_IN_16, 11, true, false},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct change as_it_was = {cases[i].name, leave_it, cases[i].no_page, cases[i].no_page, OK};
        open_anew(state, &as_it_was);
        submit_four();
        if (cases[i].large)
            grow_beyond_32_bits();
        lun.cut_operation_code = cases[i].operation_code;
        lun.cut = cases[i].cut;
        reconnect();
        turns(5000);
        assert_false(requests[0].done);
        assert_int_equal(lun.command_count, 0);
        lun.cut_operation_code = 0;
        all_end_with(OK);
    }
}

/* A final answer ends the question and what waits for it; the next request asks again. */
static void a_question_that_is_refused(void **state)
{
    (void)state;
    submit_four();
    lun.refused_operation_code = SCSI_READ_CAPACITY_10;
    lun.refusal = SCSI_RESERVATION_CONFLICT;
    lun.refusals = 1000;
    reconnect();
    all_end_with(E_SCSI_RESERVED);
    assert_int_equal(lun.command_count, 0);
    lun.refusals = 0;
    assert_int_equal(run(DISK_WRITE, 0, 1000), OK);
}

/* So does a connection that does not come back while the question is under way. */
static void a_question_that_outlives_the_recovery(void **state)
{
    (void)state;
    submit_four();
    lun.not_ready = true;
    reconnect();
    turns(300);
    lun.not_ready = false;
    lun.hold = true;
    turns(300);
    fake.closed = fake.refuse = true;
    turns(130000);
    all_end_with(E_CONNECT_REFUSED);
}

/* What was found out over the connection before is worth nothing. */
static void a_connection_lost_in_the_midst_of_the_question(void **state)
{
    (void)state;
    submit_four();
    lun.not_ready = true;
    reconnect();
    turns(300);

    lun.not_ready = false;
    lun.hold = true;
    turns(300); /* a step is in flight */
    assert_int_equal(lun.command_count, 0);

    change_wwid();
    reconnect();
    all_end_with(E_DISK_OTHER);
    assert_int_equal(lun.command_count, 0);
}

/* The patience for a busy LUN is its own: an outage before it does not count. */
static void busy_after_a_long_outage(void **state)
{
    (void)state;
    submit_four();
    fake.refuse = true;
    fake.closed = true;
    turns(90000);
    fake.refuse = false;
    lun.next[0] = (struct verdict){.scsi_status = SCSI_BUSY};
    lun.next_count = 1;
    reconnect();
    all_end_with(OK);
}

/* Commands come and go in numbers that nobody counts. */
static void busy_turns(unsigned count)
{
    while (count--) {
        turns(1);
        fake.out_length = lun.heard = 0;
        lun.command_count = 0;
    }
}

/* Nor does one that begins when the LUN has been busy already; what it says of itself may be late twice as well. */
static void busy_before_and_after_a_long_outage(void **state)
{
    for (unsigned not_ready = 0; not_ready < 2; not_ready++) {
        tear_down_session(state);
        set_up_open(state);
        submit_four();
        lun.not_ready = not_ready;
        if (not_ready)
            reconnect();
        lun.next[0] = (struct verdict){.scsi_status = SCSI_BUSY};
        lun.next_count = 1;
        lun.next_for_ever = true;
        lun.hold = false;
        busy_turns(5000);
        assert_false(requests[0].done);

        fake.refuse = fake.closed = true;
        busy_turns(90000);
        fake.refuse = false;
        reconnect();
        busy_turns(5000);
        assert_false(requests[0].done);
        lun.not_ready = false;
        lun.next_count = 0;
        all_end_with(OK);
    }
}

static void busy_before_and_after_a_pause_of_the_caller(void **state)
{
    (void)state;
    submit_four();
    lun.next[0] = (struct verdict){.scsi_status = SCSI_BUSY};
    lun.next_count = 1;
    lun.next_for_ever = true;
    lun.hold = false;
    busy_turns(5000);
    host_clock_advance_us(90000000);
    busy_turns(5000);
    assert_false(requests[0].done);
    busy_turns(55000);
    all_end_with(E_SCSI_BUSY);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_open, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(after_a_reconnect),
        CASE(after_a_unit_attention),
        CASE(capacities_that_differ_are_the_same_disk),
        CASE(both_identities_are_shown),
        CASE(attentions_and_not_ready_are_waited_out),
        CASE(a_disk_that_does_not_say_is_asked_again),
        CASE(a_page_that_comes_later),
        CASE(answers_that_are_too_short_to_decide_by),
        CASE(a_question_that_is_refused),
        CASE(a_question_that_outlives_the_recovery),
        CASE(a_connection_lost_in_the_midst_of_the_question),
        CASE(busy_after_a_long_outage),
        CASE(busy_before_and_after_a_long_outage),
        CASE(busy_before_and_after_a_pause_of_the_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
