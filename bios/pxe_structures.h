/* SPDX-License-Identifier: BSD-2-Clause */
/* The ROM's !PXE and PXENV+ (PXE specification 2.1, sections 3.3 and 3.4 of its API), read with suspicion. Pure functions. */
#ifndef SANSTRAP_PXE_STRUCTURES_H
#define SANSTRAP_PXE_STRUCTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PXE_SEGMENTS_MAX 7

struct pxe_pointer {
    uint16_t offset, segment;
};

struct pxe_segment {
    uint32_t base, size; /* linear; bytes */
};

struct pxe_rom {
    bool has_pxe;     /* !PXE: the API takes its arguments from the stack; else PXENV+: from BX and ES:DI */
    bool has_cleanup; /* older than 2.0: UNDI_CLEANUP ends it, and not STOP_UNDI */
    struct pxe_pointer entry;
    unsigned segment_count;
    struct pxe_segment segments[PXE_SEGMENTS_MAX]; /* base memory that the ROM's stack occupies */
};

/*
 * !PXE. `available` bytes may be read at `bytes`. False, and nothing changed, when signature, length, checksum or entry point are
 * not right. Segments beyond PXE_SEGMENTS_MAX are left out.
 */
bool pxe_read(const uint8_t *bytes, size_t available, struct pxe_rom *rom);

/*
 * The same for PXENV+. *pxe is where !PXE is, from version 2.1 on; 0:0 when it names none. rom->entry is PXENV+'s own.
 */
bool pxenv_read(const uint8_t *bytes, size_t available, struct pxe_rom *rom, struct pxe_pointer *pxe);

/*
 * Where base memory, which ends at `limit` (a whole KiB), will end without the ROM's segments above: in the whole KiB that it had
 * taken. It stays `limit` when there are none, or when the first of them does not begin there, as somebody else has taken memory
 * since.
 */
uint32_t pxe_base_memory_end(const struct pxe_rom *rom, uint32_t limit);

/* True when the ROM's stack occupies that byte. */
bool pxe_covers(const struct pxe_rom *rom, uint32_t linear);

/*
 * Takes the signature off every !PXE and PXENV+ that pxe_read() and pxenv_read() find good, at any of the first `size` bytes.
 * Whoever looks for one there would call a ROM that is gone.
 */
void pxe_erase(uint8_t *bytes, size_t size);

#endif
