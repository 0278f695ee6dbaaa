/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs where the ROM or boot loader put us: finds room at the top of RAM, unpacks the image there and calls it. Linked at 0 and
 * run anywhere, so it has neither data nor strings of its own (bios/mkimage.py refuses relocations).
 */
#include <stdbool.h>

#include "bios/block.h"
#include "bios/core.h"
#include "bios/stub/placement.h"
#include "bios/stub/unpack.h"

#define SMAP        0x534D4150u
#define ENTRIES_MAX (SCRATCH_BUFFER_SIZE / sizeof(struct e820_entry) - 1)
#define LOWEST      0x400000u /* above what a boot loader may have put at 1 MiB */

_Static_assert(sizeof(struct lzma_model) <= REGION_STACK, "the unpacker's memory is the image's stack");

void stub_main(struct realmode_block *block) __attribute__((section(".text.first"), noreturn));

static void interrupt(struct realmode_block *block, uint8_t number)
{
    const uint16_t *vector = (const uint16_t *)(uintptr_t)(number * 4u);
    __asm__("" : "+r"(vector)); /* the vector table starts at address 0, which is no null pointer here */
    struct real_call *call = &block->call;
    call->registers.eflags = 2;
    call->registers.ds = call->registers.fs = call->registers.gs = 0;
    call->stack_segment = 0;
    call->target_offset = vector[0];
    call->target_segment = vector[1];
    call->pushes = 1;
    call->push[0] = 2 | FLAG_INTERRUPT;
    block_call(block);
}

/* Nothing can be told but in letters: what went wrong is in bios/stub/stub.c. */
static void __attribute__((noreturn)) give_up(struct realmode_block *block, char letter)
{
    for (uint32_t text = 0x00003A53u | (uint32_t)letter << 16; text; text >>= 8) {
        block->call.registers.eax = 0x0E00 | (text & 0xFF);
        block->call.registers.ebx = 7;
        interrupt(block, 0x10);
    }
    interrupt(block, 0x18);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static unsigned read_map(struct realmode_block *block, struct e820_entry *entries)
{
    struct real_registers *registers = &block->call.registers;
    unsigned count = 0;
    registers->ebx = 0;
    do {
        uint32_t address = (uint32_t)(uintptr_t)&entries[count];
        registers->eax = 0xE820;
        registers->ecx = sizeof(struct e820_entry);
        registers->edx = SMAP;
        registers->es = (uint16_t)(address >> 4);
        registers->edi = address & 15;
        interrupt(block, 0x15);
        if (registers->eax != SMAP || registers->eflags & FLAG_CARRY)
            break;
        count++;
    } while (registers->ebx != 0 && count < ENTRIES_MAX);
    if (count)
        return count;

    /* A BIOS from before ACPI: what it says of the memory above 16 MiB, or else above 1 MiB. */
    registers->eax = 0xE801;
    registers->ebx = registers->ecx = registers->edx = 0;
    interrupt(block, 0x15);
    bool e801 = !(registers->eflags & FLAG_CARRY) && REG16(registers->ebx);
    if (!e801) {
        registers->eax = 0x8800;
        interrupt(block, 0x15);
    }
    entries[0].base = e801 ? 0x1000000 : 0x100000;
    entries[0].length = e801 ? (uint64_t)REG16(registers->ebx) << 16 : (uint64_t)REG16(registers->eax) << 10;
    entries[0].type = E820_RAM;
    return 1;
}

static bool relocate(uint8_t *image, const struct core_header *header)
{
    const uint8_t *list = image + header->image_length, *end = list + header->relocation_length;
    uint32_t place = 0, distance = 0;
    unsigned shift = 0;
    for (; list < end; list++) {
        distance |= (uint32_t)(*list & 0x7F) << shift;
        shift += 7;
        if (*list & 0x80)
            continue;
        place += distance;
        if (place > header->image_length - sizeof(uint32_t))
            return false;
        *(uint32_t *)(image + place) += (uint32_t)(uintptr_t)image;
        distance = shift = 0;
    }
    return shift == 0;
}

void stub_main(struct realmode_block *block)
{
    const struct core_header *header = (const struct core_header *)(uintptr_t)block->payload;
    struct e820_entry *entries = (struct e820_entry *)(uintptr_t)(block->scratch + SCRATCH_STACK);
    struct region region = {.size = REGION_SIZE, .used = header->memory_length, .stack = REGION_STACK};
    region.base = place_at_top(entries, read_map(block, entries), region.size, LOWEST);
    if (!region.base)
        give_up(block, 'M'); /* no room for us below 4 GiB */
    uint8_t *image = (uint8_t *)(uintptr_t)region.base;
    uint32_t room = region.size - region.stack;
    /* Nobody needs the image's stack before the image runs. */
    if (!unpack(header, image, room, (struct lzma_model *)(image + room)) || !relocate(image, header))
        give_up(block, 'D'); /* the file arrived damaged */
    uint32_t unpacked = header->image_length + header->relocation_length;
    uint32_t end = unpacked > header->memory_length ? unpacked : header->memory_length;
    for (volatile uint8_t *zero = image + header->image_length; zero < image + end; zero++)
        *zero = 0;

    /* The region's description is copied to the image's stack: this one is not ours for long. */
    struct region *kept = (struct region *)(image + region.size - sizeof *kept);
    *kept = region;
    __asm__ volatile("movl %0, %%esp; pushl %0; pushl %1; pushl $0; jmp *%2"
                     :
                     : "r"(kept), "r"(block), "r"(image + header->entry)
                     : "memory");
    __builtin_unreachable();
}
