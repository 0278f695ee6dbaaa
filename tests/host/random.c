/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes: the system's, or repeatable ones. */
#include <sys/random.h>

#include <stdlib.h>

#include "tests/host/host.h"

static uint64_t state; /* 0: the system's generator */

void host_random_seed(uint64_t seed)
{
    state = seed ? seed : 1;
}

static uint8_t next_byte(void)
{
    /* xorshift64 (Marsaglia 2003) */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint8_t)(state >> 24);
}

void platform_random(void *buffer, size_t length)
{
    uint8_t *bytes = buffer;
    for (size_t i = 0; state && i < length; i++)
        bytes[i] = next_byte();
    while (!state && length) {
        ssize_t got = getrandom(bytes, length, 0);
        if (got <= 0)
            abort();
        bytes += got;
        length -= (size_t)got;
    }
}
