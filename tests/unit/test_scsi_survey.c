/* SPDX-License-Identifier: BSD-2-Clause */
/* How often the LUN is spoken to when a disk is opened: all questions are in flight together, whatever of them is held up. */
#include "tests/unit/scsi_lun.h"

static unsigned rounds;
static bool changes; /* with an attention the LUN becomes another */
static bool dies;    /* the target, when it has been asked once */
static deadline_t back_at;

/* What is sent in one turn is one round trip, however many commands that are. */
static void serve_and_count(struct stream *stream)
{
    unsigned seen = lun.seen, attentions = lun.attention_count;

    serve(stream);
    rounds += lun.seen != seen;
    if (changes && lun.attention_count < attentions)
        lun.wwid[7] = 0x99;

    if (dies && rounds == 1) {
        dies = false;
        fake.closed = true;
        back_at = deadline_after_ms(60000);
    } else if (back_at && deadline_passed(back_at)) {
        back_at = 0;
        fake.closed = false;
        fake.in_position = fake.in_length = 0;
        lun.forgotten_operation_code = 0;
        fake_login_whole(&fake);
        lun.statsn = 1;
    }
}

static void count_rounds(void)
{
    static struct stream_ops operations;

    operations = *fake.stream.ops;
    operations.pump = serve_and_count;
    fake.stream.ops = &operations;
    rounds = 0;
    changes = dies = false;
    back_at = 0;
}

static int set_up_counted(void **state)
{
    set_up(state);
    count_rounds();
    return 0;
}

/* A crash dump's, whose disk has four commands. */
static int set_up_small(void **state)
{
    set_up_session(state);
    session = iscsi_session_new(&arena, &fake.stream, &iscsi_profile_small);
    log_in();
    scsi = arena_take(&arena, scsi_disk_size(&iscsi_profile_small), 16);
    disk = scsi_disk_contract(scsi);
    count_rounds();
    return 0;
}

static void is_the_disk(void)
{
    assert_int_equal(disk->block_count, BLOCKS);
    assert_int_equal(disk->block_size, 512);
    assert_int_equal(disk->physical_block_size, 4096);
    assert_int_equal(disk->lowest_aligned_lba, 7);
    assert_int_equal(disk->max_blocks, 77);
    assert_true(disk->read_only);
    assert_string_equal(disk->vendor, "SANSTRAP");
    assert_string_equal(disk->serial, "U001");
    assert_int_equal(disk->wwid_length, 8);
    assert_memory_equal(disk->wwid, lun.wwid, 8);
}

static void tell_all(void)
{
    lun.max_transfer_length = 77;
    lun.mode = 0x80; /* write-protected */
}

static void one_round_trip(void **state)
{
    (void)state;
    tell_all();
    assert_int_equal(open_disk(), OK);
    is_the_disk();
    assert_int_equal(rounds, 1);
    assert_int_equal(lun.seen, 8);
}

static void as_many_at_a_time_as_the_profile_has(void **state)
{
    (void)state;
    tell_all();
    assert_int_equal(open_disk(), OK);
    is_the_disk();
    assert_int_equal(rounds, 2);
}

static void one_more_for_the_attentions_of_a_new_session(void **state)
{
    (void)state;
    tell_all();
    for (unsigned count = 1; count <= 4; count++) {
        for (unsigned i = 0; i < count; i++)
            lun.attentions[i] = (struct scsi_sense){6, 0x29, 1};
        lun.attention_count = count;
        rounds = 0;
        assert_int_equal(open_disk(), OK);
        is_the_disk();
        assert_int_equal(rounds, 2);
        assert_int_equal(iscsi_session_doubt(session), 0);
    }
}

/* Whichever question an attention comes with: what was said before it is another disk's. */
static void nothing_from_before_an_attention_is_believed(void **state)
{
    static const uint8_t asked[] = {SCSI_TEST_UNIT_READY, SCSI_READ_CAPACITY_10, SCSI_SERVICE_ACTION_IN_16, SCSI_MODE_SENSE_6};

    (void)state;
    tell_all();
    changes = true;
    for (unsigned i = 0; i < sizeof asked; i++) {
        lun.refused_operation_code = asked[i];
        lun.refusal = SCSI_CHECK_CONDITION;
        lun.refusals = 1;
        rounds = 0;
        assert_int_equal(open_disk(), OK);
        is_the_disk();
        assert_int_equal(rounds, 2);
    }

    lun.attentions[lun.attention_count++] = (struct scsi_sense){6, 0x3F, 0x0E};
    assert_int_equal(open_disk(), OK);
    is_the_disk();
    assert_int_equal(disk->wwid[7], 0x99);
}

/* What is busy is asked again after a pause, and nothing else is. */
static void only_what_is_busy_is_asked_again(void **state)
{
    (void)state;
    tell_all();
    lun.refused_operation_code = SCSI_READ_CAPACITY_10;
    lun.refusal = SCSI_BUSY;
    lun.refusals = 3;
    assert_int_equal(open_disk(), OK);
    is_the_disk();
    assert_int_equal(lun.seen, 8 + 3);
}

/* A LUN that spins up says so of all that is asked, also of what can be done without. */
static void nothing_is_given_up_while_the_lun_gets_ready(void **state)
{
    static const uint8_t number[8];

    (void)state;
    tell_all();
    lun.ready_at = deadline_after_ms(60000);
    assert_int_equal(scsi_disk_open(scsi, session, number, deadline_after_ms(120000)), OK);
    is_the_disk();
}

static void a_question_that_is_forgotten_beside_an_attention(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    lun.forgotten_operation_code = SCSI_MODE_SENSE_6;
    lun.attentions[lun.attention_count++] = (struct scsi_sense){6, 0x29, 1};
    assert_int_equal(open_disk(), OK);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 0, 2500);
}

/* The text of a login that fails lies where the answers were. */
static void answers_do_not_outlive_the_connection(void **state)
{
    static const uint8_t number[8];

    (void)state;
    tell_all();
    dies = true;
    lun.forgotten_operation_code = SCSI_MODE_SENSE_6;
    assert_int_equal(scsi_disk_open(scsi, session, number, deadline_after_ms(300000)), OK);
    is_the_disk();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_counted, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_round_trip),
        cmocka_unit_test_setup_teardown(as_many_at_a_time_as_the_profile_has, set_up_small, tear_down_session),
        CASE(one_more_for_the_attentions_of_a_new_session),
        CASE(nothing_from_before_an_attention_is_believed),
        CASE(only_what_is_busy_is_asked_again),
        CASE(nothing_is_given_up_while_the_lun_gets_ready),
        CASE(a_question_that_is_forgotten_beside_an_attention),
        CASE(answers_do_not_outlive_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
