/* SPDX-License-Identifier: BSD-2-Clause */
/* The only reader of the BIOS's memory map, for the stub and for the image that it unpacks. */
#ifndef SANSTRAP_MEMORY_MAP_READ_H
#define SANSTRAP_MEMORY_MAP_READ_H

#include "bios/block.h"
#include "bios/memory_map.h"

/*
 * INT 15h AX=E820h, from the first entry to the last, up to the first that the map has no room for or that the BIOS fails at, of
 * 1024; then AX=E801h and AH=88h, whose figures are 0 when the call fails. map->count is 0 when the BIOS has no E820, or one that
 * cannot be believed: then the older figures count. The BIOS may let interrupts in. Entries go through the start of the scratch
 * buffer; *map and *sizes may lie behind.
 */
void memory_map_read(struct realmode_block *block, struct memory_map *map, struct memory_sizes *sizes);

#endif
