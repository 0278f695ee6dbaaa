/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BIOS disk services (INT 13h, EDD 3.0) for one drive, on top of the disk contract. Pure C over realmode.h's pointers, so that
 * the same code runs under the host's tests.
 */
#ifndef SANSTRAP_INT13_H
#define SANSTRAP_INT13_H

#include "bios/realmode.h"
#include "iscsi/disk.h"

struct int13_geometry {
    uint32_t cylinders; /* as told by AH=08h: at most 1024 */
    uint16_t heads;     /* 1..255 */
    uint8_t sectors;    /* per track, 1..63 */
};

/* What EDD's device path parameter table says of the way to the disk. */
struct int13_path {
    uint8_t bus, device, function; /* the NIC's PCI address */
    uint8_t mac[6];
    uint8_t lun[8];
};

#define INT13_HARD_DISKS  0x80u /* the first drive number of hard disks */
#define INT13_SECTOR_SIZE 512u
#define INT13_BLOCK_MAX   65536u /* bytes of a disk block */

struct int13_drive {
    struct disk *disk;
    struct disk *cache; /* `disk`, when it is one: it forgets what it holds before anything is verified; NULL */
    struct int13_geometry geometry;
    struct int13_path path;
    uint64_t sectors;    /* of 512 bytes */
    uint8_t last_status; /* AH=01h */
    uint8_t locks;       /* AH=45h: how often it was locked */
    uint32_t call_ms;    /* how long the disk may take for one call */
    uint8_t *bounce;     /* INT13_BLOCK_MAX bytes: for sectors that are not a whole block, and verifying */
};

/*
 * Prepares the drive: derives the CHS geometry from the partition table and boot sector in LBA 0 (read through `disk`). A LUN
 * without a usable table gets the BIOS's usual LBA-assist geometry. Fails with the disk's own status, or E_INVALID_ARGUMENT for a
 * disk that breaks its contract. `cache`, `path` and `call_ms` are the caller's: they are left as they are. `bounce` has room for
 * INT13_BLOCK_MAX bytes.
 */
enum status int13_open(struct int13_drive *drive, struct disk *disk, uint8_t *bounce);

/*
 * Serves one call for our drive: looks at AH, does it, sets AH, carry and the results. Registers that a function does not return
 * are left alone. The caller has already decided, by DL, that the call is for this drive, and has seen to the drive count
 * (realmode_int13.inc). The status goes to the BIOS data area, too (0040:0074). Addresses are linear: a buffer that begins at
 * segment:offset goes on past offset FFFFh, and with A20 off past FFFFFh at 0.
 */
void int13_serve(struct int13_drive *drive, struct real_registers *registers);

#endif
