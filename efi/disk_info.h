/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EFI_DISK_INFO_PROTOCOL (PI specification, volume 5), by which a firmware's boot menu names a disk. gnu-efi does not declare it,
 * nor the two GUIDs.
 */
#ifndef SANSTRAP_EFI_DISK_INFO_H
#define SANSTRAP_EFI_DISK_INFO_H

#include "efi/efi.h"

struct disk;

#define DISK_INFO_GUID                                                                                                           \
    {                                                                                                                            \
        0xD432A67F, 0x14DC, 0x484B,                                                                                              \
        {                                                                                                                        \
            0xB3, 0xBB, 0x3F, 0x02, 0x91, 0x84, 0x93, 0x27                                                                       \
        }                                                                                                                        \
    }
#define DISK_INFO_INTERFACE_SCSI                                                                                                 \
    {                                                                                                                            \
        0x08F74BAA, 0xEA36, 0x41D9,                                                                                              \
        {                                                                                                                        \
            0x95, 0x21, 0x21, 0xA7, 0x0F, 0x87, 0x80, 0xBC                                                                       \
        }                                                                                                                        \
    }

struct disk_info_protocol {
    EFI_GUID interface; /* which kind of data Inquiry and Identify give */
    EFI_STATUS(EFIAPI *inquiry)(struct disk_info_protocol *self, void *data, UINT32 *size);
    EFI_STATUS(EFIAPI *identify)(struct disk_info_protocol *self, void *data, UINT32 *size);
    EFI_STATUS(EFIAPI *sense_data)(struct disk_info_protocol *self, void *data, UINT32 *size, UINT8 *number);
    EFI_STATUS(EFIAPI *which_ide)(struct disk_info_protocol *self, UINT32 *channel, UINT32 *device);
};

/* The interface to publish beside BlockIo. */
extern struct disk_info_protocol disk_info;

/* What it tells from now on. */
void disk_info_describe(const struct disk *disk);

#endif
