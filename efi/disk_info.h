/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EFI_DISK_INFO_PROTOCOL (PI specification, volume 5), by which a firmware's boot menu names a disk. gnu-efi does not
 * declare it.
 */
#ifndef SANSTRAP_EFI_DISK_INFO_H
#define SANSTRAP_EFI_DISK_INFO_H

#include "efi/efi.h"

struct disk;

struct disk_info_protocol {
    EFI_GUID interface; /* which kind of data `inquiry` and `identify` give: guid_disk_info_scsi */
    EFI_STATUS(EFIAPI *inquiry)(struct disk_info_protocol *self, void *data, UINT32 *size);
    EFI_STATUS(EFIAPI *identify)(struct disk_info_protocol *self, void *data, UINT32 *size);
    EFI_STATUS(EFIAPI *sense_data)(struct disk_info_protocol *self, void *data, UINT32 *size, UINT8 *number);
    EFI_STATUS(EFIAPI *which_ide)(struct disk_info_protocol *self, UINT32 *channel, UINT32 *device);
};

/* The interface to publish beside BlockIo. */
extern struct disk_info_protocol disk_info;

/* From now on the interface tells of this disk; what it tells is copied. */
void disk_info_describe(const struct disk *disk);

#endif
