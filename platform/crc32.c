/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32, four bits at a time, by a table on the stack: the stub, which runs anywhere, has no data of its own. */
#include "platform/crc32.h"

#define POLYNOMIAL 0xEDB88320u /* reflected */

uint32_t crc32(uint32_t crc, const void *bytes, size_t length)
{
    uint32_t table[16];
    for (unsigned i = 0; i < 16; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 4; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
    }

    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}
