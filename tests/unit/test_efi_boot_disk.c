/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk's life in a boot: published, used, and taken back while a driver on it still waits for what it has begun, as EDK2's
 * DiskIo does.
 */
#include "efi/boot.h"
#include "efi/boot_files.h"
#include "tests/unit/efi_tokens.h"

static unsigned tables, booted;

enum status tables_publish(const struct boot_tables *published)
{
    (void)published;
    tables++;
    return OK;
}

void tables_withdraw(void)
{
    tables--;
}

enum status boot_files_start(const char *files)
{
    (void)files;
    booted++;
    assert_true(begin_read(0, 5, 8) == EFI_SUCCESS);
    assert_true(is_under_way(0));
    return fail(E_BOOT_RETURNED, "the test says so");
}

static EFI_STATUS EFIAPI connect(EFI_HANDLE handle, EFI_HANDLE *agent, EFI_DEVICE_PATH *rest, BOOLEAN recursive)
{
    (void)handle, (void)agent, (void)rest, (void)recursive;
    return EFI_SUCCESS;
}

/* Its Stop() waits for the timer's work. */
static EFI_STATUS EFIAPI disconnect(EFI_HANDLE handle, EFI_HANDLE agent, EFI_HANDLE child)
{
    (void)handle, (void)agent, (void)child;
    answers = 1;
    for (unsigned i = 0; i < 10 && is_under_way(0); i++)
        tick();
    assert_true(ended_with(0, EFI_SUCCESS));
    return EFI_SUCCESS;
}

static void a_driver_waits_for_what_it_began(void **state)
{
    (void)state;
    events_stop();
    assert_true(block_io_withdraw());
    fake_boot.ConnectController = connect;
    fake_boot.DisconnectController = disconnect;

    assert_int_equal(efi_boot_disk(&disk, &options), E_BOOT_RETURNED);
    assert_int_equal(booted, 1);
    assert_int_equal(tables, 0);
    assert_int_equal(installed, 0);
    tick(); /* events are off */
    assert_int_equal(signalled, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_driver_waits_for_what_it_began, set_up_silent, tear_down),
    };

    host_clock_use_virtual();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
