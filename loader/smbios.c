/* SPDX-License-Identifier: BSD-2-Clause */
/* The SMBIOS entry point, and the system UUID in its structures (DMTF DSP0134). */
#include "loader/smbios.h"

#include <string.h>

#include "platform/bytes.h"

#define ENTRY_STEP 16 /* entry points lie on such boundaries */

/* The 32-bit entry point. */
#define ENTRY32_LENGTH_AT    0x05
#define ENTRY32_DMI_AT       0x10 /* "_DMI_" */
#define ENTRY32_TABLE_LENGTH 0x16
#define ENTRY32_TABLE        0x18
#define ENTRY32_LENGTH       0x1F

/* The 64-bit one. */
#define ENTRY64_LENGTH_AT    0x06
#define ENTRY64_TABLE_LENGTH 0x0C
#define ENTRY64_TABLE        0x10
#define ENTRY64_LENGTH       0x18

/* Structures. */
#define TYPE_AT       0
#define LENGTH_AT     1
#define TYPE_SYSTEM   1
#define TYPE_END      127
#define HEADER_LENGTH 4
#define UUID_OFFSET   8
#define UUID_LENGTH   16

static bool is_entry(const uint8_t *bytes, size_t available, const char *anchor, unsigned length_at, unsigned length_min)
{
    return !memcmp(bytes, anchor, strlen(anchor)) && bytes[length_at] >= length_min && bytes[length_at] <= available &&
           bytes_sum(bytes, bytes[length_at]) == 0;
}

static bool read_entry(const uint8_t *bytes, size_t available, struct smbios_table *table)
{
    /* Version 2.1's text says 1Eh where it means 1Fh, and BIOSes copied that. */
    if (available >= ENTRY32_LENGTH && is_entry(bytes, available, "_SM_", ENTRY32_LENGTH_AT, ENTRY32_LENGTH - 1) &&
        !memcmp(bytes + ENTRY32_DMI_AT, "_DMI_", 5)) {
        *table = (struct smbios_table){get_le32(bytes + ENTRY32_TABLE), get_le16(bytes + ENTRY32_TABLE_LENGTH)};
        return true;
    }
    if (available >= ENTRY64_LENGTH && is_entry(bytes, available, "_SM3_", ENTRY64_LENGTH_AT, ENTRY64_LENGTH)) {
        *table = (struct smbios_table){get_le64(bytes + ENTRY64_TABLE), get_le32(bytes + ENTRY64_TABLE_LENGTH)};
        return true;
    }
    return false;
}

bool smbios_find(const uint8_t *area, size_t length, struct smbios_table *table)
{
    for (size_t at = 0; at < length; at += ENTRY_STEP)
        if (read_entry(area + at, length - at, table))
            return true;
    return false;
}

/* Past the structure at `at` and its strings, which end with an empty one. 0 when the table ends first. */
static size_t end_of_structure(const uint8_t *structures, size_t length, size_t at)
{
    for (at += structures[at + LENGTH_AT]; at + 2 <= length; at++)
        if (structures[at] == 0 && structures[at + 1] == 0)
            return at + 2;
    return 0;
}

/* All zeros and all ones say that none is set (DSP0134 section 7.2.1). */
static bool is_set(const uint8_t *uuid)
{
    uint8_t ones[UUID_LENGTH];
    memset(ones, 0xFF, sizeof ones);
    return !bytes_are_zero(uuid, UUID_LENGTH) && memcmp(uuid, ones, sizeof ones);
}

bool smbios_uuid(const uint8_t *structures, size_t length, uint8_t uuid[16])
{
    for (size_t at = 0; length >= HEADER_LENGTH && at <= length - HEADER_LENGTH;) {
        const uint8_t *structure = structures + at;
        uint8_t size = structure[LENGTH_AT];
        if (size < HEADER_LENGTH || size > length - at || structure[TYPE_AT] == TYPE_END)
            return false;

        if (structure[TYPE_AT] == TYPE_SYSTEM) {
            if (size < UUID_OFFSET + UUID_LENGTH || !is_set(structure + UUID_OFFSET))
                return false;
            memcpy(uuid, structure + UUID_OFFSET, UUID_LENGTH);
            return true;
        }

        at = end_of_structure(structures, length, at);
        if (at == 0)
            return false;
    }
    return false;
}
