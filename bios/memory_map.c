/* SPDX-License-Identifier: BSD-2-Clause */
#include "bios/memory_map.h"

#include <string.h>

#define MIB          (1ull << 20)
#define INT15_88_MAX (63u << 10) /* KiB: as BIOSes do; programs add the first MiB and expect less than 64 MiB */

void memory_map_start(struct memory_map *map)
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

static uint64_t end_of(const struct e820_entry *entry)
{
    return entry->length > UINT64_MAX - entry->base ? UINT64_MAX : entry->base + entry->length;
}

static bool meets(const struct e820_entry *entry, uint64_t base, uint64_t end)
{
    return entry->type == E820_RAM && entry->base < end && end_of(entry) > base;
}

/* How many entries more there are once [base, end) is cut out of `entry`. */
static unsigned pieces_more(const struct e820_entry *entry, uint64_t base, uint64_t end)
{
    return (entry->base < base) + (end_of(entry) > end);
}

/* Replaces entries[i] by what is before, in and after [base, end); returns how many entries that are. */
static unsigned split(struct memory_map *map, unsigned i, uint64_t base, uint64_t end)
{
    struct e820_entry old = map->entries[i];
    uint64_t old_end = end_of(&old);
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
        if (meets(&map->entries[i], base, end))
            more += pieces_more(&map->entries[i], base, end);
    if (more > MEMORY_MAP_MAX - map->count)
        return false;
    for (unsigned i = 0; i < map->count;)
        i += meets(&map->entries[i], base, end) ? split(map, i, base, end) : 1;
    return true;
}

uint64_t memory_map_ram_end(const struct memory_map *map, uint64_t start)
{
    uint64_t end = start;
    for (unsigned i = 0; i < map->count;) {
        const struct e820_entry *entry = &map->entries[i];
        if (entry->type == E820_RAM && entry->base <= end && end_of(entry) > end) {
            end = end_of(entry);
            i = 0;
        } else {
            i++;
        }
    }
    for (unsigned i = 0; i < map->count; i++) {
        const struct e820_entry *entry = &map->entries[i];
        if (entry->type != E820_RAM && entry->base < end && end_of(entry) > start)
            end = entry->base > start ? entry->base : start;
    }
    return end;
}

static uint16_t smaller(uint64_t ours, uint64_t most, uint16_t bios)
{
    uint64_t result = ours < most ? ours : most;
    return (uint16_t)(bios != 0 && bios < result ? bios : result);
}

void memory_map_sizes(const struct memory_map *map, const struct memory_sizes *bios, struct memory_sizes *sizes)
{
    uint64_t low = memory_map_ram_end(map, MIB) - MIB;
    uint64_t high = memory_map_ram_end(map, 16 * MIB) - 16 * MIB;
    sizes->e801_low = smaller(low >> 10, 15 << 10, bios->e801_low);
    /* E801 says nothing of a hole below 16 MiB but that the first figure is short. */
    sizes->e801_high = smaller(high >> 16, 0xFFFF, bios->e801_high);
    sizes->int15_88 = smaller(low >> 10, INT15_88_MAX, bios->int15_88);
}
