/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of C's <string.h> that images without a libc have; defined in platform/freestanding/string.c. */
#ifndef SANSTRAP_FREESTANDING_STRING_H
#define SANSTRAP_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
void *memchr(const void *in, int byte, size_t length);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *strchr(const char *text, int character);

#endif
