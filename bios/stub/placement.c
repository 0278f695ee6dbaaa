/* SPDX-License-Identifier: BSD-2-Clause */
/* A piece of RAM that is large enough and that nobody uses, as far as can be. */
#include "bios/stub/placement.h"

#include "platform/bytes.h"

#define PAGE_MASK (PAGE_SIZE - 1ull)
#define LIMIT     (1ull << 32)
#define MUCH      (768 * MIB) /* so much RAM that what is far below its top is still far above what boot loaders use */

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

/* The highest place that ends at or below `limit`; 0 when there is none. */
static uint32_t highest_below(const struct e820_entry *entries, unsigned count, uint32_t size, uint32_t lowest, uint64_t limit)
{
    uint64_t best = 0;
    for (unsigned i = 0; i < count; i++) {
        if (entries[i].type != E820_RAM)
            continue;

        uint64_t end = e820_end(&entries[i]);
        end = (end > limit ? limit : end) & ~PAGE_MASK;
        uint64_t floor = entries[i].base > lowest ? entries[i].base : lowest;
        if (clear_of_others(entries, count, size, floor, &end) && end > best)
            best = end;
    }
    return best ? (uint32_t)(best - size) : 0;
}

uint32_t placement_find(const struct e820_entry *entries, unsigned count, uint32_t size, uint32_t lowest, bool *at_top)
{
    uint32_t top = highest_below(entries, count, size, lowest, LIMIT);
    uint32_t away = top < MUCH ? 0 : highest_below(entries, count, size, MUCH / 2, top + size - PLACEMENT_BELOW_TOP);
    *at_top = !away;
    return away ? away : top;
}
