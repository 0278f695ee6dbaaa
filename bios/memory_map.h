/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map that the OS will see: the BIOS's, with our pages taken out. Pure functions. */
#ifndef SANSTRAP_MEMORY_MAP_H
#define SANSTRAP_MEMORY_MAP_H

#include <stdbool.h>

#include "bios/stub/placement.h"

#define E820_RESERVED       2
#define E820_ENTRY_MINIMUM  20
#define E820_ENTRY_EXTENDED 24
#define E820_ENABLED        1 /* attribute of entries whose BIOS gives none */
#define MEMORY_MAP_MAX      128

struct memory_map {
    unsigned count;
    unsigned entry_size; /* E820_ENTRY_EXTENDED once an entry came with attributes, else E820_ENTRY_MINIMUM */
    struct e820_entry entries[MEMORY_MAP_MAX];
};

/* What the older functions say. */
struct memory_sizes {
    uint16_t e801_low;  /* KiB from 1 MiB, at most to 16 MiB */
    uint16_t e801_high; /* 64-KiB blocks from 16 MiB */
    uint16_t int15_88;  /* KiB from 1 MiB, at most 63 MiB */
};

/* A piece of memory that is ours for as long as the machine runs: linear address and bytes, in whole pages. */
struct memory_range {
    uint32_t base, size;
};

/* Makes it empty, of short entries. */
void memory_map_clear(struct memory_map *map);

/*
 * Appends an entry of which the BIOS wrote `size` bytes. Empty ones are left out: Windows Server 2003 does not start with one.
 * False when the map is full or `size` is less than E820_ENTRY_MINIMUM.
 */
bool memory_map_add(struct memory_map *map, const struct e820_entry *entry, uint32_t size);

/* Appends the RAM that the older functions tell of, for a BIOS without E820. The map must have room for two entries. */
void memory_map_add_sizes(struct memory_map *map, const struct memory_sizes *sizes);

/*
 * Turns what is RAM in [base, base + length) into reserved memory, splitting entries where they stand; everything else stays as
 * the BIOS said it. False, and the map unchanged, when there is no room for the pieces.
 */
bool memory_map_reserve(struct memory_map *map, uint64_t base, uint64_t length);

/*
 * A place for `size` bytes more, as placement_find() has it, that is none of `ours`, which are reserved in the map. 0 when there
 * is none, or the map has no room for what is ours: it does not tell what is free then.
 */
uint32_t memory_map_place_beside(struct memory_map *map, const struct memory_range *ours, unsigned count, uint32_t size,
                                 uint32_t lowest);

/*
 * How far RAM reaches from `start` on without a hole: the end, `start` when there is none. Whatever is not RAM wins over what is.
 */
uint64_t memory_map_ram_end(const struct memory_map *map, uint64_t start);

/* The older functions' view of the map, never more than what the BIOS itself said in `bios` (a 0 there says nothing). */
void memory_map_sizes(const struct memory_map *map, const struct memory_sizes *bios, struct memory_sizes *sizes);

#endif
