/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs where the ROM or boot loader put us: finds room at the top of RAM, unpacks the image there and calls it. Linked at 0 and
 * run anywhere, so it has neither data nor strings of its own (bios/stub/stub.ld refuses them).
 */
#include <stdbool.h>

#include "bios/block.h"
#include "bios/core.h"
#include "bios/memory_map_read.h"
#include "bios/stub/addresses.h"
#include "bios/stub/placement.h"
#include "bios/stub/unpack.h"
#include "platform/bytes.h"

#define LOWEST     (4 * MIB) /* above what a boot loader may have put at 1 MiB */
#define MAP_OFFSET 64        /* of the memory map in the scratch buffer: one entry goes before it */

_Static_assert(sizeof(struct lzma_model) <= REGION_STACK, "the unpacker's memory is the image's stack");
_Static_assert(MAP_OFFSET + sizeof(struct memory_map) <= SCRATCH_BUFFER_SIZE, "the map must fit into the scratch buffer");

void stub_main(struct realmode_block *block) __attribute__((section(".text.first"), noreturn));

/* Nothing can be told but in letters: what went wrong is in bios/stub/stub.c. */
static void __attribute__((noreturn)) give_up(struct realmode_block *block, char letter)
{
    struct real_registers registers;
    for (uint32_t text = 0x00003A53u | (uint32_t)letter << 16; text; text >>= 8) { /* "S:" and the letter */
        registers = (struct real_registers){.eax = VIDEO_TELETYPE | (text & 0xFF), .ebx = VIDEO_GREY};
        block_interrupt(block, VIDEO_SERVICES, &registers, true);
    }
    block_next_device(block);
}

/*
 * Where memory is too small to keep away from its top, what lies there is kept elsewhere, as far as there is room, until the
 * firmware goes on (block.h, kept_words). Two pieces, as one of twice the size may fit far lower only, where a ROM keeps its
 * code: each start without a reset has the region of the one before still reserved.
 */
static uint32_t find_region(struct realmode_block *block, struct memory_map *map, uint32_t size)
{
    bool at_top;
    uint32_t base = placement_find(map->entries, map->count, size, LOWEST, &at_top);
    const struct e820_entry image = {base, size, E820_RESERVED, 0};
    if (!base || !at_top || !memory_map_add(map, &image, sizeof image))
        return base;
    /* A page more: pages that are 4 MiB apart have one place in the TLB of an emulated CPU, which then copies at a tenth. */
    uint32_t to = placement_find(map->entries, map->count, size + PAGE_SIZE, LOWEST, &at_top);
    if (!to)
        to = placement_find(map->entries, map->count, size, LOWEST, &at_top);
    if (!to)
        return base;

    block->kept_from = to;
    block->kept_to = base;
    block->kept_words = size / sizeof(uint32_t);
    uint32_t words = block->kept_words, from = base;
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(words) : : "memory");
    return base;
}

/* What RAM there is, in *map; behind the place where entries are read. A BIOS from before ACPI has no map to read. */
static struct memory_map *read_map(struct realmode_block *block)
{
    struct memory_map *map = (struct memory_map *)(uintptr_t)(block_scratch(block) + MAP_OFFSET);
    struct memory_sizes sizes;
    memory_map_read(block, map, &sizes);
    if (!map->count)
        memory_map_add_sizes(map, &sizes);
    return map;
}

void stub_main(struct realmode_block *block)
{
    const struct core_header *header = (const struct core_header *)(uintptr_t)block->payload;
    block_use_scratch_stack(block);
    struct memory_map *map = read_map(block);
    struct region region = {.size = REGION_SIZE, .used = header->memory_length, .stack = REGION_STACK};
    region.base = find_region(block, map, region.size);
    if (!region.base)
        give_up(block, 'M'); /* no room for us below 4 GiB */

    uint8_t *image = (uint8_t *)(uintptr_t)region.base;
    uint32_t room = region.size - region.stack;
    /* Nobody needs the image's stack before the image runs. */
    if (!unpack(header, image, room, (struct lzma_model *)(image + room)))
        give_up(block, 'D'); /* the file arrived damaged */
    addresses_restore(image, header->image_length, header->address_tag, region.base);

    for (volatile uint8_t *zero = image + header->image_length; zero < image + header->memory_length; zero++)
        *zero = 0;

    /* The region's description is copied to the image's stack: this one is not ours for long. */
    struct region *kept = (struct region *)(image + region.size - sizeof *kept);
    *kept = region;
    __asm__ volatile("movl %1, %%esp; pushl $0; jmp *%2" : : "a"(block), "d"(kept), "r"(image + header->entry) : "memory");
    __builtin_unreachable();
}
