/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum's sum (RFC 1071). Every byte that a card without receive offload brings passes here: a register's width
 * at a time, which RFC 1071 section 2(C) allows. Little-endian machines only, as are all of ours.
 */
#include <string.h>

#include "net/lwipopts.h"

/* As much as a register holds, at any address. */
struct word {
    uintptr_t value;
} __attribute__((packed, may_alias));

/* Of words, and how often it was too large for one. */
struct sum {
    uintptr_t low, carries;
};

/* Two instructions. Of the same in C gcc makes five, with or without a 64-bit sum. */
static inline void add_word(struct sum *sum, const struct word *at)
{
    __asm__("add %2, %0\n\tadc $0, %1" : "+r"(sum->low), "+r"(sum->carries) : "m"(*at) : "cc");
}

struct block {
    struct word words[8];
};

/* One instruction a word: each takes in the carry of the one before. */
static inline void add_block(struct sum *sum, const struct block *at)
{
    __asm__("add %2, %0\n\tadc %3, %0\n\tadc %4, %0\n\tadc %5, %0\n\tadc %6, %0\n\tadc %7, %0\n\tadc %8, %0\n\tadc %9, %0\n\t"
            "adc $0, %1"
            : "+&r"(sum->low), "+&r"(sum->carries)
            : "m"(at->words[0]), "m"(at->words[1]), "m"(at->words[2]), "m"(at->words[3]), "m"(at->words[4]), "m"(at->words[5]),
              "m"(at->words[6]), "m"(at->words[7])
            : "cc");
}

uint16_t net_checksum(const void *bytes, int length)
{
    const uint8_t *at = bytes;
    unsigned left = (unsigned)length;
    struct sum sum = {0, 0};

    for (; left >= sizeof(struct block); at += sizeof(struct block), left -= sizeof(struct block))
        add_block(&sum, (const void *)at);
    for (; left >= sizeof(struct word); at += sizeof(struct word), left -= sizeof(struct word))
        add_word(&sum, (const void *)at);
    struct word rest = {0};
    memcpy(&rest, at, left);
    add_word(&sum, &rest);

    /* Each carry is one of 2^32 or 2^64, both of which are 1 modulo 0xFFFF. */
    uint64_t folded = (uint64_t)sum.carries + (uint32_t)sum.low + ((uint64_t)sum.low >> 32);
    while (folded >> 16)
        folded = (folded & 0xFFFF) + (folded >> 16);
    return (uint16_t)folded;
}
