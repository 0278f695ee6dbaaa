/* SPDX-License-Identifier: BSD-2-Clause */
/* What INT 12h, INT 15h and the BIOS data area say of memory, and that they agree. */
#include "exerciser.h"

#define ENTRIES 64
#define EDGE    0x200000u
#define SEED    0x5EED5EED

struct range {
    uint32_t base, base_high, length, length_high, type;
};

static struct range map[ENTRIES];
static unsigned entries;

static struct registers system_call(uint8_t number, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    struct registers in = {.eax = eax,
                           .ebx = ebx,
                           .ecx = ecx,
                           .edx = edx,
                           .esi = 0xAAAA5555,
                           .edi = 0,
                           .ebp = 0x12345678,
                           .ds = OWN_SEGMENT,
                           .es = BUFFER >> 4,
                           .eflags = INTERRUPT | 2,
                           .ss = STACK_SEGMENT,
                           .sp = STACK_TOP};

    struct registers out;
    call_interrupt(number, &in, &out);
    return out;
}

static void read_map(void)
{
    uint32_t ebx = 0;
    bool ended = false, nonzero = true, signature = true, sizes = true;

    for (entries = 0; entries < ENTRIES && !ended; entries++) {
        fill8(BUFFER, 32, 0xCC);
        struct registers out = system_call(0x15, 0xE820, ebx, 20, SMAP);
        if (out.eflags & CARRY)
            break;

        signature &= out.eax == SMAP;
        sizes &= out.ecx == 20 && all8(BUFFER + 20, 12, 0xCC);
        map[entries] =
            (struct range){peek32(BUFFER), peek32(BUFFER + 4), peek32(BUFFER + 8), peek32(BUFFER + 12), peek32(BUFFER + 16)};
        nonzero &= map[entries].length || map[entries].length_high;
        ebx = out.ebx;
        ended = ebx == 0;
    }

    check(ended && entries > 0, "e820/ends-with-ebx-0", "%u entries", entries);
    check(nonzero, "e820/no-empty-entry", "");
    check(signature && sizes, "e820/signature-and-size", "");
}

static bool usable_page_aligned(void)
{
    for (unsigned i = 0; i < entries; i++)
        if (map[i].type == 1 && (map[i].base >= 0x100000 || map[i].base_high) && ((map[i].base | map[i].length) & 0xFFF))
            return false;
    return true;
}

static bool overlapping(void)
{
    for (unsigned i = 0; i < entries; i++)
        for (unsigned j = 0; j < entries; j++)
            if (i != j && !map[i].base_high && !map[j].base_high && map[i].base <= map[j].base &&
                map[j].base - map[i].base < map[i].length)
                return true;
    return false;
}

/* The entry of type 1 that holds `address`, or NULL. */
static const struct range *usable_at(uint32_t address)
{
    for (unsigned i = 0; i < entries; i++)
        if (map[i].type == 1 && !map[i].base_high && map[i].base <= address && address - map[i].base < map[i].length)
            return &map[i];
    return 0;
}

/* Up to EDGE bytes at either end of a usable range above 1 MiB and below 4 GiB: where a neighbour would reach over. */
static bool edge_of(unsigned i, bool upper, uint32_t *at, uint32_t *length)
{
    const struct range *range = &map[i];
    if (range->type != 1 || range->base_high || range->length_high || range->base < 0x100000)
        return false;
    *length = range->length < EDGE ? range->length : EDGE;
    *at = upper ? range->base + (range->length - *length) : range->base;
    return true;
}

/* Memory that the map calls usable is nobody's: what we put around whatever it reserves is still there after many reads. */
static void usable_is_ours(void)
{
    uint32_t at, length, filled = 0;
    set_a20(true);
    for (unsigned i = 0; i < 2 * entries; i++)
        if (edge_of(i / 2, i % 2, &at, &length)) {
            flat_fill(at, length, SEED);
            filled += length;
        }

    uint8_t status = 0;
    for (uint32_t lba = DATA_START; lba < DATA_START + 4096 && status == 0; lba += 64)
        status = transfer(0x42, lba, 64, BUFFER);

    uint32_t differs = 0;
    set_a20(true);
    for (unsigned i = 0; i < 2 * entries && !differs; i++)
        if (edge_of(i / 2, i % 2, &at, &length))
            differs = flat_differs(at, length, SEED);

    check(status == 0 && filled && differs == 0, "e820/usable-memory-is-unused", "status %x, %x bytes, differs at %x", status,
          filled, differs);
}

void test_memory_map(void)
{
    struct registers out = system_call(0x12, 0x11110000, 0, 0, 0);
    uint16_t base_kib = (uint16_t)out.eax;
    check(base_kib == peek16(BDA_BASE_MEMORY), "int12/0040:0013", "%u, %u", base_kib, peek16(BDA_BASE_MEMORY));
    read_map();
    const struct range *low = usable_at(0);
    check(low && low->base + low->length <= base_kib * 1024u && low->base + low->length + 4096 > base_kib * 1024u,
          "e820/int12-agrees", "%x, %u KiB", low ? low->base + low->length : 0, base_kib);
    check(!strict || usable_page_aligned(), "e820/whole-pages", "");
    check(!overlapping(), "e820/no-overlap", "");

    const struct range *high = usable_at(0x100000);
    uint32_t high_kib = high ? (high->base + high->length - 0x100000) / 1024 : 0;
    out = system_call(0x15, 0xE801, 0, 0, 0);
    uint32_t below16 = (uint16_t)out.eax, above16 = (uint16_t)out.ebx;
    uint32_t e801_kib = below16 < 0x3C00 ? below16 : 0x3C00 + above16 * 64;
    check(!(out.eflags & CARRY) && below16 <= 0x3C00 && e801_kib <= high_kib && e801_kib + 1024 > high_kib, "e801/agrees",
          "%u KiB, e820 %u KiB", e801_kib, high_kib);
    check((uint16_t)out.ecx == below16 && (uint16_t)out.edx == above16, "e801/cx-dx", "%x %x", out.ecx, out.edx);
    out = system_call(0x15, 0x8800, 0, 0, 0);
    check((uint16_t)out.eax <= high_kib && ((uint16_t)out.eax >= 0x3C00 || (uint16_t)out.eax + 64u >= high_kib), "88h/agrees",
          "%u KiB", out.eax & 0xFFFF);
    usable_is_ours();
}
