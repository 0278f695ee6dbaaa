/* SPDX-License-Identifier: BSD-2-Clause */
/* The SCSI disk's epoch: it is another before anything is done that was read after a reason to doubt what was read before. */
#include "tests/unit/scsi_lun.h"

static void stays_while_nothing_happens(void **state)
{
    uint32_t epoch = disk->epoch;

    (void)state;
    assert_int_equal(run(DISK_READ, 0, 1000), OK);
    assert_int_equal(run(DISK_WRITE, 8, 1000), OK);
    assert_int_equal(run(DISK_FLUSH, 0, 1000), OK);
    lun.next[0] = (struct verdict){.key = 3, .asc = 0x11};
    lun.next_count = 1;
    assert_int_equal(run(DISK_READ, 0, 1000), E_SCSI_MEDIUM);
    turns(100);
    assert_int_equal(disk->epoch, epoch);
}

/* What made the disk doubtful while it was opened is over: a cache would drop what it has asked for first, and ask again. */
static void is_settled_when_the_disk_is_open(void **state)
{
    (void)state;
    lun.attentions[0] = (struct scsi_sense){6, 0x29, 1};
    lun.attention_count = 1;
    assert_int_equal(open_disk(), OK);
    uint32_t epoch = disk->epoch;
    turns(1);
    assert_int_equal(disk->epoch, epoch);
}

/* Also of a capacity that has changed: the UNIT ATTENTION says so. */
static void changes_with_a_unit_attention(void **state)
{
    uint32_t epoch = disk->epoch;

    (void)state;
    lun.attentions[0] = (struct scsi_sense){6, 0x2A, 9};
    lun.attention_count = 1;
    lun.last = 2 * BLOCKS - 1;
    assert_int_equal(run(DISK_READ, 0, 1000), OK);
    assert_int_not_equal(disk->epoch, epoch);

    epoch = disk->epoch;
    assert_int_equal(run(DISK_READ, 0, 1000), OK);
    assert_int_equal(disk->epoch, epoch);
}

/* One command has its data, the other the attention, in one turn: the data is not believed, and the epoch is another. */
static void changes_before_data_of_the_same_turn_is_done(void **state)
{
    struct disk_request first = request_for(DISK_READ, 0, 0), second = request_for(DISK_READ, 8, 1);
    uint32_t epoch = disk->epoch;

    (void)state;
    lun.hold = true;
    disk_submit(disk, &first);
    disk_submit(disk, &second);
    turns(3);
    lun.next[0] = (struct verdict){0};
    lun.next[1] = (struct verdict){.key = 6, .asc = 0x29};
    lun.next_count = 2;
    lun.hold = false;
    for (unsigned i = 0; i < 1000 && !first.done && !second.done; i++)
        turns(1);
    assert_int_not_equal(disk->epoch, epoch);
    turns(200);
    assert_true(first.done && second.done);
    assert_int_equal(first.status, OK);
    assert_int_equal(second.status, OK);
}

static void changes_with_a_reconnect(void **state)
{
    uint32_t epoch = disk->epoch;
    struct disk_request request = request_for(DISK_READ, 0, 0);

    (void)state;
    disk_submit(disk, &request);
    reconnect();
    for (unsigned i = 0; i < 1000 && !request.done; i++)
        turns(1);
    assert_int_equal(request.status, OK);
    assert_int_not_equal(disk->epoch, epoch);
}

static void changes_at_once_when_the_disk_is_to_be_one_that_is_known(void **state)
{
    struct disk known = *disk;

    (void)state;
    scsi_disk_expect(scsi, &known);
    assert_int_not_equal(disk->epoch, known.epoch);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up_open, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(stays_while_nothing_happens),
        cmocka_unit_test_setup_teardown(is_settled_when_the_disk_is_open, set_up, tear_down_session),
        CASE(changes_with_a_unit_attention),
        CASE(changes_before_data_of_the_same_turn_is_done),
        CASE(changes_with_a_reconnect),
        CASE(changes_at_once_when_the_disk_is_to_be_one_that_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
