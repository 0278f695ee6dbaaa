/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SANSTRAP_PLACEMENT_H
#define SANSTRAP_PLACEMENT_H

#include <stdint.h>

#define E820_RAM 1

/* As INT 15h AX=E820h gives it (ACPI specification, "System Address Map Interfaces"). */
struct e820_entry {
    uint64_t base, length;
    uint32_t type;
    uint32_t attributes; /* only in entries of 24 bytes and more */
} __attribute__((packed));

/*
 * The highest page-aligned place below 4 GiB, at or above `lowest`, where `size` bytes are RAM and nothing else: entries may come
 * in any order and overlap, and whatever is not RAM wins. 0 when there is none.
 */
uint32_t place_at_top(const struct e820_entry *entries, unsigned count, uint32_t size, uint32_t lowest);

#endif
