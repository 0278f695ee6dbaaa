/* SPDX-License-Identifier: BSD-2-Clause */
/* An area for dumps on a disk (dump/area.h): where it is, what it holds, and what of that cannot be used. */
#ifndef SANSTRAP_TOOLS_SAVECORE_AREA_H
#define SANSTRAP_TOOLS_SAVECORE_AREA_H

#include "dump/area.h"
#include "tools/savecore/disk.h"
#include "tools/savecore/guid.h"

enum area_condition {
    AREA_UNREADABLE, /* the disk does not give it */
    AREA_UNMARKED,
    AREA_ELSEWHERE, /* marked, but for another place: a copy of an area, or a disk that was copied to another */
    AREA_FREE,
    AREA_INCOMPLETE, /* a dump was begun, and the head does not say that it ended well */
    AREA_DAMAGED,    /* the head says that it ended well, and the trailer does not agree */
    AREA_COMPLETE,
};

struct area {
    struct disk disk;
    char *name;                      /* for people */
    unsigned partition;              /* its number; 0: an extent by hand */
    uint8_t partition_id[GUID_SIZE]; /* of a partition */
    uint64_t first_lba, blocks;
    /* Of area_read(): */
    enum area_condition condition;
    struct dump_area_head head;
    struct dump_area_trailer trailer;
    bool has_trailer;  /* one of this dump */
    char problem[256]; /* what is wrong, for people; "": nothing */
};

/* Condition and problem, from head, trailer and place alone. */
void area_judge(struct area *area);

/* Reads head and trailer, and judges them. False: they cannot be read, which was told. */
bool area_read(struct area *area);

/* Writes the head, alone in its block, flushes, and reads it back. */
bool area_write_head(struct area *area, const struct dump_area_head *head);

/* Marks the area free; what it held is lost. */
bool area_free(struct area *area);

/* Bytes of the dump: by its trailer, or of one without by what it says of itself, at most what the area holds. */
uint64_t area_dump_length(const struct area *area);

/* The word of a condition, as man page and JSON have it. */
const char *area_condition_word(enum area_condition condition);

void area_close(struct area *area);

#endif
