/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_DISK_INFO_PROTOCOL on the disk: its names, and what a SCSI disk has not. */
#include "efi/disk_info.h"

#include <string.h>

#include "efi/device_path.h"
#include "efi/inquiry.h"
#include "tests/efi/conformance.h"

#define FILL 0xA5

static void test_inquiry(struct disk_info_protocol *info)
{
    uint8_t data[96];
    memset(data, FILL, sizeof data);

    UINT32 size = INQUIRY_LENGTH - 1;
    check_status(info->inquiry(info, data, &size), EFI_BUFFER_TOO_SMALL, "disk_info/inquiry-too-small");
    check(size == INQUIRY_LENGTH && all_are(data, sizeof data, FILL), "disk_info/inquiry-tells-size", "%u", size);

    size = sizeof data;
    check_status(info->inquiry(info, data, &size), EFI_SUCCESS, "disk_info/inquiry");
    check(size == INQUIRY_LENGTH && all_are(data + INQUIRY_LENGTH, sizeof data - INQUIRY_LENGTH, FILL), "disk_info/inquiry-size",
          "%u", size);

    check(data[INQUIRY_DEVICE] == 0 && (data[INQUIRY_RMB] != 0) == subject.media->RemovableMedia &&
              data[INQUIRY_ADDITIONAL_LENGTH] == INQUIRY_LENGTH - 5,
          "disk_info/inquiry-header", "%02x %02x %02x", data[INQUIRY_DEVICE], data[INQUIRY_RMB], data[INQUIRY_ADDITIONAL_LENGTH]);
    check(!memcmp(data + INQUIRY_VENDOR, "SANSTRAPLAB DISK        ", INQUIRY_REVISION - INQUIRY_VENDOR),
          "disk_info/inquiry-names", "%.28s", (const char *)data + INQUIRY_VENDOR);
}

/* NULL when the disk's handle has none. */
static struct disk_info_protocol *find_disk_info(void)
{
    EFI_HANDLE disk;
    EFI_DEVICE_PATH *rest = subject.path;
    struct disk_info_protocol *info;
    if (subject.boot->LocateDevicePath(&guid_disk_info, &rest, &disk) != EFI_SUCCESS ||
        ((const uint8_t *)rest)[NODE_TYPE] != NODE_TYPE_END ||
        subject.boot->HandleProtocol(disk, &guid_disk_info, (void **)&info) != EFI_SUCCESS)
        return NULL;
    return info;
}

void test_disk_info(void)
{
    struct disk_info_protocol *info = find_disk_info();
    check(info, "disk_info/present", "it is not");
    if (!info)
        return;
    check(!memcmp(&info->interface, &guid_disk_info_scsi, sizeof guid_disk_info_scsi), "disk_info/interface", "not SCSI's");
    test_inquiry(info);

    uint8_t data[512], number;
    UINT32 size = sizeof data, channel, device;
    check_status(info->identify(info, data, &size), EFI_NOT_FOUND, "disk_info/identify");
    check_status(info->sense_data(info, data, &size, &number), EFI_NOT_FOUND, "disk_info/sense-data");
    check_status(info->which_ide(info, &channel, &device), EFI_UNSUPPORTED, "disk_info/which-ide");
}
