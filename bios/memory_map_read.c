/* SPDX-License-Identifier: BSD-2-Clause */
/* The BIOS's memory map by INT 15h. */
#include "bios/memory_map_read.h"

#define MAP_E820     0xE820
#define SIZES_E801   0xE801
#define E801_LOW_MAX 0x3C00
#define SIZE_88      0x8800
#define SMAP         0x534D4150u
#define CALLS_MAX    1024

/* False when the BIOS says that it failed. */
static bool ask_bios(struct realmode_block *block, struct real_registers *registers)
{
    block_interrupt(block, SYSTEM_SERVICES, registers, true);
    return !(registers->eflags & FLAG_CARRY);
}

/*
 * Registers are set afresh each time, as some BIOSes change ESI or EDI; EBX alone is given back as it came. Some change in the
 * buffer only what is different from the entry before: it is the same for all calls, and what they left stays in it, but for the
 * attributes, of which others claim to have written some. The last call may fail instead of returning EBX = 0, and need not say
 * SMAP then. One that loses SMAP earlier has lost its way: nothing of such a map is believed, as Linux does.
 */
static void read_e820(struct realmode_block *block, struct memory_map *map)
{
    uint32_t address = block_scratch(block);
    struct e820_entry *entry = (struct e820_entry *)(uintptr_t)address;
    uint32_t continuation = 0; /* EBX, from one call to the next */
    unsigned calls = 0;        /* empty entries do not fill the map */
    memory_map_clear(map);
    *entry = (struct e820_entry){0};

    do {
        entry->attributes = E820_ENABLED;
        struct real_registers registers = {.eax = MAP_E820,
                                           .ebx = continuation,
                                           .ecx = sizeof *entry,
                                           .edx = SMAP,
                                           .es = (uint16_t)(address >> 4),
                                           .edi = address & 15};
        if (!ask_bios(block, &registers))
            break;
        if (registers.eax != SMAP) {
            memory_map_clear(map);
            break;
        }

        /* Some say too small a size, or none, of an entry that they have written. */
        uint32_t size = registers.ecx < E820_ENTRY_MINIMUM ? E820_ENTRY_MINIMUM : registers.ecx;
        if (!memory_map_add(map, entry, size))
            break;
        continuation = registers.ebx;
    } while (continuation != 0 && ++calls < CALLS_MAX);
}

/* Below 16 MiB there are 15 MiB at most: who says more does not know the function, and left AX as it was. */
static void read_sizes(struct realmode_block *block, struct memory_sizes *sizes)
{
    *sizes = (struct memory_sizes){0};
    struct real_registers registers = {.eax = SIZES_E801};
    if (ask_bios(block, &registers)) {
        /* Either pair may be the one that is filled in. */
        bool first = REG16(registers.eax) || REG16(registers.ebx);
        uint16_t low = REG16(first ? registers.eax : registers.ecx);
        if (low <= E801_LOW_MAX) {
            sizes->e801_low = low;
            sizes->e801_high = REG16(first ? registers.ebx : registers.edx);
        }
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
