/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC32C by SSE4.2's instruction, which works on general registers, or by a table that is made when it is first needed. */
#include "platform/crc32c.h"

#include <string.h>

#define POLYNOMIAL     0x82F63B78u /* reflected */
#define CPUID_FEATURES 1
#define CPUID_SSE42    (1u << 20) /* in ECX */

bool crc32c_cpu_has_instruction(void)
{
    uint32_t eax = CPUID_FEATURES, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ecx & CPUID_SSE42;
}

uint32_t crc32c_by_instruction(uint32_t crc, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uintptr_t sum = ~crc;

    for (; length >= sizeof sum; length -= sizeof sum, at += sizeof sum) {
        uintptr_t word;

        memcpy(&word, at, sizeof word);
        /* The operand's size is that of its registers. */
        __asm__("crc32 %1, %0" : "+r"(sum) : "r"(word));
    }

    uint32_t rest = (uint32_t)sum;
    for (; length; length--, at++)
        __asm__("crc32b %1, %0" : "+r"(rest) : "m"(*at));
    return ~rest;
}

uint32_t crc32c_by_table(uint32_t crc, const void *bytes, size_t length)
{
    static uint32_t table[256];
    const uint8_t *at = bytes;

    if (!table[1]) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t entry = i;

            for (unsigned bit = 0; bit < 8; bit++)
                entry = entry >> 1 ^ (entry & 1 ? POLYNOMIAL : 0);
            table[i] = entry;
        }
    }

    crc = ~crc;
    for (; length; length--, at++)
        crc = crc >> 8 ^ table[(crc ^ *at) & 0xFF];
    return ~crc;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length)
{
    static uint32_t (*chosen)(uint32_t, const void *, size_t);

    /* CPUID leaves a virtual machine each time: once is enough. */
    if (!chosen)
        chosen = crc32c_cpu_has_instruction() ? crc32c_by_instruction : crc32c_by_table;
    return chosen(crc, bytes, length);
}
