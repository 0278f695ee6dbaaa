/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <string.h> for images without a libc. The compiler also calls these by itself. memcpy carries the payload of every read and
 * write.
 */
#include <string.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* As much as a register holds, at any address. */
struct word {
    size_t value;
} __attribute__((packed, may_alias));

#define BLOCK 8u /* words */

/* From the first byte to the last. An emulated CPU does a loop of moves in two thirds of the time of `rep movs`. */
static inline __attribute__((always_inline)) void copy_up(void *to, const void *from, size_t length)
{
    struct word *out = to;
    const struct word *in = from;
    size_t blocks = length / (BLOCK * sizeof *in);
    length %= BLOCK * sizeof *in;
    if (blocks) {
        do {
            out[0] = in[0];
            out[1] = in[1];
            out[2] = in[2];
            out[3] = in[3];
            out[4] = in[4];
            out[5] = in[5];
            out[6] = in[6];
            out[7] = in[7];
            in += BLOCK;
            out += BLOCK;
        } while (--blocks);
    }

    size_t words = length / sizeof *in;
    size_t rest = length % sizeof *in;
    if (sizeof *in == 8)
        __asm__ volatile("rep movsq" : "+D"(out), "+S"(in), "+c"(words) : : "memory");
    else
        __asm__ volatile("rep movsl" : "+D"(out), "+S"(in), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(out), "+S"(in), "+c"(rest) : : "memory");
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    copy_up(to, from, length);
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length) {
        copy_up(to, from, length);
        return to;
    }
    uint8_t *destination = (uint8_t *)to + length - 1;
    const uint8_t *source = (const uint8_t *)from + length - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(destination), "+S"(source), "+c"(length) : : "memory", "cc");
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *destination = to;
    size_t words = length / 4, rest = length % 4; /* four bytes a step, where an emulated CPU goes step by step */
    uint32_t word = (uint8_t)byte * 0x01010101u;
    __asm__ volatile("rep stosl" : "+D"(destination), "+c"(words) : "a"(word) : "memory");
    __asm__ volatile("rep stosb" : "+D"(destination), "+c"(rest) : "a"(word) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *left = a, *right = b;
    for (; length; length--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}

void *memchr(const void *in, int byte, size_t length)
{
    for (const uint8_t *at = in; length; length--, at++)
        if (*at == (uint8_t)byte)
            return (void *)(uintptr_t)at;
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end)
        end++;
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t most)
{
    for (; most; most--, a++, b++) {
        if (*a != *b)
            return (uint8_t)*a - (uint8_t)*b;
        if (!*a)
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++)
        if (!*text)
            return NULL;
    return (char *)(uintptr_t)text;
}

int atoi(const char *text)
{
    unsigned value = 0;
    bool negative = *text == '-';
    for (text += negative; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (unsigned)(*text - '0');
    return (int)(negative ? 0 - value : value);
}
