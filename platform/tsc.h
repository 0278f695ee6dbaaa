/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time stamp counter. The functions below are for any bare-metal program; platform/bare/tsc.c makes the clock of platform.h
 * of them, for both homes.
 */
#ifndef SANSTRAP_TSC_H
#define SANSTRAP_TSC_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t tsc_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline void tsc_stall_us(uint64_t ticks_per_ms, uint32_t microseconds)
{
    uint64_t end = tsc_read() + (microseconds * ticks_per_ms + 999) / 1000;
    while (tsc_read() < end)
        __asm__ volatile("pause");
}

/*
 * Sets the speed that platform_ticks_per_ms() tells; until then it is 1. `measure` waits `ms` milliseconds by some other clock
 * and returns the ticks that went by, 0 when that clock does not work. It is called a few times and the shortest wait counts:
 * each may take longer than it should, when a virtual machine loses its CPU or a firmware is slow, but never less; two that are
 * alike are enough. False when every measurement was 0, or less than a tick a millisecond.
 */
bool tsc_calibrate(uint64_t (*measure)(void), uint32_t ms);

#endif
