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

/* A chain of carries would be 8 instructions less, but makes an emulated CPU work out each flag: 1.7 times as long. */
static inline void add_block(struct sum *sum, const struct block *at)
{
    add_word(sum, &at->words[0]);
    add_word(sum, &at->words[1]);
    add_word(sum, &at->words[2]);
    add_word(sum, &at->words[3]);
    add_word(sum, &at->words[4]);
    add_word(sum, &at->words[5]);
    add_word(sum, &at->words[6]);
    add_word(sum, &at->words[7]);
}

uint16_t net_checksum(const void *bytes, int length)
{
    const uint8_t *at = bytes;
    unsigned left = (unsigned)length;
    struct sum sum = {0, 0};

    unsigned blocks = left / sizeof(struct block);
    left %= sizeof(struct block);
    if (blocks) {
        do {
            add_block(&sum, (const void *)at);
            at += sizeof(struct block);
        } while (--blocks);
    }
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
