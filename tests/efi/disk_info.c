/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_DISK_INFO_PROTOCOL on the disk: its names, and what a SCSI disk has not. */
#include "efi/disk_info.h"

#include <string.h>

#include "tests/efi/conformance.h"

#define INQUIRY_LENGTH 36
#define FILL           0xA5

static void test_inquiry(struct disk_info_protocol *info)
{
    uint8_t data[96];
    UINT32 size = INQUIRY_LENGTH - 1;
    memset(data, FILL, sizeof data);
    check_status(info->inquiry(info, data, &size), EFI_BUFFER_TOO_SMALL, "disk_info/inquiry-too-small");
    check(size == INQUIRY_LENGTH && all_are(data, sizeof data, FILL), "disk_info/inquiry-tells-size", "%u", size);
    size = sizeof data;
    check_status(info->inquiry(info, data, &size), EFI_SUCCESS, "disk_info/inquiry");
    check(size == INQUIRY_LENGTH && all_are(data + INQUIRY_LENGTH, sizeof data - INQUIRY_LENGTH, FILL), "disk_info/inquiry-size",
          "%u", size);
    check(data[0] == 0 && (data[1] != 0) == subject.media->RemovableMedia && data[4] == INQUIRY_LENGTH - 5,
          "disk_info/inquiry-header", "%02x %02x %02x", data[0], data[1], data[4]);
    check(!memcmp(data + 8, "SANSTRAPLAB DISK        ", 24), "disk_info/inquiry-names", "%.28s", (const char *)data + 8);
}

void test_disk_info(void)
{
    static EFI_GUID scsi = DISK_INFO_INTERFACE_SCSI;
    EFI_HANDLE disk;
    EFI_DEVICE_PATH *rest = subject.path;
    struct disk_info_protocol *info;
    uint8_t data[512], number;
    UINT32 size = sizeof data, channel, device;
    bool found = subject.boot->LocateDevicePath(&guid_disk_info, &rest, &disk) == EFI_SUCCESS &&
                 ((const uint8_t *)rest)[0] == END_DEVICE_PATH_TYPE &&
                 subject.boot->HandleProtocol(disk, &guid_disk_info, (void **)&info) == EFI_SUCCESS;
    check(found, "disk_info/present", "it is not");
    if (!found)
        return;
    check(!memcmp(&info->interface, &scsi, sizeof scsi), "disk_info/interface", "not SCSI's");
    test_inquiry(info);
    check_status(info->identify(info, data, &size), EFI_NOT_FOUND, "disk_info/identify");
    check_status(info->sense_data(info, data, &size, &number), EFI_NOT_FOUND, "disk_info/sense-data");
    check_status(info->which_ide(info, &channel, &device), EFI_UNSUPPORTED, "disk_info/which-ide");
}
