/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operating system is told, in base memory, where Linux, Windows and FreeBSD look for it; and what others left there.
 *
 * Linux looks upwards from 80000h and takes the first signature without testing the sum: one that lies below ours has to go.
 */
#include <string.h>

#include "bios/home.h"
#include "loader/acpi.h"
#include "platform/bytes.h"

#define LOOK_FROM    0x80000u
#define LOOK_TO      0x100000u
#define FREEBSD_FROM 0x85208u /* where FreeBSD's loader begins to look */
#define VIDEO_MEMORY BASE_MEMORY_TOP
#define VIDEO_END    0xC0000u
#define ACPI_LOWEST  0x1000u

static uint32_t place, place_size; /* of our tables, once they have one */
static uint64_t generation;        /* the highest of all ISDH tables that were seen */

uint32_t tables_size(const struct boot_tables *tables)
{
    return whole_paragraphs((uint32_t)tables->ibft_length) + whole_paragraphs((uint32_t)tables->isdh_length);
}

/* ---- what others left ---- */

static const uint8_t *physical(uint64_t address, size_t length)
{
    return address >= ACPI_LOWEST && address <= UINT32_MAX - length ? low_memory((uint32_t)address) : NULL;
}

/* One that says it is ours is of an earlier start: RAM keeps its contents over a reset. */
static bool is_ours(const uint8_t *ibft)
{
    struct ibft_header header;
    memcpy(&header, ibft, sizeof header);
    return !memcmp(header.oem_id, IBFT_OEM_ID, sizeof header.oem_id);
}

static bool is_valid(const uint8_t *ibft, size_t size)
{
    struct handoff handoff;
    struct handoff_faults faults;
    return ibft_read_leniently(ibft, size, &handoff, &faults);
}

/* The signature alone is no table: whatever reads iBFTs, a ROM for one, holds it, too. A wrong one is for want of a valid one. */
const uint8_t *tables_firmware_ibft(size_t *size)
{
    const uint8_t *memory = low_memory(LOOK_FROM), *wrong = NULL;
    size_t all = LOOK_TO - LOOK_FROM;

    for (size_t at = handoff_find(HANDOFF_IBFT, memory, all, 0, IBFT_SCAN_STEP); at < all;
         at = handoff_find(HANDOFF_IBFT, memory, all, at + IBFT_SCAN_STEP, IBFT_SCAN_STEP)) {
        bool in_video = at >= VIDEO_MEMORY - LOOK_FROM && at < VIDEO_END - LOOK_FROM;
        *size = all - at;
        if (in_video || is_ours(memory + at))
            continue;
        if (is_valid(memory + at, *size))
            return memory + at;
        wrong = wrong ? wrong : memory + at;
    }

    const uint8_t *of_acpi = acpi_find_table(bios_acpi_root(), HANDOFF_IBFT, 0, physical, size);
    if (!wrong || (of_acpi && is_valid(of_acpi, *size)))
        return of_acpi;
    *size = all - (size_t)(wrong - memory);
    return wrong;
}

/* ---- ours ---- */

/* Takes the signature off every table of a kind in base memory; the generations of ISDH tables are noted. */
static void wipe_tables(enum handoff_table kind)
{
    const uint8_t *base = low_memory(LOOK_FROM);
    for (size_t at = 0; at < BASE_MEMORY_TOP - LOOK_FROM; at += IBFT_SCAN_STEP) {
        size_t size = LOOK_TO - LOOK_FROM - at; /* Linux takes one whose length leads out of base memory, too */
        if (handoff_table_at(base + at, size) != kind)
            continue;

        struct handoff handoff;
        struct handoff_faults faults;
        if (kind == HANDOFF_ISDH && isdh_read(base + at, size, LOOK_FROM + at, &handoff, &faults) &&
            handoff.generation > generation)
            generation = handoff.generation;
        memset(low_memory(LOOK_FROM + (uint32_t)at), 0, 4);
    }
}

void tables_clear(void)
{
    wipe_tables(HANDOFF_IBFT);
    wipe_tables(HANDOFF_ISDH);
    acpi_hide_ibfts(bios_acpi_root(), physical);
}

void tables_reserve(uint32_t base, uint32_t size)
{
    place = base;
    place_size = size;
}

enum status tables_publish(const struct boot_tables *tables)
{
    uint32_t isdh = place + whole_paragraphs((uint32_t)tables->ibft_length);
    if (tables_size(tables) > place_size)
        return fail(E_HANDOFF_SIZE, "%u bytes where %u were kept at the first attempt", (unsigned)tables_size(tables),
                    (unsigned)place_size);

    memset(low_memory(place), 0, place_size);
    if (!tables_size(tables))
        return OK;
    memcpy(low_memory(place), tables->ibft, tables->ibft_length);
    memcpy(low_memory(isdh), tables->isdh, tables->isdh_length);
    isdh_place(low_memory(isdh), isdh, ++generation);
    return OK;
}

void tables_withdraw(void)
{
    if (place)
        memset(low_memory(place), 0, place_size);
    acpi_restore_ibfts();
}

bool tables_are_found_at(uint32_t base)
{
    return base >= FREEBSD_FROM;
}
