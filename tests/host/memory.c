/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "tests/host/host.h"

struct arena host_arena_new(size_t size)
{
    uint8_t *base = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    if (!base)
        abort();
    return (struct arena){.base = base, .bus = (uint64_t)(uintptr_t)base, .size = size};
}

void host_arena_free(struct arena *arena)
{
    free(arena->base);
    *arena = (struct arena){0};
}
