/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes: the CPU's generator where there is one, and how the TSC drifts against the PIT in any case. */
#include "bios/home.h"
#include "bios/ports.h"
#include "platform/random_pool.h"
#include "platform/tsc.h"

#define JITTER_SAMPLES 512
#define PIT_CHANNEL0   0x40

void random_seed(void)
{
    struct {
        uint64_t tsc;
        uint8_t pit;
    } __attribute__((packed)) samples[JITTER_SAMPLES];
    for (int i = 0; i < JITTER_SAMPLES; i++) {
        samples[i].pit = port_read8(PIT_CHANNEL0);
        samples[i].tsc = tsc_read();
    }
    random_pool_add(samples, sizeof samples);
    random_pool_add_cpu();
}

void platform_random(void *buffer, size_t length)
{
    random_pool_read(buffer, length);
}
