/* SPDX-License-Identifier: BSD-2-Clause */
/* SMBIOS (DMTF DSP0134), as far as it tells which machine this is. */
#ifndef SANSTRAP_SMBIOS_H
#define SANSTRAP_SMBIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the structures lie (DMTF DSP0134, "SMBIOS EPS table"). */
struct smbios_table {
    uint64_t address;
    uint32_t length;
};

/* Looks for a valid entry point, 32- or 64-bit, on 16-byte boundaries of `area`. */
bool smbios_find(const uint8_t *area, size_t length, struct smbios_table *table);

/* The system UUID (type 1) as it stands in the table, which is the order DHCP option 97 wants. False when there is none or it is
 * not set. */
bool smbios_uuid(const uint8_t *structures, size_t length, uint8_t uuid[16]);

#endif
