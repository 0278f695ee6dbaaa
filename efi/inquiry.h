/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk's standard INQUIRY data, made again from what its contract tells (SPC-4, 6.6.2). Pure. */
#ifndef SANSTRAP_EFI_INQUIRY_H
#define SANSTRAP_EFI_INQUIRY_H

#include "iscsi/disk.h"

#define INQUIRY_LENGTH 36 /* what every SCSI device has of it */

void inquiry_data(const struct disk *disk, uint8_t data[INQUIRY_LENGTH]);

#endif
