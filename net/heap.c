/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's allocator. Every block has one of a few sizes and goes back to the list of its size: both directions take constant
 * time, and a busy connection, which asks for the same sizes again and again, cannot fragment it. When a size has run out, larger
 * blocks serve; smaller ones never do, so they are no part of what is said to be left.
 */
#include <string.h>

#include "lwip/mem.h"
#include "net/internal.h"

#define SMALLEST 32u
#define CLASSES  20   /* 32, 48, 64, 96, 128, … 16384, 24576: two to each power of two */
#define USEFUL   5    /* 192: the first that an acknowledgement with all headers and options fits in, */
#define SPARED   4    /* so 128 is not used: what has been a segment's headers can be one */
#define KEPT     768u /* for acknowledgements: four of them, or one that a larger block serves */

struct block {
    uint32_t class;
    uint32_t magic;
};
#define MAGIC_USED 0x55534544u
#define MAGIC_FREE 0x46524545u

struct free_block {
    struct block block;
    struct free_block *next;
};

/* At the beginning of a piece of memory that was added. */
struct region {
    struct region *next;
    uint8_t *at, *end; /* never handed out so far */
};
#define REGION_HEADER 32u

static struct {
    struct region *regions;
    struct free_block *free[CLASSES];
    size_t left; /* bytes in the regions, and in the lists from USEFUL on, */
    size_t kept; /* of which so many are not handed out */
} heap;

static uint32_t class_size(unsigned class)
{
    return ((class & 1) ? SMALLEST + SMALLEST / 2 : SMALLEST) << (class / 2);
}

void net_heap_open(void)
{
    memset(&heap, 0, sizeof heap);
}

void net_heap_add(void *block, size_t size)
{
    struct region *region = block;
    region->next = heap.regions;
    region->at = (uint8_t *)block + REGION_HEADER;
    region->end = (uint8_t *)block + size;
    heap.regions = region;
    heap.left += size - REGION_HEADER;
}

size_t net_heap_left(void)
{
    return heap.left;
}

void net_heap_keep(bool keep)
{
    heap.kept = keep ? KEPT : 0;
}

/* From what was never handed out. */
static struct block *carve_block(unsigned class)
{
    uint32_t size = class_size(class);
    struct region *region = heap.regions;
    while (region && (size_t)(region->end - region->at) < size)
        region = region->next;
    if (!region || heap.left < heap.kept + size)
        return NULL;

    struct block *block = (struct block *)(void *)region->at;
    region->at += size;
    block->class = class;
    heap.left -= size;
    return block;
}

/* From the list of its size. */
static struct block *reuse_block(unsigned class)
{
    struct free_block *taken = heap.free[class];
    uint32_t size = class < USEFUL ? 0 : class_size(class);
    if (!taken || (size && heap.left < heap.kept + size))
        return NULL;
    heap.free[class] = taken->next;
    heap.left -= size;
    return &taken->block;
}

static unsigned class_for(size_t size)
{
    unsigned class = 0;
    while (class < CLASSES && class_size(class) - sizeof(struct block) < size)
        class ++;
    return class == SPARED ? USEFUL : class;
}

static void put_back(struct block *block)
{
    struct free_block *returned = (struct free_block *)(void *)block;
    block->magic = MAGIC_FREE;
    returned->next = heap.free[block->class];
    heap.free[block->class] = returned;
    heap.left += block->class < USEFUL ? 0 : class_size(block->class);
}

void net_heap_set_apart(unsigned count, size_t size)
{
    for (; count; count--) {
        struct block *block = carve_block(class_for(size));
        if (!block)
            return;
        put_back(block);
    }
}

void *mem_malloc(mem_size_t size)
{
    unsigned class = class_for(size);
    if (class == CLASSES)
        return NULL;

    struct block *block = NULL;
    for (unsigned from = class; !block && from < CLASSES; from++) {
        block = reuse_block(from);
        if (!block && from == class)
            block = carve_block(class);
    }
    if (!block)
        return NULL;
    block->magic = MAGIC_USED;
    return block + 1;
}

void mem_free(void *memory)
{
    struct block *block = memory ? (struct block *)memory - 1 : NULL;
    if (!block || block->magic != MAGIC_USED || block->class >= CLASSES)
        net_assertion_failed();
    else
        put_back(block);
}

/* A block keeps its size: what is cut off could not be used for anything else. */
void *mem_trim(void *memory, mem_size_t size)
{
    (void)size;
    return memory;
}

void mem_init(void)
{
}
