/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the image, and an arena that is larger than its region, go. Pure functions; part of the stub and of the image. */
#ifndef SANSTRAP_PLACEMENT_H
#define SANSTRAP_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#define E820_RAM 1

/* As INT 15h AX=E820h gives it (ACPI specification, "System Address Map Interfaces"). */
struct e820_entry {
    uint64_t base, length;
    uint32_t type;
    uint32_t attributes; /* only in entries of 24 bytes and more */
} __attribute__((packed));

/* One past the entry's last byte; UINT64_MAX when the BIOS's sum wraps. */
static inline uint64_t e820_end(const struct e820_entry *entry)
{
    return entry->length > UINT64_MAX - entry->base ? UINT64_MAX : entry->base + entry->length;
}

#define PLACEMENT_BELOW_TOP (256u * 1024 * 1024) /* bytes */

/*
 * A page-aligned place below 4 GiB, at or above `lowest`, where `size` bytes are RAM and nothing else: entries may come in any
 * order and overlap, and whatever is not RAM wins. 0 when there is none.
 *
 * It is the highest one that is PLACEMENT_BELOW_TOP away from the top: there lies firmware that may be returned to, of UEFI
 * machines with a CSM, in memory that its map calls RAM. Where that is too little memory to keep away from the top, it is the
 * highest of all, and *at_top is set.
 */
uint32_t placement_find(const struct e820_entry *entries, unsigned count, uint32_t size, uint32_t lowest, bool *at_top);

#endif
