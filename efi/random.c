/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes: the firmware's generator, the CPU's, and how the TSC drifts against Stall() in any case. */
#include "efi/home.h"
#include "platform/random_pool.h"

#define JITTER_SAMPLES 64
#define SEED_LENGTH    64

void random_start(void)
{
    EFI_RNG_PROTOCOL *generator;
    uint8_t seed[SEED_LENGTH];

    if (!EFI_ERROR(firmware.boot->LocateProtocol(&guid_rng, NULL, (void **)&generator)) &&
        !EFI_ERROR(generator->GetRNG(generator, NULL, sizeof seed, seed)))
        random_pool_add(seed, sizeof seed);
    random_pool_add_cpu();
    for (int i = 0; i < JITTER_SAMPLES; i++) {
        firmware.boot->Stall(1);
        uint64_t now = platform_ticks();
        random_pool_add(&now, sizeof now);
    }
}

void platform_random(void *buffer, size_t length)
{
    random_pool_read(buffer, length);
}
