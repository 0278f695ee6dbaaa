/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks that iPXE, which started us, and the firmware have made of a card: who is asked to end its session and in which order,
 * and which disks are taken off their handles.
 */
#include "efi/device_path.h"
#include "tests/unit/efi_fake.h"

#define FIRST   (&fake_handles[1]) /* images: each is the parent of the one before */
#define SECOND  (&fake_handles[2])
#define DISK    (&fake_handles[3])
#define ANOTHER (&fake_handles[4])

#define PCI_NODE(function) 1, 1, 6, 0, function, 3
#define END_NODE           NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER, 0
static uint8_t card_path[] = {PCI_NODE(0), END_NODE};
static uint8_t disk_path[] = {PCI_NODE(0), NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, 5, 0, 0, END_NODE};
static uint8_t other_path[] = {PCI_NODE(1), NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, 5, 0, 0, END_NODE};
#define CARD ((EFI_DEVICE_PATH *)card_path)

static uint8_t code_of_first[64], code_of_second[64]; /* what the images consist of */
static EFI_LOADED_IMAGE ours, first, second;
static EFI_BLOCK_IO_MEDIA media;
static EFI_BLOCK_IO_PROTOCOL disk, another;
static EFI_STATUS uninstall_answer;

static EFI_STATUS EFIAPI unload(EFI_HANDLE image)
{
    note_word("unload-%s ", ((struct fake_handle *)image)->name);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI uninstall(EFI_HANDLE handle, EFI_GUID *guid, void *interface)
{
    assert_ptr_equal(guid, &guid_block_io);
    assert_ptr_equal(interface, &disk);
    note_word("uninstall-%s ", ((struct fake_handle *)handle)->name);
    return uninstall_answer;
}

static EFI_LOADED_IMAGE image_of(EFI_HANDLE parent, uint8_t *code)
{
    return (EFI_LOADED_IMAGE){.ParentHandle = parent, .ImageBase = code, .ImageSize = 64, .Unload = unload};
}

static EFI_BLOCK_IO_PROTOCOL served_by(uint8_t *code)
{
    return (EFI_BLOCK_IO_PROTOCOL){.Media = &media, .ReadBlocks = (EFI_BLOCK_READ)(uintptr_t)code};
}

/* Both images have a disk behind the card; the first one, which started us, was started by the second. */
static int set_up(void **state)
{
    (void)state;
    ours = (EFI_LOADED_IMAGE){.ParentHandle = FIRST};
    first = image_of(SECOND, code_of_first);
    second = image_of(NULL, code_of_second);
    fake_firmware_start(&ours);
    fake_boot.UninstallProtocolInterface = uninstall;
    media = (EFI_BLOCK_IO_MEDIA){.MediaPresent = TRUE};
    disk = served_by(code_of_second + 63);
    another = served_by(code_of_first);
    uninstall_answer = EFI_SUCCESS;

    *FIRST = (struct fake_handle){"first", {{&guid_loaded_image, &first, {}}}};
    *SECOND = (struct fake_handle){"second", {{&guid_loaded_image, &second, {}}}};
    *DISK = (struct fake_handle){"disk", {{&guid_block_io, &disk, {}}, {&guid_device_path, disk_path, {}}}};
    *ANOTHER = (struct fake_handle){"another", {{&guid_block_io, &another, {}}, {&guid_device_path, disk_path, {}}}};
    return 0;
}

static void the_nearest_ends_first_and_each_once(void **state)
{
    (void)state;
    assert_true(foreign_disks_end_sessions(CARD));
    assert_string_equal(fake_story, "unload-first unload-second ");
    assert_false(foreign_disks_end_sessions(CARD));
    assert_string_equal(fake_story, "unload-first unload-second ");
}

static void only_who_serves_a_disk_of_the_card(void **state)
{
    (void)state;
    another.ReadBlocks = (EFI_BLOCK_READ)(uintptr_t)(code_of_first + 64); /* behind its image's end */
    assert_true(foreign_disks_end_sessions(CARD));
    assert_string_equal(fake_story, "unload-second ");

    set_up(state);
    DISK->protocols[1].interface = ANOTHER->protocols[1].interface = other_path;
    assert_false(foreign_disks_end_sessions(CARD));
    assert_string_equal(fake_story, "");
}

static void who_cannot_be_unloaded_is_let_be(void **state)
{
    (void)state;
    first.Unload = NULL;
    assert_true(foreign_disks_end_sessions(CARD));
    assert_string_equal(fake_story, "unload-second ");
}

static void images_in_a_circle_end(void **state)
{
    (void)state;
    second.ParentHandle = FIRST;
    assert_true(foreign_disks_end_sessions(CARD));
    assert_string_equal(fake_story, "unload-first unload-second ");
}

static void a_disk_loses_drivers_and_block_io(void **state)
{
    (void)state;
    foreign_disk_remove(DISK, &disk);
    assert_string_equal(fake_story, "disconnect-disk uninstall-disk ");
}

static void a_disk_that_the_firmware_keeps(void **state)
{
    (void)state;
    uninstall_answer = EFI_ACCESS_DENIED;
    foreign_disk_remove(DISK, &disk);
    assert_string_equal(fake_story, "disconnect-disk uninstall-disk ");
}

/* They go with their disk. */
static void partitions_are_let_be(void **state)
{
    (void)state;
    media.LogicalPartition = TRUE;
    foreign_disk_remove(DISK, &disk);
    assert_string_equal(fake_story, "");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_nearest_ends_first_and_each_once),
        TEST(only_who_serves_a_disk_of_the_card),
        TEST(who_cannot_be_unloaded_is_let_be),
        TEST(images_in_a_circle_end),
        TEST(a_disk_loses_drivers_and_block_io),
        TEST(a_disk_that_the_firmware_keeps),
        TEST(partitions_are_let_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
