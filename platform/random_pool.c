/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool of random bytes. The only place outside iscsi/ that knows BearSSL. */
#include "platform/random_pool.h"

#include <bearssl_hash.h>
#include <string.h>

#include "platform/platform.h"

#define CPUID_RDRAND (1u << 30)
#define RDRAND_TRIES 10
#define RDRAND_WORDS 16
#define KEY_SIZE     br_sha256_SIZE

enum purpose { PURPOSE_OUTPUT, PURPOSE_KEY };

static uint8_t key[KEY_SIZE];

void random_pool_add(const void *bytes, size_t length)
{
    br_sha256_context hash;
    br_sha256_init(&hash);
    br_sha256_update(&hash, key, sizeof key);
    br_sha256_update(&hash, bytes, length);
    br_sha256_out(&hash, key);
}

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

void random_pool_add_cpu(void)
{
    uint32_t eax = 1, ebx, ecx, edx, words[RDRAND_WORDS] = {0};
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    for (int i = 0; i < RDRAND_WORDS && ecx & CPUID_RDRAND; i++)
        if (!rdrand(&words[i]))
            break;
    random_pool_add(words, sizeof words);
}

static void derive(enum purpose purpose, uint32_t counter, uint8_t to[KEY_SIZE])
{
    br_sha256_context hash;
    uint64_t now = platform_ticks();
    br_sha256_init(&hash);
    br_sha256_update(&hash, key, sizeof key);
    br_sha256_update(&hash, &purpose, sizeof purpose);
    br_sha256_update(&hash, &counter, sizeof counter);
    br_sha256_update(&hash, &now, sizeof now);
    br_sha256_out(&hash, to);
}

void random_pool_read(void *buffer, size_t length)
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
