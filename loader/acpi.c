/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI's root and the tables that hang on it (ACPI 6.5, sections 5.2.5 to 5.2.8). */
#include "loader/acpi.h"

#include <string.h>

#include "platform/bytes.h"

#define ROOT_SIGNATURE "RSD PTR "
#define ROOT_STEP      16
#define ROOT_LENGTH    20 /* what its first checksum covers */
#define ROOT_REVISION  15
#define ROOT_RSDT      16
#define ROOT_XSDT      24
#define ROOT_2_LENGTH  36
#define HEADER_LENGTH  36
#define LENGTH_OFFSET  4
#define TABLE_MAX      (1 * MIB)

static uint64_t get(const uint8_t *bytes, unsigned width)
{
    uint64_t value = 0;
    memcpy(&value, bytes, width);
    return value;
}

const uint8_t *acpi_find_root(const uint8_t *area, size_t length)
{
    for (size_t at = 0; at + ROOT_2_LENGTH <= length; at += ROOT_STEP)
        if (!memcmp(area + at, ROOT_SIGNATURE, 8) && bytes_sum(area + at, ROOT_LENGTH) == 0)
            return area + at;
    return NULL;
}

/* A whole table, by the length in its header. */
static const uint8_t *table_at(uint64_t address, acpi_memory *memory, size_t *size)
{
    const uint8_t *header = address ? memory(address, HEADER_LENGTH) : NULL;
    if (!header)
        return NULL;
    *size = (size_t)get(header + LENGTH_OFFSET, 4);
    return *size >= HEADER_LENGTH && *size <= TABLE_MAX ? memory(address, *size) : NULL;
}

/* RSDT and XSDT are lists of addresses of `width` bytes. *before counts down to the one that is wanted. */
static const uint8_t *find_in_list(uint64_t address, unsigned width, enum handoff_table table, unsigned *before,
                                   acpi_memory *memory, size_t *size)
{
    size_t length;
    const uint8_t *list = table_at(address, memory, &length);
    if (!list || bytes_sum(list, length))
        return NULL;
    for (size_t at = HEADER_LENGTH; at + width <= length; at += width) {
        const uint8_t *found = table_at(get(list + at, width), memory, size);
        if (found && handoff_table_at(found, *size) == table && (*before)-- == 0)
            return found;
    }
    return NULL;
}

const uint8_t *acpi_find_table(const uint8_t *root, enum handoff_table table, unsigned before, acpi_memory *memory, size_t *size)
{
    const uint8_t *found = NULL;
    if (!root)
        return NULL;
    if (root[ROOT_REVISION] >= 2)
        found = find_in_list(get(root + ROOT_XSDT, 8), 8, table, &before, memory, size);
    return found ? found : find_in_list(get(root + ROOT_RSDT, 4), 4, table, &before, memory, size);
}

/* ---- hiding ---- */

#define HIDDEN_MAX       4
#define HIDDEN_SIGNATURE 'x' /* for its first letter */
#define CHECKSUM_OFFSET  9

static struct {
    uint8_t *table, letter;
} hidden[HIDDEN_MAX];
static unsigned hidden_count;

static void set_first_letter(uint8_t *table, uint8_t letter)
{
    table[CHECKSUM_OFFSET] = (uint8_t)(table[CHECKSUM_OFFSET] + table[0] - letter);
    table[0] = letter;
}

void acpi_hide_ibfts(const uint8_t *root, acpi_memory *memory)
{
    while (hidden_count < HIDDEN_MAX) {
        size_t size;
        uint8_t *table = (uint8_t *)(uintptr_t)acpi_find_table(root, HANDOFF_IBFT, 0, memory, &size);
        if (!table)
            return;

        hidden[hidden_count].table = table;
        hidden[hidden_count++].letter = table[0];
        set_first_letter(table, HIDDEN_SIGNATURE);
    }
}

void acpi_restore_ibfts(void)
{
    while (hidden_count) {
        hidden_count--;
        set_first_letter(hidden[hidden_count].table, hidden[hidden_count].letter);
    }
}
