/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of platform.h on bare metal: the time stamp counter, which works without any firmware. */
#include "platform/tsc.h"

#include "platform/platform.h"

#define MEASUREMENTS 3
#define LIKENESS     256 /* two that differ by less than this share are right */

static uint64_t ticks_per_ms = 1;

bool tsc_calibrate(uint64_t (*measure)(void), uint32_t ms)
{
    uint64_t shortest = 0;
    bool alike = false;
    for (int turn = 0; turn < MEASUREMENTS && !alike; turn++) {
        uint64_t taken = measure();
        uint32_t more = (uint32_t)(taken - shortest);
        alike = more < (uint32_t)shortest / LIKENESS || 0 - more < (uint32_t)shortest / LIKENESS;
        if (taken && (!shortest || taken < shortest))
            shortest = taken;
    }

    ticks_per_ms = shortest / ms;
    return ticks_per_ms != 0;
}

uint64_t platform_ticks(void)
{
    return tsc_read();
}

uint64_t platform_ticks_per_ms(void)
{
    return ticks_per_ms;
}

void platform_stall_us(uint32_t microseconds)
{
    tsc_stall_us(ticks_per_ms, microseconds);
}
