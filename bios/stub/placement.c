/* SPDX-License-Identifier: BSD-2-Clause */
/* The highest piece of RAM that is large enough. */
#include "bios/stub/placement.h"

#include <stdbool.h>

#include "platform/bytes.h"

#define PAGE_MASK (PAGE_SIZE - 1ull)
#define LIMIT     (1ull << 32)

/* Lowers *end until [*end - size, *end) meets nothing that is not RAM. */
static bool clear_of_others(const struct e820_entry *entries, unsigned count, uint32_t size, uint64_t lowest, uint64_t *end)
{
    for (unsigned i = 0; i < count;) {
        if (*end < lowest + size)
            return false;
        if (entries[i].type != E820_RAM && entries[i].length != 0 && entries[i].base < *end &&
            e820_end(&entries[i]) > *end - size) {
            *end = entries[i].base & ~PAGE_MASK;
            i = 0;
        } else {
            i++;
        }
    }
    return *end >= lowest + size;
}

uint32_t placement_at_top(const struct e820_entry *entries, unsigned count, uint32_t size, uint32_t lowest)
{
    uint64_t best = 0;
    for (unsigned i = 0; i < count; i++) {
        if (entries[i].type != E820_RAM)
            continue;

        uint64_t end = e820_end(&entries[i]);
        end = (end > LIMIT ? LIMIT : end) & ~PAGE_MASK;
        uint64_t floor = entries[i].base > lowest ? entries[i].base : lowest;
        if (clear_of_others(entries, count, size, floor, &end) && end > best)
            best = end;
    }
    return best ? (uint32_t)(best - size) : 0;
}
