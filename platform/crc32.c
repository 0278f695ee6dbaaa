/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32, a bit at a time. */
#include "platform/crc32.h"

#define POLYNOMIAL 0xEDB88320u /* reflected */

uint32_t crc32(uint32_t crc, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= at[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    }
    return ~crc;
}
