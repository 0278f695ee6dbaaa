/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: the TSC, measured once against the firmware's Stall(), and what happens while the loader waits. */
#include "efi/home.h"

#define MEASURE_MS    10u
#define MEASURE_TURNS 3
#define IDLE_MS       10

static uint64_t ticks_per_ms = 1;
static deadline_t next_idle;
static bool idling;

bool clock_start(void)
{
    /* Stall() may last longer than it was asked to, never shorter: the shortest of the measurements is the best. */
    uint64_t best = 0;
    for (int turn = 0; turn < MEASURE_TURNS; turn++) {
        uint64_t start = platform_ticks();
        firmware.boot->Stall(MEASURE_MS * 1000);
        uint64_t taken = platform_ticks() - start;
        if (taken && (!best || taken < best))
            best = taken;
    }
    ticks_per_ms = best / MEASURE_MS;
    return ticks_per_ms != 0;
}

uint64_t platform_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t platform_ticks_per_ms(void)
{
    return ticks_per_ms;
}

/* Not the firmware's: it must work when boot services have ended. */
void platform_stall_us(uint32_t microseconds)
{
    deadline_t end = platform_ticks() + (microseconds * ticks_per_ms + 999) / 1000;
    while (!deadline_passed(end))
        __asm__ volatile("pause");
}

void platform_idle(void)
{
    if (idling || !deadline_passed(next_idle))
        return;
    idling = true;
    loader_idle();
    idling = false;
    next_idle = deadline_after_ms(IDLE_MS);
}
