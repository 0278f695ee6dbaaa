/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum's sum (RFC 1071). Every byte that a card without receive offload brings passes here: a register's width
 * at a time, which RFC 1071 section 2(C) allows. Little-endian machines only, as are all of ours.
 */
#include <string.h>

#include "net/lwipopts.h"

#define UNROLLED 8

/* As much as a register holds, at any address. */
struct word {
    uintptr_t value;
} __attribute__((packed, may_alias));

/* Of words, and how often it was too large for one. */
struct sum {
    uintptr_t low, carries;
};

/* Two instructions. Of the same in C gcc makes five, with or without a 64-bit sum. */
static inline void add_word(struct sum *sum, const void *at)
{
    __asm__("add %2, %0\n\tadc $0, %1" : "+r"(sum->low), "+r"(sum->carries) : "m"(*(const struct word *)at) : "cc");
}

uint16_t net_checksum(const void *bytes, int length)
{
    const uint8_t *at = bytes;
    unsigned left = (unsigned)length;
    struct sum sum = {0, 0};

    for (; left >= UNROLLED * sizeof(struct word); at += UNROLLED * sizeof(struct word), left -= UNROLLED * sizeof(struct word)) {
        add_word(&sum, at);
        add_word(&sum, at + sizeof(struct word));
        add_word(&sum, at + 2 * sizeof(struct word));
        add_word(&sum, at + 3 * sizeof(struct word));
        add_word(&sum, at + 4 * sizeof(struct word));
        add_word(&sum, at + 5 * sizeof(struct word));
        add_word(&sum, at + 6 * sizeof(struct word));
        add_word(&sum, at + 7 * sizeof(struct word));
    }
    for (; left >= sizeof(struct word); at += sizeof(struct word), left -= sizeof(struct word))
        add_word(&sum, at);
    struct word rest = {0};
    memcpy(&rest, at, left);
    add_word(&sum, &rest);

    /* Each carry is one of 2^32 or 2^64, both of which are 1 modulo 0xFFFF. */
    uint64_t folded = (uint64_t)sum.carries + (uint32_t)sum.low + ((uint64_t)sum.low >> 32);
    while (folded >> 16)
        folded = (folded & 0xFFFF) + (folded >> 16);
    return (uint16_t)folded;
}
