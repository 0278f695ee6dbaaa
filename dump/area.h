/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a dump looks like on the disk: an area, which is a run of blocks that somebody has marked for it (a partition, or an
 * extent by hand). The driver that writes, and the program that fetches the dump after the reboot, share this header and area.c;
 * both are freestanding, allocate nothing and know no disk.
 *
 * From the area's first byte on:
 *   0        the head: whose area this is, and what it holds now, told by its first 16 bytes
 *   32 KiB   the trailer: how the dump ended; valid only when its dump id is the head's
 *   64 KiB   the dump
 * All three begin at a multiple of every block size that there is. Head and trailer are 512 bytes each; the rest of the block
 * that they stand in is zero. Numbers are little endian, texts NUL-terminated printable ASCII, reserved members 0.
 *
 * The order of writing is what makes a torn dump visible: head INCOMPLETE (flushed), dump, trailer (flushed), head COMPLETE
 * (flushed). Without a head that says FREE, INCOMPLETE or COMPLETE and names this very place, nothing is written.
 */
#ifndef SANSTRAP_DUMP_AREA_H
#define SANSTRAP_DUMP_AREA_H

#include <stdbool.h>
#include <stdint.h>

#define DUMP_AREA_SIGNATURE_SIZE 16
#define DUMP_AREA_FREE           "\x93\xd6Sanstrap-FREE\x1a" /* also the signature of the ISDH's dump area record */
#define DUMP_AREA_INCOMPLETE     "\x93\xd6Sanstrap-PART\x1a"
#define DUMP_AREA_COMPLETE       "\x93\xd6Sanstrap-DUMP\x1a"
#define DUMP_AREA_TRAILER        "\x93\xd6Sanstrap-TAIL\x1a"

#define DUMP_AREA_SECTOR         512u   /* bytes of head and trailer */
#define DUMP_AREA_TRAILER_OFFSET 32768u /* bytes from the area's first */
#define DUMP_AREA_DATA_OFFSET    65536u
#define DUMP_AREA_BLOCK_SIZE_MAX 32768u /* a disk with larger blocks has no room for head and trailer beside each other */

#define DUMP_AREA_MAJOR 1 /* another one is another format */
#define DUMP_AREA_MINOR 0 /* a higher one may have more in reserved members */

/* The type of a GPT partition that is one area, as its text form; bytes on the disk as GPT has them. */
#define DUMP_AREA_PARTITION_TYPE "53d6936e-7374-4d75-8d70-2d6172656131"

enum dump_area_state { DUMP_AREA_IS_UNMARKED, DUMP_AREA_IS_FREE, DUMP_AREA_IS_INCOMPLETE, DUMP_AREA_IS_COMPLETE };

enum dump_area_format {
    DUMP_AREA_ELF = 1 /* an ELF core as /proc/vmcore gives it */,
    DUMP_AREA_KDUMP = 2 /* kdump-compressed */
};

struct dump_area_head {
    uint8_t signature[16]; /* DUMP_AREA_FREE, …INCOMPLETE or …COMPLETE */
    uint16_t major, minor;
    uint32_t crc32;      /* IEEE 802.3, over the 512 bytes with this member as 0 */
    uint8_t area_id[16]; /* random, of this marking */
    uint64_t first_lba;  /* of the area on its disk: a copy of it elsewhere is no area */
    uint64_t blocks;     /* of the area */
    uint32_t block_size; /* bytes */
    uint32_t format;     /* enum dump_area_format; 0 while free, as everything below */
    uint8_t dump_id[16]; /* random, of this dump */
    uint8_t boot_id[16]; /* of the ISDH that the dead system had been booted with; zeros: unknown */
    uint64_t started;    /* seconds since 1970 by the dead system's clock; 0: unknown */
    uint64_t memory;     /* bytes of RAM that are to be dumped */
    char producer[64];   /* program and version */
    char system[128];    /* the dead system: its release and version */
    char reason[128];    /* why it died */
    uint8_t reserved[80];
} __attribute__((packed));

struct dump_area_trailer {
    uint8_t signature[16]; /* DUMP_AREA_TRAILER */
    uint8_t dump_id[16];   /* the head's */
    uint32_t crc32;        /* as in the head */
    uint32_t status;       /* 0: whole; else the code of the error that ended it (docs/errors.md), and what is there is a part */
    uint64_t length;       /* bytes of the dump, from DUMP_AREA_DATA_OFFSET on */
    uint32_t data_crc32c;  /* Castagnoli's, over these bytes */
    uint32_t reconnects;   /* sessions that were lost on the way */
    uint64_t milliseconds; /* from the head to here */
    char detail[128];      /* of the error */
    uint8_t reserved[320];
} __attribute__((packed));

_Static_assert(sizeof(struct dump_area_head) == DUMP_AREA_SECTOR, "dump area head");
_Static_assert(sizeof(struct dump_area_trailer) == DUMP_AREA_SECTOR, "dump area trailer");

/*
 * What the first 512 bytes of an area say; UNMARKED when they are no head, its checksum is wrong, it is of another format, or its
 * blocks have no room for a dump. The place is compared by whoever knows it, with dump_area_is_here().
 */
enum dump_area_state dump_area_state(const struct dump_area_head *head);
bool dump_area_is_here(const struct dump_area_head *head, uint64_t first_lba, uint64_t blocks, uint32_t block_size);

/*
 * Whether these are the trailer's bytes of the dump that `head` has, with its checksum right. Its length may still be more than
 * dump_area_capacity(): whoever reads on compares them.
 */
bool dump_area_trailer_is_valid(const struct dump_area_trailer *trailer, const struct dump_area_head *head);

/* Put the signature of `state`, the numbers of the format and the checksum in; everything else is the caller's. */
void dump_area_seal_head(struct dump_area_head *head, enum dump_area_state state);
void dump_area_seal_trailer(struct dump_area_trailer *trailer, const struct dump_area_head *head);

/* Bytes of a dump that an area holds at most; 0 when it is too small for any, or its block size is no good. */
uint64_t dump_area_capacity(uint64_t blocks, uint32_t block_size);

#endif
