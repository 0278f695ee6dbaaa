/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a table by ACPI's roots (ACPI 6.5, 5.2.5 to 5.2.8). */
#ifndef SANSTRAP_ACPI_H
#define SANSTRAP_ACPI_H

#include "handoff/handoff.h"

/* Physical memory; NULL when it cannot be read in its whole length. */
typedef const uint8_t *acpi_memory(uint64_t address, size_t length);

/* Looks for a valid root pointer on 16-byte boundaries of `area`. NULL when there is none. */
const uint8_t *acpi_find_root(const uint8_t *area, size_t length);

/*
 * The table of this kind that the root pointer (valid, 20 bytes or 36) leads to with `before` others before it, with its length
 * in *size; NULL when there is none. Of a table that is in XSDT and RSDT there are two. A NULL root leads nowhere, here and
 * below.
 */
const uint8_t *acpi_find_table(const uint8_t *root, enum handoff_table table, unsigned before, acpi_memory *memory, size_t *size);

/*
 * Takes every iBFT that the root pointer leads to out of sight, and back: Linux takes the first, and whoever made it has lost its
 * card to us. The signature changes, and the checksum with it; the tables are in RAM. A second call before the restoring one adds
 * to what it restores.
 */
void acpi_hide_ibfts(const uint8_t *root, acpi_memory *memory);
void acpi_restore_ibfts(void);

#endif
