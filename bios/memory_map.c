/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map as a list of entries: taking the BIOS's in, cutting our memory out, and the older functions' figures. */
#include "bios/memory_map.h"

#include <string.h>

#include "platform/bytes.h"

#define E801_BORDER  (16 * MIB)       /* where its first figure ends and its second begins */
#define E801_UNIT    (64 * KIB)       /* of the second figure */
#define E801_LOW_MAX (15 * MIB / KIB) /* KiB */
#define INT15_88_MAX (63 * MIB / KIB) /* KiB: as BIOSes do; programs add the first MiB and expect less than 64 MiB */

void memory_map_clear(struct memory_map *map)
{
    map->count = 0;
    map->entry_size = E820_ENTRY_MINIMUM;
}

bool memory_map_add(struct memory_map *map, const struct e820_entry *entry, uint32_t size)
{
    if (size < E820_ENTRY_MINIMUM || map->count == MEMORY_MAP_MAX)
        return false;
    if (entry->length == 0)
        return true;
    struct e820_entry *to = &map->entries[map->count++];
    *to = *entry;
    if (size >= E820_ENTRY_EXTENDED)
        map->entry_size = E820_ENTRY_EXTENDED;
    else
        to->attributes = E820_ENABLED;
    return true;
}

static void add_ram(struct memory_map *map, uint64_t base, uint64_t length)
{
    memory_map_add(map, &(struct e820_entry){base, length, E820_RAM, 0}, E820_ENTRY_MINIMUM);
}

void memory_map_add_sizes(struct memory_map *map, const struct memory_sizes *sizes)
{
    add_ram(map, MIB, (sizes->e801_low ? sizes->e801_low : sizes->int15_88) * KIB);
    add_ram(map, E801_BORDER, (uint64_t)sizes->e801_high * E801_UNIT);
}

/* True when `entry` is RAM and has some of [base, end). */
static bool overlaps_ram(const struct e820_entry *entry, uint64_t base, uint64_t end)
{
    return entry->type == E820_RAM && entry->base < end && e820_end(entry) > base;
}

/* How many entries more there are once [base, end) is cut out of `entry`. */
static unsigned pieces_more(const struct e820_entry *entry, uint64_t base, uint64_t end)
{
    return (entry->base < base) + (e820_end(entry) > end);
}

/* Replaces entries[i] by what is before, in and after [base, end); returns how many entries that are. */
static unsigned split(struct memory_map *map, unsigned i, uint64_t base, uint64_t end)
{
    struct e820_entry old = map->entries[i];
    uint64_t old_end = e820_end(&old);
    unsigned pieces = 1 + pieces_more(&old, base, end);
    memmove(&map->entries[i + pieces], &map->entries[i + 1], (map->count - i - 1) * sizeof old);
    map->count += pieces - 1;

    struct e820_entry *to = &map->entries[i];
    if (old.base < base) {
        *to = old;
        to++->length = base - old.base;
        old.base = base;
    }

    *to = old;
    to->type = E820_RESERVED;
    to++->length = (old_end < end ? old_end : end) - old.base;

    if (old_end > end) {
        *to = old;
        to->base = end;
        to->length = old_end - end;
    }
    return pieces;
}

bool memory_map_reserve(struct memory_map *map, uint64_t base, uint64_t length)
{
    uint64_t end = length > UINT64_MAX - base ? UINT64_MAX : base + length;
    unsigned more = 0;
    for (unsigned i = 0; i < map->count; i++)
        if (overlaps_ram(&map->entries[i], base, end))
            more += pieces_more(&map->entries[i], base, end);
    if (more > MEMORY_MAP_MAX - map->count)
        return false;

    for (unsigned i = 0; i < map->count;)
        i += overlaps_ram(&map->entries[i], base, end) ? split(map, i, base, end) : 1;
    return true;
}

uint32_t memory_map_place_beside(struct memory_map *map, const struct memory_range *ours, unsigned count, uint32_t size,
                                 uint32_t lowest)
{
    bool at_top;
    for (unsigned i = 0; i < count; i++)
        if (!memory_map_reserve(map, ours[i].base, ours[i].size))
            return 0;
    return placement_find(map->entries, map->count, size, lowest, &at_top);
}

uint64_t memory_map_ram_end(const struct memory_map *map, uint64_t start)
{
    uint64_t end = start;
    for (unsigned i = 0; i < map->count;) {
        const struct e820_entry *entry = &map->entries[i];
        if (entry->type == E820_RAM && entry->base <= end && e820_end(entry) > end) {
            end = e820_end(entry);
            i = 0;
        } else {
            i++;
        }
    }

    for (unsigned i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entries[i];
        if (entry->type != E820_RAM && entry->base < end && e820_end(entry) > start)
            end = entry->base > start ? entry->base : start;
    }
    return end;
}

/* `ours`, but not more than `most` nor than the BIOS's figure. */
static uint16_t bounded(uint64_t ours, uint64_t most, uint16_t bios)
{
    uint64_t result = ours < most ? ours : most;
    return (uint16_t)(bios != 0 && bios < result ? bios : result);
}

void memory_map_sizes(const struct memory_map *map, const struct memory_sizes *bios, struct memory_sizes *sizes)
{
    uint64_t low = memory_map_ram_end(map, MIB) - MIB;
    uint64_t high = memory_map_ram_end(map, E801_BORDER) - E801_BORDER;
    sizes->e801_low = bounded(low / KIB, E801_LOW_MAX, bios->e801_low);
    /* E801 says nothing of a hole below 16 MiB but that the first figure is short. */
    sizes->e801_high = bounded(high / E801_UNIT, UINT16_MAX, bios->e801_high);
    sizes->int15_88 = bounded(low / KIB, INT15_88_MAX, bios->int15_88);
}
