/* SPDX-License-Identifier: BSD-2-Clause */
/* From what was named, or from nothing, to the areas that are there. */
#ifndef SANSTRAP_TOOLS_SAVECORE_FIND_H
#define SANSTRAP_TOOLS_SAVECORE_FIND_H

#include "tools/savecore/area.h"
#include "tools/savecore/partitions.h"

/*
 * partition       a partition's device ("/dev/sda3"), or of `device`, or of any disk when it is NULL, a PARTUUID, or of `device`
 * a number is_extent       an extent of `device` neither         every partition of `device` that has an area's type
 */
struct place {
    const char *device, *partition;
    bool is_extent;
    uint64_t first, blocks;
};

struct areas {
    size_t count;
    struct area *list;
};

/*
 * The one area of a partition or an extent, on a disk that is open for reading. False, which was told: there is none, or there
 * are several with that PARTUUID.
 */
bool find_area(const struct place *place, uint32_t image_block_size, struct area *area);

/*
 * Adds the areas of a place, read; of a PARTUUID alone, those of every disk that has it. False: something cannot be found or
 * read, which was told.
 */
bool find_in_place(struct areas *areas, const struct place *place, uint32_t image_block_size);

/* Adds the areas of all disks' partitions, read; a disk without any is passed over. */
void find_everywhere(struct areas *areas);

/* Of two that are one, or hold the same to the last byte of their heads, one goes: it was named twice, or its disk has two names.
 */
void areas_drop_twins(struct areas *areas);

void areas_free(struct areas *areas);

#endif
