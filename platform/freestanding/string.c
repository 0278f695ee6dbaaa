/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <string.h> for images without a libc. The compiler also calls these by itself. memcpy carries the payload of every read and
 * write: `rep movs` is what both real CPUs and emulators do fastest.
 */
#include <string.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *destination = to;
    size_t words = length / sizeof(size_t);
    size_t rest = length % sizeof(size_t);
    if (sizeof(size_t) == 8)
        __asm__ volatile("rep movsq" : "+D"(destination), "+S"(from), "+c"(words) : : "memory");
    else
        __asm__ volatile("rep movsl" : "+D"(destination), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(destination), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length)
        return memcpy(to, from, length);
    uint8_t *destination = (uint8_t *)to + length - 1;
    const uint8_t *source = (const uint8_t *)from + length - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(destination), "+S"(source), "+c"(length) : : "memory", "cc");
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *destination = to;
    __asm__ volatile("rep stosb" : "+D"(destination), "+c"(length) : "a"(byte) : "memory");
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
