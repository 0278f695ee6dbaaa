/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "bios/home.h"
#include "loader/smbios.h"

#define SMAP         0x534D4150u
#define ROM_START    0xF0000u
#define ROM_SIZE     0x10000u
#define PNP_LENGTH   0x21 /* Plug and Play BIOS specification 1.0A, 4.4 */
#define SMBIOS_LIMIT (1u << 20)

/*
 * Some BIOSes want the same buffer, ECX and continuation on every call, and some change ESI: all registers are set afresh each
 * time, but EBX is given back as it came.
 */
static void read_e820(struct memory_map *map)
{
    struct e820_entry *entry = (struct e820_entry *)realmode_scratch();
    struct far_pointer at = realmode_far(entry);
    uint32_t continuation = 0;
    memory_map_start(map);
    do {
        *entry = (struct e820_entry){.attributes = E820_ENABLED};
        struct real_registers registers = {
            .eax = 0xE820, .ebx = continuation, .ecx = sizeof *entry, .edx = SMAP, .es = at.segment, .edi = at.offset};
        real_interrupt(0x15, &registers);
        if (registers.eax != SMAP || registers.eflags & FLAG_CARRY)
            break;
        if (!memory_map_add(map, entry, registers.ecx))
            break;
        continuation = registers.ebx;
    } while (continuation != 0);
}

static void read_sizes(struct memory_sizes *sizes)
{
    memset(sizes, 0, sizeof *sizes);
    struct real_registers registers = {.eax = 0xE801};
    real_interrupt(0x15, &registers);
    if (!(registers.eflags & FLAG_CARRY)) {
        /* Either pair may be the one that is filled in. */
        sizes->e801_low = REG16(registers.eax) ? REG16(registers.eax) : REG16(registers.ecx);
        sizes->e801_high = REG16(registers.ebx) ? REG16(registers.ebx) : REG16(registers.edx);
    }
    registers = (struct real_registers){.eax = 0x8800};
    real_interrupt(0x15, &registers);
    if (!(registers.eflags & FLAG_CARRY))
        sizes->int15_88 = REG16(registers.eax);
}

void firmware_memory(struct memory_map *map, struct memory_sizes *sizes)
{
    read_e820(map);
    read_sizes(sizes);
}

void firmware_uuid(uint8_t uuid[16])
{
    struct smbios_table table;
    memset(uuid, 0, 16);
    if (!smbios_find(low_memory(ROM_START), ROM_SIZE, &table) || table.address > UINT32_MAX - SMBIOS_LIMIT)
        return;
    smbios_uuid(low_memory((uint32_t)table.address), table.length < SMBIOS_LIMIT ? table.length : SMBIOS_LIMIT, uuid);
}

struct far_pointer firmware_pnp(void)
{
    for (uint32_t at = ROM_START; at <= ROM_START + ROM_SIZE - PNP_LENGTH; at += 16) {
        const uint8_t *bytes = low_memory(at);
        if (memcmp(bytes, "$PnP", 4) != 0 || bytes[5] < PNP_LENGTH || bytes[5] > ROM_START + ROM_SIZE - at)
            continue;
        uint8_t sum = 0;
        for (unsigned i = 0; i < bytes[5]; i++)
            sum = (uint8_t)(sum + bytes[i]);
        if (sum == 0)
            return (struct far_pointer){.offset = (uint16_t)(at - ROM_START), .segment = ROM_START >> 4};
    }
    return (struct far_pointer){0, 0};
}
