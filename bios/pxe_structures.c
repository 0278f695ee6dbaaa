/* SPDX-License-Identifier: BSD-2-Clause */
#include "bios/pxe_structures.h"

#include <string.h>

#include "bios/low_memory.h"

#define PXE_LENGTH        0x58u
#define PXE_ENTRY         0x10
#define PXE_SEGMENT_COUNT 0x1D
#define PXE_SEGMENTS      0x20u /* the first is the stack; selector or segment, physical address, size */
#define PXE_SEGMENT_SIZE  8u

#define PXENV_LENGTH     0x26u /* up to version 2.0 */
#define PXENV_LENGTH_21  0x2Cu
#define PXENV_VERSION    0x06
#define PXENV_ENTRY      0x0A
#define PXENV_UNDI_DATA  0x20
#define PXENV_UNDI_CODE  0x24
#define PXENV_BC_CODE    0x18
#define PXENV_BC_DATA    0x1C
#define PXENV_PXE        0x28
#define PXENV_VERSION_21 0x0201

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static struct pxe_pointer get_pointer(const uint8_t *bytes)
{
    return (struct pxe_pointer){get16(bytes), get16(bytes + 2)};
}

static bool sums_to_zero(const uint8_t *bytes, size_t length)
{
    uint8_t sum = 0;
    while (length--)
        sum = (uint8_t)(sum + *bytes++);
    return sum == 0;
}

static void add_segment(struct pxe_rom *rom, uint32_t base, uint32_t size)
{
    if (base != 0 && size != 0 && rom->segment_count < PXE_SEGMENTS_MAX)
        rom->segments[rom->segment_count++] = (struct pxe_segment){base, size};
}

bool pxe_read(const uint8_t *bytes, size_t available, struct pxe_rom *rom)
{
    if (available < PXE_LENGTH || memcmp(bytes, "!PXE", 4) != 0 || bytes[4] < PXE_LENGTH || bytes[4] > available ||
        !sums_to_zero(bytes, bytes[4]))
        return false;
    struct pxe_pointer entry = get_pointer(bytes + PXE_ENTRY);
    if (entry.segment == 0)
        return false;
    *rom = (struct pxe_rom){.has_pxe = true, .entry = entry};
    unsigned count = bytes[PXE_SEGMENT_COUNT];
    if (count > (bytes[4] - PXE_SEGMENTS) / PXE_SEGMENT_SIZE)
        count = (bytes[4] - PXE_SEGMENTS) / PXE_SEGMENT_SIZE;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *segment = bytes + PXE_SEGMENTS + i * PXE_SEGMENT_SIZE;
        add_segment(rom, get32(segment + 2), get16(segment + 6));
    }
    return true;
}

bool pxenv_read(const uint8_t *bytes, size_t available, struct pxe_rom *rom, struct pxe_pointer *pxe)
{
    if (available < PXENV_LENGTH || memcmp(bytes, "PXENV+", 6) != 0 || bytes[8] < PXENV_LENGTH || bytes[8] > available ||
        !sums_to_zero(bytes, bytes[8]))
        return false;
    struct pxe_pointer entry = get_pointer(bytes + PXENV_ENTRY);
    if (entry.segment == 0)
        return false;
    *rom = (struct pxe_rom){.entry = entry};
    static const uint8_t places[] = {PXENV_UNDI_DATA, PXENV_UNDI_CODE, PXENV_BC_CODE, PXENV_BC_DATA};
    for (unsigned i = 0; i < sizeof places; i++)
        add_segment(rom, get16(bytes + places[i]) * 16u, get16(bytes + places[i] + 2));
    *pxe = (struct pxe_pointer){0, 0};
    if (get16(bytes + PXENV_VERSION) >= PXENV_VERSION_21 && bytes[8] >= PXENV_LENGTH_21)
        *pxe = get_pointer(bytes + PXENV_PXE);
    return true;
}

uint32_t pxe_base_memory_end(const struct pxe_rom *rom, uint32_t limit)
{
    uint32_t first = BASE_MEMORY_TOP, end = limit;
    for (unsigned i = 0; i < rom->segment_count; i++) {
        const struct pxe_segment *segment = &rom->segments[i];
        if (segment->base < limit || segment->base >= BASE_MEMORY_TOP)
            continue;
        if (segment->base < first)
            first = segment->base;
        if (segment->base + segment->size > end)
            end = segment->base + segment->size;
    }
    return first < limit + KIB ? (end + KIB - 1) & ~(KIB - 1) : limit;
}
