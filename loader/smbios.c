/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/smbios.h"

#include <string.h>

#define ENTRY32_LENGTH 0x1F
#define ENTRY64_LENGTH 0x18
#define TYPE_SYSTEM    1
#define TYPE_END       127
#define HEADER_LENGTH  4
#define UUID_OFFSET    8
#define UUID_LENGTH    16

static uint32_t get32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool sums_to_zero(const uint8_t *bytes, size_t length)
{
    uint8_t sum = 0;
    while (length--)
        sum = (uint8_t)(sum + *bytes++);
    return sum == 0;
}

static bool read_entry(const uint8_t *bytes, size_t available, struct smbios_table *table)
{
    /* Version 2.1's text says 1Eh where it means 1Fh, and BIOSes copied that. */
    if (available >= ENTRY32_LENGTH && memcmp(bytes, "_SM_", 4) == 0 && bytes[5] >= ENTRY32_LENGTH - 1 && bytes[5] <= available &&
        sums_to_zero(bytes, bytes[5]) && memcmp(bytes + 0x10, "_DMI_", 5) == 0) {
        *table = (struct smbios_table){get32(bytes + 0x18), bytes[0x16] | (uint32_t)bytes[0x17] << 8};
        return true;
    }
    if (available >= ENTRY64_LENGTH && memcmp(bytes, "_SM3_", 5) == 0 && bytes[6] >= ENTRY64_LENGTH && bytes[6] <= available &&
        sums_to_zero(bytes, bytes[6])) {
        *table = (struct smbios_table){get32(bytes + 0x10) | (uint64_t)get32(bytes + 0x14) << 32, get32(bytes + 0x0C)};
        return true;
    }
    return false;
}

bool smbios_find(const uint8_t *area, size_t length, struct smbios_table *table)
{
    for (size_t at = 0; at < length; at += 16)
        if (read_entry(area + at, length - at, table))
            return true;
    return false;
}

/* Past the structure at `at` and its strings, which end with an empty one. 0 when the table ends first. */
static size_t after(const uint8_t *structures, size_t length, size_t at)
{
    for (at += structures[at + 1]; at + 2 <= length; at++)
        if (structures[at] == 0 && structures[at + 1] == 0)
            return at + 2;
    return 0;
}

bool smbios_uuid(const uint8_t *structures, size_t length, uint8_t uuid[16])
{
    static const uint8_t zeros[UUID_LENGTH];
    uint8_t ones[UUID_LENGTH];
    memset(ones, 0xFF, sizeof ones);
    for (size_t at = 0; length >= HEADER_LENGTH && at <= length - HEADER_LENGTH;) {
        const uint8_t *structure = structures + at;
        if (structure[1] < HEADER_LENGTH || structure[1] > length - at || structure[0] == TYPE_END)
            return false;
        if (structure[0] == TYPE_SYSTEM) {
            if (structure[1] < UUID_OFFSET + UUID_LENGTH || memcmp(structure + UUID_OFFSET, zeros, UUID_LENGTH) == 0 ||
                memcmp(structure + UUID_OFFSET, ones, UUID_LENGTH) == 0)
                return false;
            memcpy(uuid, structure + UUID_OFFSET, UUID_LENGTH);
            return true;
        }
        at = after(structures, length, at);
        if (at == 0)
            return false;
    }
    return false;
}
