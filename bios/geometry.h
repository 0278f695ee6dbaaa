/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CHS geometry that a disk was partitioned with. A BIOS invents one; boot sectors, NTLDR and DOS only start when it invents
 * the one that the partition table was made with. Nothing is ever written back.
 */
#ifndef SANSTRAP_GEOMETRY_H
#define SANSTRAP_GEOMETRY_H

#include "bios/int13.h"

/*
 * From the CHS and LBA addresses of the four entries in a partition table (`sector` is LBA 0, 512 bytes; `sectors` the disk's
 * size). False, with *geometry untouched, when they do not settle it: no table, GPT, addresses that contradict each other or the
 * disk.
 */
bool geometry_from_partitions(const uint8_t *sector, uint64_t sectors, struct int13_geometry *geometry);

/* From the BIOS parameter block of a FAT or NTFS boot sector. False when `sector` is none. */
bool geometry_from_boot_sector(const uint8_t *sector, uint64_t sectors, struct int13_geometry *geometry);

/* The first sector of the partition that is marked active; false when not exactly one plausible entry is. */
bool geometry_active_partition(const uint8_t *sector, uint64_t sectors, uint32_t *lba);

/* What BIOSes with LBA assist give to a disk of this size: 63 sectors, 16, 32, 64, 128 or 255 heads. */
void geometry_assisted(uint64_t sectors, struct int13_geometry *geometry);

#endif
