/* SPDX-License-Identifier: BSD-2-Clause */
/* The time stamp counter, from which both bare-metal homes make their clocks. */
#ifndef SANSTRAP_TSC_H
#define SANSTRAP_TSC_H

#include <stdint.h>

#define TSC_MEASUREMENTS 3

static inline uint64_t read_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/*
 * The shortest of some measurements, as each may take longer than it should, when a virtual machine loses its CPU or a firmware
 * is slow, but never less. 0 answers of `measure` do not count; 0 when there is no other.
 */
static inline uint64_t tsc_shortest(uint64_t (*measure)(void))
{
    uint64_t best = 0;
    for (int turn = 0; turn < TSC_MEASUREMENTS; turn++) {
        uint64_t taken = measure();
        if (taken && (!best || taken < best))
            best = taken;
    }
    return best;
}

static inline void tsc_stall_us(uint64_t ticks_per_ms, uint32_t microseconds)
{
    uint64_t end = read_tsc() + (microseconds * ticks_per_ms + 999) / 1000;
    while (read_tsc() < end)
        __asm__ volatile("pause");
}

#endif
