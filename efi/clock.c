/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: the TSC, measured once against the firmware's Stall(), and what happens while the loader waits. */
#include "efi/home.h"
#include "platform/tsc.h"

#define MEASURE_MS 10u
#define IDLE_MS    10

static uint64_t ticks_per_ms = 1;
static deadline_t next_idle;
static bool idling;

static uint64_t measure(void)
{
    uint64_t start = read_tsc();
    firmware.boot->Stall(MEASURE_MS * 1000);
    return read_tsc() - start;
}

bool clock_start(void)
{
    ticks_per_ms = tsc_shortest(measure) / MEASURE_MS;
    return ticks_per_ms != 0;
}

uint64_t platform_ticks(void)
{
    return read_tsc();
}

uint64_t platform_ticks_per_ms(void)
{
    return ticks_per_ms;
}

/* Not the firmware's: it must work when boot services have ended. */
void platform_stall_us(uint32_t microseconds)
{
    tsc_stall_us(ticks_per_ms, microseconds);
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
