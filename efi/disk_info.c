/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk's INQUIRY data for whoever asks the firmware for it; the rest of the protocol is for disks of other kinds. */
#include "efi/disk_info.h"

#include <string.h>

#include "efi/inquiry.h"

static uint8_t inquiry[INQUIRY_LENGTH];

static EFI_STATUS EFIAPI give_inquiry(struct disk_info_protocol *self, void *data, UINT32 *size)
{
    UINT32 most = *size;
    (void)self;
    *size = sizeof inquiry;
    if (most < sizeof inquiry)
        return EFI_BUFFER_TOO_SMALL;
    memcpy(data, inquiry, sizeof inquiry);
    return EFI_SUCCESS;
}

/* ATA's data is of a class that a SCSI disk does not have. */
static EFI_STATUS EFIAPI no_identify(struct disk_info_protocol *self, void *data, UINT32 *size)
{
    (void)self, (void)data, (void)size;
    return EFI_NOT_FOUND;
}

/* Sense data comes with the answer to a command and is not kept. */
static EFI_STATUS EFIAPI no_sense_data(struct disk_info_protocol *self, void *data, UINT32 *size, UINT8 *number)
{
    (void)self, (void)data, (void)size, (void)number;
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI not_ide(struct disk_info_protocol *self, UINT32 *channel, UINT32 *device)
{
    (void)self, (void)channel, (void)device;
    return EFI_UNSUPPORTED;
}

struct disk_info_protocol disk_info = {
    .inquiry = give_inquiry,
    .identify = no_identify,
    .sense_data = no_sense_data,
    .which_ide = not_ide,
};

void disk_info_describe(const struct disk *disk)
{
    disk_info.interface = guid_disk_info_scsi;
    inquiry_fill(disk, inquiry);
}
