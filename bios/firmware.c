/* SPDX-License-Identifier: BSD-2-Clause */
/* What the BIOS says of the machine: its memory, ACPI's root and timer, its UUID (SMBIOS), its Plug and Play structure. */
#include <string.h>

#include "bios/home.h"
#include "bios/memory_map_read.h"
#include "loader/acpi.h"
#include "loader/smbios.h"
#include "platform/bytes.h"

#define ROM_START    0xF0000u
#define ROM_SIZE     (64 * KIB)
#define SMBIOS_LIMIT MIB

/* ACPI 6.5, 5.2.5 to 5.2.9: where the root may be, and offsets in it and in its tables. */
#define EBDA_LOWEST    0x80000u
#define EBDA_LOOK      KIB
#define ACPI_FROM      0xE0000u
#define ACPI_SIZE      (128 * KIB)
#define ROOT_RSDT      16
#define TABLE_LENGTH   4
#define TABLE_HEADER   36
#define RSDT_MAX       (4 * KIB)
#define FADT_SIGNATURE "FACP"
#define FADT_PM_TIMER  76 /* its port */
#define FADT_PM_LENGTH 91 /* and width, 4 bytes */

/* Plug and Play BIOS specification 1.0A, 4.4: the installation check structure. */
#define PNP_SIGNATURE "$PnP"
#define PNP_LENGTH    5 /* where its length stands */
#define PNP_SIZE      0x21

void bios_memory_map(struct memory_map *map, struct memory_sizes *sizes)
{
    memory_map_read(realmode_block(), map, sizes);
}

void bios_uuid(uint8_t uuid[16])
{
    struct smbios_table table;
    memset(uuid, 0, 16);
    if (!smbios_find(low_memory(ROM_START), ROM_SIZE, &table) || table.address > UINT32_MAX - SMBIOS_LIMIT)
        return;
    smbios_uuid(low_memory((uint32_t)table.address), table.length < SMBIOS_LIMIT ? table.length : SMBIOS_LIMIT, uuid);
}

const uint8_t *bios_acpi_root(void)
{
    const uint8_t *root = NULL;
    uint32_t ebda = low_read16(BDA_EBDA_SEGMENT) * PARAGRAPH;
    if (ebda >= EBDA_LOWEST && ebda + EBDA_LOOK <= BASE_MEMORY_TOP)
        root = acpi_find_root(low_memory(ebda), EBDA_LOOK);
    return root ? root : acpi_find_root(low_memory(ACPI_FROM), ACPI_SIZE);
}

uint16_t bios_pm_timer(void)
{
    const uint8_t *root = bios_acpi_root();
    if (!root)
        return 0;
    const uint8_t *list = low_memory(get_le32(root + ROOT_RSDT));
    uint32_t length = get_le32(list + TABLE_LENGTH);
    if (length > RSDT_MAX || bytes_sum(list, length) != 0)
        return 0;

    for (uint32_t at = TABLE_HEADER; at + sizeof(uint32_t) <= length; at += sizeof(uint32_t)) {
        const uint8_t *table = low_memory(get_le32(list + at));
        if (!memcmp(table, FADT_SIGNATURE, 4) && get_le32(table + TABLE_LENGTH) > FADT_PM_LENGTH)
            return table[FADT_PM_LENGTH] == sizeof(uint32_t) ? get_le16(table + FADT_PM_TIMER) : 0;
    }
    return 0;
}

struct far_pointer bios_pnp(void)
{
    for (uint32_t at = ROM_START; at <= ROM_START + ROM_SIZE - PNP_SIZE; at += PARAGRAPH) {
        const uint8_t *bytes = low_memory(at);
        uint8_t length = bytes[PNP_LENGTH];
        if (memcmp(bytes, PNP_SIGNATURE, 4) == 0 && length >= PNP_SIZE && length <= ROM_START + ROM_SIZE - at &&
            bytes_sum(bytes, length) == 0)
            return (struct far_pointer){.offset = (uint16_t)(at - ROM_START), .segment = ROM_START >> 4};
    }
    return (struct far_pointer){0, 0};
}
