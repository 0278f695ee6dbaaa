/* SPDX-License-Identifier: BSD-2-Clause */
/* An arena of the host's memory. */
#include <stdlib.h>

#include "platform/bytes.h"
#include "tests/host/host.h"

struct arena host_arena_new(size_t size)
{
    uint8_t *base = aligned_alloc(PAGE_SIZE, (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
    if (!base)
        abort();
    return (struct arena){.base = base, .bus = (uint64_t)(uintptr_t)base, .size = size};
}

void host_arena_free(struct arena *arena)
{
    free(arena->base);
    *arena = (struct arena){0};
}
