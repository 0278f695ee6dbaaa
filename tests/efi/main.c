/* SPDX-License-Identifier: BSD-2-Clause */
/* The application's entry: finds the disk it was loaded from, reads what is to be done from it, does it, switches off. */
#include <string.h>

#include "efi/device_path.h"
#include "platform/format.h"
#include "tests/efi/conformance.h"

EFI_STATUS EFIAPI conformance_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

struct subject subject;

/* platform/format.c's log has no other listener here. */
void platform_log(enum log_level level, const char *line)
{
    say("log %d: %s\n", level, line);
}

/* The path without its last node: from the partition to its disk. In pool memory. */
static EFI_DEVICE_PATH *parent_of(const EFI_DEVICE_PATH *path)
{
    const uint8_t *node = (const uint8_t *)path, *last = node;
    while (node[NODE_TYPE] != NODE_TYPE_END) {
        last = node;
        node += device_path_node_length(node);
    }

    size_t length = (size_t)(last - (const uint8_t *)path);
    uint8_t *copy;
    if (subject.boot->AllocatePool(EfiBootServicesData, length + NODE_HEADER, (void **)&copy) != EFI_SUCCESS)
        return NULL;
    memcpy(copy, path, length);
    device_path_put_end(copy + length);
    return (EFI_DEVICE_PATH *)copy;
}

/* The disk whose partition we were loaded from. NULL, or what is missing. */
static const char *find_disk(EFI_HANDLE image)
{
    EFI_BOOT_SERVICES *boot = subject.boot;
    EFI_LOADED_IMAGE *loaded;
    if (boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded) != EFI_SUCCESS)
        return "loaded image";
    subject.volume = loaded->DeviceHandle;
    EFI_DEVICE_PATH *path;
    if (boot->HandleProtocol(subject.volume, &guid_device_path, (void **)&path) != EFI_SUCCESS)
        return "device path of the partition";

    subject.path = parent_of(path);
    EFI_DEVICE_PATH *rest = subject.path;
    EFI_HANDLE disk;
    if (!rest || boot->LocateDevicePath(&guid_block_io, &rest, &disk) != EFI_SUCCESS ||
        ((const uint8_t *)rest)[NODE_TYPE] != NODE_TYPE_END)
        return "disk above the partition";

    if (boot->HandleProtocol(disk, &guid_block_io, (void **)&subject.io) != EFI_SUCCESS)
        return "BlockIo";
    if (boot->HandleProtocol(disk, &guid_block_io2, (void **)&subject.io2) != EFI_SUCCESS)
        subject.io2 = NULL;
    subject.media = subject.io->Media;
    return NULL;
}

static uint8_t *allocate_buffer(void)
{
    EFI_PHYSICAL_ADDRESS at;
    if (subject.boot->AllocatePages(AllocateAnyPages, EfiBootServicesData, BUFFER_SIZE / PAGE_SIZE, &at) != EFI_SUCCESS)
        return NULL;
    return (uint8_t *)(uintptr_t)at;
}

static const char *read_config(void)
{
    subject.buffer = allocate_buffer();
    subject.second = allocate_buffer();
    if (!subject.buffer || !subject.second)
        return "memory";

    EFI_STATUS status = read_bytes(CONFIG_OFFSET, 64 * KIB, subject.buffer);
    if (status != EFI_SUCCESS || memcmp(subject.buffer, CONFIG_MAGIC, sizeof CONFIG_MAGIC - 1))
        return "configuration on the disk";
    memcpy(&subject.config, subject.buffer, sizeof subject.config);
    return NULL;
}

static void run_mode(void)
{
    if (subject.config.mode == MODE_SPEED) {
        measure_speed();
    } else if (subject.config.mode == MODE_WORKS) {
        measure_works();
    } else if (subject.config.mode == MODE_READ_ONLY) {
        test_read_only();
    } else {
        test_media();
        test_block_io();
        test_block_io2();
        test_random();
        test_mixed();
        if (subject.config.strict)
            test_disk_info();
    }
}

EFI_STATUS EFIAPI conformance_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    subject.system = system;
    subject.boot = system->BootServices;
    subject.boot->SetWatchdogTimer(0, 0, 0, NULL); /* a long row takes more than the five minutes of a boot manager's */
    const char *missing = find_disk(image);
    if (!missing)
        missing = read_config();

    say("exerciser: begins\n");
    if (missing)
        check(false, "start", "no %s", missing);
    else
        run_mode();
    finish();
    system->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
    return EFI_ABORTED;
}
