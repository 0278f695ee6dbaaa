/* SPDX-License-Identifier: BSD-2-Clause */
/* What both forms of a dump, the ELF core of image.c and the compact one of compact.c, know of memory. */
#ifndef SANSTRAP_DUMP_IMAGE_H
#define SANSTRAP_DUMP_IMAGE_H

#include "dump/linux/home.h"

#define IMAGE_RANGES 128
#define IMAGE_CHUNK  (16 * PAGE_SIZE) /* of one append */

struct ram_range {
    uint64_t begin, end; /* physical, whole pages */
};

struct image {
    unsigned range_count;
    struct ram_range ranges[IMAGE_RANGES]; /* System RAM, rising */
    uint64_t memory;                       /* bytes of it */
    uint8_t *header;                       /* of the ELF core: everything before the first page of memory */
    size_t header_size;
    unsigned cpus;                /* of which there are notes, in the order of their numbers: known after the crash */
    size_t notes_size, info_size; /* of all notes, before the crash at most; of the last one, VMCOREINFO */
};
extern struct image image;
extern uint8_t image_chunk[IMAGE_CHUNK];

/* All notes, VMCOREINFO last. */
const uint8_t *image_notes(void);

/* A page as it is to stand in the dump: zeros where it is ours, or nobody may read it. */
void image_read_page(uint64_t physical, void *to);

/* Counts bytes of memory as done, of image.memory in all, and tells now and then. */
void image_done(uint64_t bytes);

/* compact.c: what it needs before a crash; false with home_refuse(). Its length at most, and now. Then the dump. */
bool compact_prepare(void);
uint64_t compact_length(void);
uint64_t compact_length_now(void);
void compact_forget(void);
enum status compact_write(struct dump_file *file);

#endif
