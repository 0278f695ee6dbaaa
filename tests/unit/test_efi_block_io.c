/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk as firmware of the test's own gets it: what its media say, which of a disk's failures are whose, how long a call may
 * take, and what is left when somebody does not let go, or boot services have ended. What requests can be is told by
 * test_efi_block_rules.c, and by tests/efi in a machine.
 */
#include "tests/unit/efi_disk.h"

/* ---- the tests ---- */

static void what_the_media_say(void **state)
{
    (void)state;
    const EFI_BLOCK_IO_MEDIA *media = io->Media;
    assert_int_equal(io->Revision, EFI_BLOCK_IO_PROTOCOL_REVISION3);
    assert_ptr_equal(io2->Media, media);
    assert_true(media->MediaPresent && media->WriteCaching && !media->ReadOnly && !media->LogicalPartition);
    assert_int_equal(media->BlockSize, BLOCK);
    assert_int_equal(media->LastBlock, 999);
    assert_int_equal(media->LogicalBlocksPerPhysicalBlock, 8);
    assert_int_equal(media->LowestAlignedLba, 7);
}

/* Its portal group is the one that the target named. */
static void the_path_goes_on_from_the_cards(void **state)
{
    (void)state;
    assert_memory_equal(path, card_path, sizeof card_path - NODE_HEADER);
    const uint8_t *iscsi = path + sizeof card_path - NODE_HEADER + MAC_NODE_LENGTH + IPV4_NODE_LENGTH;
    assert_int_equal(iscsi[NODE_SUBTYPE], NODE_MESSAGING_ISCSI);
    assert_int_equal(get_le16(iscsi + ISCSI_NODE_LENGTH - 2), PORTAL_GROUP);
    assert_string_equal((const char *)iscsi + ISCSI_NODE_LENGTH, TARGET);
}

struct failure {
    enum status disk;
    EFI_STATUS firmware;
    bool present;
};

static void whose_failure_it_is(void **state)
{
    static const struct failure cases[] = {
        {E_SCSI_MEDIUM, EFI_DEVICE_ERROR, true},
        {E_ISCSI_TIMEOUT, EFI_DEVICE_ERROR, true},
        {E_LUN_MISSING, EFI_DEVICE_ERROR, true},
        {E_LUN_NOT_READY, EFI_NO_MEDIA, false},
        {E_DISK_RANGE, EFI_INVALID_PARAMETER, true},
        {E_DISK_READ_ONLY, EFI_WRITE_PROTECTED, true},
        {OK, EFI_SUCCESS, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EFI_BLOCK_IO2_TOKEN token = {.Event = TOKEN};
        print_message("  S%u\n", cases[i].disk);
        disk_answer = cases[i].disk;

        assert_true(read_one() == cases[i].firmware);
        assert_int_equal(io->Media->MediaPresent, cases[i].present);
        assert_true(write_one() == cases[i].firmware);
        signalled = 0;
        assert_true(io2->ReadBlocksEx(io2, io->Media->MediaId, 5, &token, BLOCK, buffer) == EFI_SUCCESS);
        assert_int_equal(signalled, 1);
        assert_true(token.TransactionStatus == cases[i].firmware);
    }
}

/* What the firmware then finds missing is not the fault; what a boot loader says of itself is. */
static void a_failed_read_is_the_verdict(void **state)
{
    (void)state;
    disk_answer = E_DISK_READ_ONLY;
    (void)write_one();
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_BOOT_ESP);

    disk_answer = E_SCSI_RESERVED;
    (void)read_one();
    disk_answer = E_DISK_TIMEOUT;
    (void)read_one();
    fail(E_BOOT_ESP, "no file system");
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_SCSI_RESERVED);
    assert_string_equal(failure_detail(E_SCSI_RESERVED), "the test says so");
    assert_int_equal(block_io_verdict(E_BOOT_FILE), E_SCSI_RESERVED);
    assert_int_equal(block_io_verdict(E_BOOT_LOAD), E_SCSI_RESERVED);
    assert_int_equal(block_io_verdict(E_BOOT_SECURE), E_BOOT_SECURE);
    assert_int_equal(block_io_verdict(E_BOOT_RETURNED), E_BOOT_RETURNED);

    disk_answer = OK; /* at another try */
    (void)read_one();
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_BOOT_ESP);

    disk_answer = E_SCSI_RESERVED;
    (void)read_one();
    assert_true(block_io_withdraw());
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_int_equal(block_io_verdict(E_BOOT_ESP), E_BOOT_ESP);
}

static void a_disk_that_cannot_be_written(void **state)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = TOKEN};
    (void)state;
    assert_true(block_io_withdraw());
    disk.read_only = true;
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_true(io->Media->ReadOnly && !io->Media->WriteCaching);

    assert_true(write_one() == EFI_WRITE_PROTECTED);
    assert_true(io2->WriteBlocksEx(io2, io->Media->MediaId, 5, &token, BLOCK, buffer) == EFI_WRITE_PROTECTED);
    assert_true(io->FlushBlocks(io) == EFI_SUCCESS);
    assert_true(io2->FlushBlocksEx(io2, &token) == EFI_WRITE_PROTECTED);

    assert_int_equal(requests, 0);
    assert_int_equal(signalled, 0);
    assert_true(read_one() == EFI_SUCCESS);
}

static uint64_t waited_us;

static void time_passes(void)
{
    host_clock_advance_us(100000);
    waited_us += 100000;
}

static void how_long_a_call_may_take(void **state)
{
    (void)state;
    host_idle_hook = time_passes;
    disk_is_silent = true;
    waited_us = 0;
    assert_true(read_one() == EFI_DEVICE_ERROR);
    assert_in_range(waited_us / 1000, CALL_MS - 1000, CALL_MS + 1000);
    host_idle_hook = NULL;
}

/* The drivers that stand on it may do more than read when boot services end: the card has stopped by then. */
static void after_the_end_of_boot_services(void **state)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = TOKEN};
    (void)state;
    at_the_end(TOKEN, NULL);
    assert_int_equal(closes, 1);
    assert_true(read_one() == EFI_DEVICE_ERROR);
    assert_true(write_one() == EFI_DEVICE_ERROR);
    assert_true(io->FlushBlocks(io) == EFI_DEVICE_ERROR);
    assert_true(io2->ReadBlocksEx(io2, io->Media->MediaId, 5, &token, BLOCK, buffer) == EFI_DEVICE_ERROR);
    assert_int_equal(signalled, 0);
    assert_int_equal(requests, 0);
    assert_int_equal(events_start(&disk, &nic), OK); /* it failed, and the loader has come back */
    assert_true(read_one() == EFI_SUCCESS);
}

static void somebody_does_not_let_go(void **state)
{
    (void)state;
    uninstall_answer = EFI_ACCESS_DENIED;
    assert_false(block_io_withdraw());
    assert_true(read_one() == EFI_SUCCESS);
    assert_int_equal(block_io_publish(&disk, &options), E_BOOT_PUBLISH);
    assert_int_equal(installed, 1);

    block_io_empty();
    assert_false(io->Media->MediaPresent);
    assert_true(read_one() == EFI_NO_MEDIA);
    assert_true(io->FlushBlocks(io) == EFI_NO_MEDIA);
    assert_true(io2->FlushBlocksEx(io2, NULL) == EFI_NO_MEDIA);
    assert_true(io->Reset(io, FALSE) == EFI_DEVICE_ERROR);
    assert_true(io2->Reset(io2, FALSE) == EFI_DEVICE_ERROR);
    assert_ptr_equal(block_io_handle(), PUBLISH);

    uninstall_answer = EFI_SUCCESS;
    assert_int_equal(block_io_publish(&disk, &options), OK);
    assert_int_equal(installed, 1);
    assert_true(read_one() == EFI_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_media_say),
        TEST(the_path_goes_on_from_the_cards),
        TEST(whose_failure_it_is),
        TEST(a_failed_read_is_the_verdict),
        TEST(a_disk_that_cannot_be_written),
        TEST(how_long_a_call_may_take),
        TEST(after_the_end_of_boot_services),
        TEST(somebody_does_not_let_go),
    };

    host_clock_use_virtual();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
