/* SPDX-License-Identifier: BSD-2-Clause */
/* The arena: memory that is taken from the front and never given back. */
#include <string.h>

#include "platform/platform.h"

void *arena_take(struct arena *arena, size_t size, size_t alignment)
{
    /* Bus and virtual address may be congruent only to a page; both have to be aligned. */
    size_t mask = alignment - 1;
    size_t start = arena->used;
    start += (size_t)(0 - (uintptr_t)(arena->base + start)) & mask;
    if (start > arena->size || size > arena->size - start || (arena->bus + start) & mask)
        return NULL;
    arena->used = start + size;
    return memset(arena->base + start, 0, size);
}
