/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's time: real, or the test's own. */
#include <time.h>

#include "tests/host/host.h"

static bool is_virtual;
static uint64_t virtual_ns;
void (*host_idle_hook)(void);

void host_clock_use_virtual(void)
{
    virtual_ns = platform_ticks();
    is_virtual = true;
}

void host_clock_advance_us(uint64_t microseconds)
{
    virtual_ns += microseconds * 1000;
}

uint64_t platform_ticks(void)
{
    if (is_virtual)
        return virtual_ns;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t platform_ticks_per_ms(void)
{
    return 1000000;
}

void platform_stall_us(uint32_t microseconds)
{
    if (is_virtual) {
        host_clock_advance_us(microseconds);
        return;
    }

    struct timespec pause = {.tv_sec = microseconds / 1000000, .tv_nsec = (microseconds % 1000000) * 1000};
    nanosleep(&pause, NULL);
}

void platform_idle(void)
{
    if (host_idle_hook)
        host_idle_hook();
}
