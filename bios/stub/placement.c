/* SPDX-License-Identifier: BSD-2-Clause */
#include "bios/stub/placement.h"

#include <stdbool.h>

#define PAGE_MASK 0xFFFull
#define LIMIT     0x100000000ull

/* Saturating, as firmware's sums may wrap. */
static uint64_t end_of(const struct e820_entry *entry)
{
    return entry->length > UINT64_MAX - entry->base ? UINT64_MAX : entry->base + entry->length;
}

/* Lowers *end until [*end - size, *end) meets nothing that is not RAM. */
static bool clear_of_others(const struct e820_entry *entries, unsigned count, uint32_t size, uint64_t lowest, uint64_t *end)
{
    for (unsigned i = 0; i < count;) {
        if (*end < lowest + size)
            return false;
        if (entries[i].type != E820_RAM && entries[i].length != 0 && entries[i].base < *end &&
            end_of(&entries[i]) > *end - size) {
            *end = entries[i].base & ~PAGE_MASK;
            i = 0;
        } else {
            i++;
        }
    }
    return *end >= lowest + size;
}

uint32_t place_at_top(const struct e820_entry *entries, unsigned count, uint32_t size, uint32_t lowest)
{
    uint64_t best = 0;
    for (unsigned i = 0; i < count; i++) {
        if (entries[i].type != E820_RAM)
            continue;
        uint64_t end = end_of(&entries[i]);
        end = (end > LIMIT ? LIMIT : end) & ~PAGE_MASK;
        uint64_t floor = entries[i].base > lowest ? entries[i].base : lowest;
        if (clear_of_others(entries, count, size, floor, &end) && end > best)
            best = end;
    }
    return best ? (uint32_t)(best - size) : 0;
}
