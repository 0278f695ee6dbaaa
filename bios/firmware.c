/* SPDX-License-Identifier: BSD-2-Clause */
/* What the BIOS says of the machine: its memory, its UUID (SMBIOS), where its Plug and Play structure is. */
#include <string.h>

#include "bios/home.h"
#include "bios/memory_map_read.h"
#include "loader/smbios.h"
#include "platform/bytes.h"

#define ROM_START    0xF0000u
#define ROM_SIZE     (64 * KIB)
#define SMBIOS_LIMIT MIB

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
