/* SPDX-License-Identifier: BSD-2-Clause */
/* ASCII characters, without a locale. */
#ifndef SANSTRAP_CHARACTERS_H
#define SANSTRAP_CHARACTERS_H

#include <stdbool.h>

static inline bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static inline char lower_case(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

/* The value of a hexadecimal digit, or -1. */
static inline int hex_digit(char character)
{
    char lower = lower_case(character);
    return is_digit(character) ? character - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
