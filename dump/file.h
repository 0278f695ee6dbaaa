/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump written front to back into an area (dump/area.h), over an open dump: the mark is checked, the head says "incomplete",
 * bytes are appended in pieces of any length, and in the end trailer and head tell how it went. For homes whose OS does not write
 * the blocks itself. The area is the dump's only extent, or the first of them.
 */
#ifndef SANSTRAP_DUMP_FILE_H
#define SANSTRAP_DUMP_FILE_H

#include "dump/area.h"
#include "dump/dump.h"

#define DUMP_FILE_PIECE 4096u /* bytes that are written at a time; a disk with larger blocks is E_DUMP_MEMORY */

/* The caller's to place, 64 bytes aligned; from it no byte is read before dump_file_begin(). */
struct dump_file {
    struct dump *dump;
    struct dump_extent area;
    uint32_t block_size;
    uint64_t length;     /* bytes appended */
    uint64_t capacity;   /* bytes */
    uint32_t crc32c;     /* of them, running */
    uint32_t began;      /* milliseconds since dump_open(), when the head was written */
    enum status failure; /* the first that writing what was appended ended with */
    struct dump_area_head head;
    struct dump_area_trailer trailer;
    uint32_t held; /* bytes of `block` that wait for the rest of their piece */
    uint8_t block[DUMP_FILE_PIECE] __attribute__((aligned(64)));
};

/*
 * Reads the area's head: E_DUMP_UNMARKED when there is none, or one that names another place. Then writes `head`, of which
 * format, dump_id, boot_id, started, memory and the texts are the caller's, as INCOMPLETE.
 */
enum status dump_file_begin(struct dump_file *file, struct dump *dump, const struct dump_area_head *head);

/* Appends; E_DUMP_FULL, and nothing of it is written, when the area has no room for it. */
enum status dump_file_append(struct dump_file *file, const void *bytes, uint64_t length);

/* Zeros up to the next multiple of `alignment`, a power of two up to 64 KiB: an ELF core's pages begin at one. */
enum status dump_file_align(struct dump_file *file, uint32_t alignment);

/*
 * Ends the dump with how it went: OK, unless appending has failed before, writes trailer and head COMPLETE; another status a
 * trailer with its code and detail, as long as the disk takes it, and the head stays INCOMPLETE. Returns what writing ended with.
 */
enum status dump_file_end(struct dump_file *file, enum status outcome);

#endif
