/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

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
    uint8_t *copy;
    while (node[0] != END_DEVICE_PATH_TYPE) {
        last = node;
        node += node[2] | node[3] << 8;
    }
    size_t length = (size_t)(last - (const uint8_t *)path);
    if (subject.boot->AllocatePool(EfiBootServicesData, length + 4, (void **)&copy) != EFI_SUCCESS)
        return NULL;
    memcpy(copy, path, length);
    memcpy(copy + length, node, 4);
    return (EFI_DEVICE_PATH *)copy;
}

/* The disk whose partition we were loaded from. NULL, or what is missing. */
static const char *find_disk(EFI_HANDLE image)
{
    EFI_BOOT_SERVICES *boot = subject.boot;
    EFI_LOADED_IMAGE *loaded;
    EFI_DEVICE_PATH *path, *rest;
    EFI_HANDLE disk;
    if (boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded) != EFI_SUCCESS)
        return "loaded image";
    subject.volume = loaded->DeviceHandle;
    if (boot->HandleProtocol(subject.volume, &guid_device_path, (void **)&path) != EFI_SUCCESS)
        return "device path of the partition";
    rest = subject.path = parent_of(path);
    if (!rest || boot->LocateDevicePath(&guid_block_io, &rest, &disk) != EFI_SUCCESS ||
        ((const uint8_t *)rest)[0] != END_DEVICE_PATH_TYPE)
        return "disk above the partition";
    if (boot->HandleProtocol(disk, &guid_block_io, (void **)&subject.io) != EFI_SUCCESS)
        return "BlockIo";
    if (boot->HandleProtocol(disk, &guid_block_io2, (void **)&subject.io2) != EFI_SUCCESS)
        subject.io2 = NULL;
    subject.media = subject.io->Media;
    return NULL;
}

static uint8_t *take_buffer(void)
{
    EFI_PHYSICAL_ADDRESS at;
    if (subject.boot->AllocatePages(AllocateAnyPages, EfiBootServicesData, BUFFER_SIZE / 4096, &at) != EFI_SUCCESS)
        return NULL;
    return (uint8_t *)(uintptr_t)at;
}

static const char *read_config(void)
{
    subject.buffer = take_buffer();
    subject.second = take_buffer();
    if (!subject.buffer || !subject.second)
        return "memory";
    EFI_STATUS status = read_bytes(CONFIG_OFFSET, 65536, subject.buffer);
    if (status != EFI_SUCCESS || memcmp(subject.buffer, "EFIEXERC", 8))
        return "configuration on the disk";
    memcpy(&subject.config, subject.buffer, sizeof subject.config);
    return NULL;
}

EFI_STATUS EFIAPI conformance_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    subject.system = system;
    subject.boot = system->BootServices;
    const char *missing = find_disk(image);
    if (!missing)
        missing = read_config();
    say("exerciser: begins\n");
    if (missing) {
        check(false, "start", "no %s", missing);
    } else if (subject.config.mode == MODE_SPEED) {
        measure_speed();
    } else if (subject.config.mode == MODE_READ_ONLY) {
        test_read_only();
    } else {
        test_media();
        test_block_io();
        test_block_io2();
        test_random();
        if (subject.config.strict)
            test_disk_info();
    }
    finish();
    system->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
    return EFI_ABORTED;
}
