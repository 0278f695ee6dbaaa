/* SPDX-License-Identifier: BSD-2-Clause */
/* The BIOS's memory map by INT 15h. */
#include "bios/memory_map_read.h"

#define MAP_E820   0xE820
#define SIZES_E801 0xE801
#define SIZE_88    0x8800
#define SMAP       0x534D4150u

/* False when the BIOS says that it failed. */
static bool ask_bios(struct realmode_block *block, struct real_registers *registers)
{
    block_interrupt(block, SYSTEM_SERVICES, registers, true);
    return !(registers->eflags & FLAG_CARRY);
}

/*
 * Some BIOSes want the same buffer, ECX and continuation on every call, and some change ESI: all registers are set afresh each
 * time, but EBX is given back as it came.
 */
static void read_e820(struct realmode_block *block, struct memory_map *map)
{
    uint32_t address = block_scratch(block);
    struct e820_entry *entry = (struct e820_entry *)(uintptr_t)address;
    uint32_t continuation = 0; /* EBX, from one call to the next */
    memory_map_clear(map);

    do {
        *entry = (struct e820_entry){.attributes = E820_ENABLED};
        struct real_registers registers = {.eax = MAP_E820,
                                           .ebx = continuation,
                                           .ecx = sizeof *entry,
                                           .edx = SMAP,
                                           .es = (uint16_t)(address >> 4),
                                           .edi = address & 15};
        if (!ask_bios(block, &registers) || registers.eax != SMAP || !memory_map_add(map, entry, registers.ecx))
            break;
        continuation = registers.ebx;
    } while (continuation != 0);
}

static void read_sizes(struct realmode_block *block, struct memory_sizes *sizes)
{
    *sizes = (struct memory_sizes){0};
    struct real_registers registers = {.eax = SIZES_E801};
    if (ask_bios(block, &registers)) {
        /* Either pair may be the one that is filled in. */
        sizes->e801_low = REG16(registers.eax) ? REG16(registers.eax) : REG16(registers.ecx);
        sizes->e801_high = REG16(registers.ebx) ? REG16(registers.ebx) : REG16(registers.edx);
    }

    registers = (struct real_registers){.eax = SIZE_88};
    if (ask_bios(block, &registers))
        sizes->int15_88 = REG16(registers.eax);
}

void memory_map_read(struct realmode_block *block, struct memory_map *map, struct memory_sizes *sizes)
{
    read_e820(block, map);
    read_sizes(block, sizes);
}
