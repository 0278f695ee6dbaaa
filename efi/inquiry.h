/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk's standard INQUIRY data, made again from what its contract tells (SPC-4, 6.6.2). Pure: knows bytes, no firmware. */
#ifndef SANSTRAP_EFI_INQUIRY_H
#define SANSTRAP_EFI_INQUIRY_H

#include "iscsi/disk.h"

/* What every SCSI device has of it: up to PRODUCT REVISION LEVEL. */
#define INQUIRY_LENGTH 36

/* Where its fields lie. */
#define INQUIRY_DEVICE            0 /* PERIPHERAL QUALIFIER and PERIPHERAL DEVICE TYPE; 0: a direct access block device */
#define INQUIRY_RMB               1
#define INQUIRY_VERSION           2
#define INQUIRY_RESPONSE_FORMAT   3
#define INQUIRY_ADDITIONAL_LENGTH 4 /* of the bytes behind this one */
#define INQUIRY_VENDOR            8
#define INQUIRY_PRODUCT           16
#define INQUIRY_REVISION          32

#define INQUIRY_RMB_REMOVABLE 0x80

/* Names are cut to their fields and filled up with spaces, as there. Cannot fail. */
void inquiry_fill(const struct disk *disk, uint8_t data[INQUIRY_LENGTH]);

#endif
