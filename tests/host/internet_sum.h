/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071) as it is defined: bytes in the network's order, word by word. */
#ifndef SANSTRAP_TESTS_INTERNET_SUM_H
#define SANSTRAP_TESTS_INTERNET_SUM_H

#include <stdint.h>

/* `sum` and what `length` bytes add to it. They begin at an even place of what is summed. */
static inline uint32_t internet_sum(const uint8_t *bytes, unsigned length, uint32_t sum)
{
    for (unsigned i = 0; i < length; i++)
        sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
    return sum;
}

/* In 16 bits: all ones when data and their checksum were summed; its complement is what goes into a checksum field. */
static inline uint16_t internet_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)sum;
}

#endif
