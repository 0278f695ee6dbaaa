/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC, measured once against the firmware's Stall(), and what happens while the loader waits. */
#include "efi/home.h"
#include "platform/tsc.h"

#define MEASURE_MS 4u
#define IDLE_MS    10

static deadline_t next_idle;
static bool idling;

static uint64_t measure_by_stall(void)
{
    uint64_t start = tsc_read();
    firmware.boot->Stall(MEASURE_MS * 1000);
    return tsc_read() - start;
}

bool clock_calibrate(void)
{
    return tsc_calibrate(measure_by_stall, MEASURE_MS);
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
