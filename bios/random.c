/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes: SHA-256 over a pool that starts from the CPU's generator where there is one, and from how the TSC drifts against
 * the PIT in any case. After each request the key is replaced by a hash of itself, so that what was given out cannot be found
 * from what is kept.
 */
#include <bearssl_hash.h>
#include <string.h>

#include "bios/home.h"
#include "bios/ports.h"

#define CPUID_RDRAND   (1u << 30)
#define RDRAND_TRIES   10
#define RDRAND_WORDS   16
#define JITTER_SAMPLES 512
#define PIT_CHANNEL0   0x40
#define KEY_SIZE       br_sha256_SIZE

enum purpose { PURPOSE_OUTPUT, PURPOSE_KEY };

static uint8_t key[KEY_SIZE];

static bool rdrand(uint32_t *word)
{
    for (int i = 0; i < RDRAND_TRIES; i++) {
        bool good;
        __asm__ volatile("rdrand %0; setc %1" : "=r"(*word), "=qm"(good) : : "cc");
        if (good)
            return true;
    }
    return false;
}

void random_start(void)
{
    br_sha256_context hash;
    br_sha256_init(&hash);
    uint32_t eax, ecx, edx;
    cpuid(1, &eax, &ecx, &edx);
    for (int i = 0; i < RDRAND_WORDS && ecx & CPUID_RDRAND; i++) {
        uint32_t word;
        if (rdrand(&word))
            br_sha256_update(&hash, &word, sizeof word);
    }
    for (int i = 0; i < JITTER_SAMPLES; i++) {
        struct {
            uint64_t tsc;
            uint8_t pit;
        } __attribute__((packed)) sample = {.pit = port_read8(PIT_CHANNEL0)};
        sample.tsc = read_tsc();
        br_sha256_update(&hash, &sample, sizeof sample);
    }
    br_sha256_out(&hash, key);
}

static void derive(enum purpose purpose, uint32_t counter, uint8_t to[KEY_SIZE])
{
    br_sha256_context hash;
    uint64_t now = read_tsc();
    br_sha256_init(&hash);
    br_sha256_update(&hash, key, sizeof key);
    br_sha256_update(&hash, &purpose, sizeof purpose);
    br_sha256_update(&hash, &counter, sizeof counter);
    br_sha256_update(&hash, &now, sizeof now);
    br_sha256_out(&hash, to);
}

void platform_random(void *buffer, size_t length)
{
    uint8_t block[KEY_SIZE], *to = buffer;
    for (uint32_t counter = 0; length; counter++) {
        size_t part = length < sizeof block ? length : sizeof block;
        derive(PURPOSE_OUTPUT, counter, block);
        memcpy(to, block, part);
        to += part;
        length -= part;
    }
    derive(PURPOSE_KEY, 0, block);
    memcpy(key, block, sizeof key);
}
