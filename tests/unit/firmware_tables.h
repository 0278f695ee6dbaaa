/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests that make firmware's tables: little-endian words, and the byte that makes all bytes sum to 0. */
#ifndef SANSTRAP_TESTS_FIRMWARE_TABLES_H
#define SANSTRAP_TESTS_FIRMWARE_TABLES_H

#include "tests/unit/unit.h"

static inline void seal(uint8_t *bytes, size_t length, size_t checksum)
{
    uint8_t sum = 0;
    bytes[checksum] = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[checksum] = (uint8_t)-sum;
}

static inline void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

#endif
