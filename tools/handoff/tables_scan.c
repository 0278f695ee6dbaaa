/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds tables in a memory image, and which iBFT Linux takes. */
#include <string.h>

#include "tools/handoff/tables.h"

/* Where Linux looks for an iBFT, but for the screen's memory in between (drivers/firmware/iscsi_ibft_find.c). */
#define LOW_START    0x80000u
#define SCREEN_START 0xA0000u
#define SCREEN_END   0xC0000u
#define LOW_END      0x100000u

_Static_assert(IBFT_SCAN_STEP == ISDH_SCAN_STEP, "one pass finds both");

struct scan {
    struct tables *tables;
    const uint8_t *memory;
    size_t size;
    uint64_t base;
    bool linux_has_one;
};

static bool is_low(uint64_t address)
{
    return address >= LOW_START && address < LOW_END && (address < SCREEN_START || address >= SCREEN_END);
}

/* Linux takes the first whose length lies below 1 MiB, and never another one, be it as short and as wrong as it may. */
static bool linux_takes(struct scan *scan, const uint8_t *bytes, uint64_t address)
{
    if (scan->linux_has_one || !is_low(address) ||
        (memcmp(bytes, IBFT_SIGNATURE, 4) && memcmp(bytes, IBFT_SIGNATURE_SWAPPED, 4)) ||
        address + handoff_table_length(bytes) >= LOW_END)
        return false;
    scan->linux_has_one = true;
    return true;
}

/*
 * The signature alone proves little: whatever reads iBFTs holds it, too. What Linux may take counts, right or wrong; elsewhere a
 * table is what adds up.
 */
static bool is_ibft(const uint8_t *bytes, uint64_t address)
{
    uint32_t length = handoff_table_length(bytes);
    bool is_plausible = length >= sizeof(struct ibft_header) && length <= IBFT_LENGTH_MAX;
    return is_plausible && (is_low(address) || bytes_sum(bytes, length) == 0);
}

static void look_at_address(struct scan *scan, size_t at)
{
    const uint8_t *bytes = scan->memory + at;
    uint64_t address = scan->base + at;
    struct table table = {.kind = handoff_table_at(bytes, scan->size - at),
                          .bytes = bytes,
                          .size = scan->size - at,
                          .self = address,
                          .linux_choice = linux_takes(scan, bytes, address)};
    if (table.linux_choice)
        table.kind = HANDOFF_IBFT;
    if (table.kind == HANDOFF_ISDH || table.linux_choice || (table.kind == HANDOFF_IBFT && is_ibft(bytes, address)))
        tables_add(scan->tables, table);
}

void tables_scan(struct tables *tables, const uint8_t *memory, size_t size, uint64_t base)
{
    struct scan scan = {.tables = tables, .memory = memory, .size = size, .base = base};
    size_t least = sizeof(struct ibft_header);
    for (size_t at = (size_t)(0 - base) % IBFT_SCAN_STEP; size >= least && at <= size - least; at += IBFT_SCAN_STEP)
        if (handoff_table_by_signature(memory + at) != HANDOFF_NO_TABLE)
            look_at_address(&scan, at);
}
