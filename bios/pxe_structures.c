/* SPDX-License-Identifier: BSD-2-Clause */
/* !PXE and PXENV+: offsets, checks, and what base memory the ROM behind them has taken. */
#include "bios/pxe_structures.h"

#include <string.h>

#include "bios/low_memory.h"
#include "platform/bytes.h"

#define PXE_SIGNATURE     "!PXE"
#define PXE_LENGTH        0x04
#define PXE_ENTRY         0x10
#define PXE_SEGMENT_COUNT 0x1D
#define PXE_SEGMENTS      0x20u /* the first is the stack; selector or segment, physical address, size */
#define PXE_SIZE          0x58u

#define SEGMENT_ADDRESS 2
#define SEGMENT_LENGTH  6
#define SEGMENT_SIZE    8u /* bytes of one entry */

#define PXENV_SIGNATURE  "PXENV+"
#define PXENV_VERSION    0x06
#define PXENV_LENGTH     0x08
#define PXENV_ENTRY      0x0A
#define PXENV_BC_CODE    0x18
#define PXENV_BC_DATA    0x1C
#define PXENV_UNDI_DATA  0x20
#define PXENV_UNDI_CODE  0x24
#define PXENV_PXE        0x28
#define PXENV_SIZE       0x26u /* up to version 2.0 */
#define PXENV_SIZE_21    0x2Cu
#define PXENV_VERSION_20 0x0200
#define PXENV_VERSION_21 0x0201

static struct pxe_pointer pointer_at(const uint8_t *bytes)
{
    return (struct pxe_pointer){get_le16(bytes), get_le16(bytes + 2)};
}

/*
 * The length that a structure says of itself, at `length_at`, when its signature and its sum are right and it has the `least`
 * bytes that its version wants; 0 otherwise.
 */
static size_t sound_length(const uint8_t *bytes, size_t available, const char *signature, size_t length_at, size_t least)
{
    if (available < least || memcmp(bytes, signature, strlen(signature)) != 0)
        return 0;
    size_t length = bytes[length_at];
    return length >= least && length <= available && bytes_sum(bytes, length) == 0 ? length : 0;
}

/* False, and *rom as it was, when the structure names no entry point. */
static bool start_rom(struct pxe_rom *rom, bool has_pxe, const uint8_t *entry)
{
    if (!pointer_at(entry).segment)
        return false;
    *rom = (struct pxe_rom){.has_pxe = has_pxe, .entry = pointer_at(entry)};
    return true;
}

static void add_segment(struct pxe_rom *rom, uint32_t base, uint32_t size)
{
    if (base != 0 && size != 0 && rom->segment_count < PXE_SEGMENTS_MAX)
        rom->segments[rom->segment_count++] = (struct pxe_segment){base, size};
}

bool pxe_read(const uint8_t *bytes, size_t available, struct pxe_rom *rom)
{
    size_t length = sound_length(bytes, available, PXE_SIGNATURE, PXE_LENGTH, PXE_SIZE);
    if (!length || !start_rom(rom, true, bytes + PXE_ENTRY))
        return false;

    uint32_t count = smaller_of(bytes[PXE_SEGMENT_COUNT], (uint32_t)(length - PXE_SEGMENTS) / SEGMENT_SIZE);
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *segment = bytes + PXE_SEGMENTS + i * SEGMENT_SIZE;
        add_segment(rom, get_le32(segment + SEGMENT_ADDRESS), get_le16(segment + SEGMENT_LENGTH));
    }
    return true;
}

bool pxenv_read(const uint8_t *bytes, size_t available, struct pxe_rom *rom, struct pxe_pointer *pxe)
{
    size_t length = sound_length(bytes, available, PXENV_SIGNATURE, PXENV_LENGTH, PXENV_SIZE);
    if (!length || !start_rom(rom, false, bytes + PXENV_ENTRY))
        return false;

    static const uint8_t places[] = {PXENV_UNDI_DATA, PXENV_UNDI_CODE, PXENV_BC_CODE, PXENV_BC_DATA};
    for (unsigned i = 0; i < sizeof places; i++)
        add_segment(rom, get_le16(bytes + places[i]) * PARAGRAPH, get_le16(bytes + places[i] + 2));

    *pxe = (struct pxe_pointer){0, 0};
    rom->has_cleanup = get_le16(bytes + PXENV_VERSION) < PXENV_VERSION_20;
    if (get_le16(bytes + PXENV_VERSION) >= PXENV_VERSION_21 && length >= PXENV_SIZE_21)
        *pxe = pointer_at(bytes + PXENV_PXE);
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

bool pxe_covers(const struct pxe_rom *rom, uint32_t linear)
{
    for (unsigned i = 0; i < rom->segment_count; i++)
        if (linear >= rom->segments[i].base && linear - rom->segments[i].base < rom->segments[i].size)
            return true;
    return false;
}

void pxe_erase(uint8_t *bytes, size_t size)
{
    struct pxe_rom rom;
    struct pxe_pointer pxe;
    for (size_t at = 0; at < size; at++) {
        if (bytes[at] == PXE_SIGNATURE[0] && pxe_read(bytes + at, size - at, &rom))
            memset(bytes + at, 0, strlen(PXE_SIGNATURE));
        if (bytes[at] == PXENV_SIGNATURE[0] && pxenv_read(bytes + at, size - at, &rom, &pxe))
            memset(bytes + at, 0, strlen(PXENV_SIGNATURE));
    }
}
