/* SPDX-License-Identifier: BSD-2-Clause */
/* Forms that values of several settings have; private to the parsers, value.c and value_address.c. */
#ifndef SANSTRAP_VALUE_H
#define SANSTRAP_VALUE_H

#include <string.h>

#include "loader/text.h"

/* Splits at the first `separator`: the part before it, and the rest, which is NULL when there is none. */
static inline size_t part_before(char separator, const char *value, size_t length, const char **rest, size_t *rest_length)
{
    const char *at = memchr(value, separator, length);
    *rest = at ? at + 1 : NULL;
    *rest_length = at ? (size_t)(value + length - *rest) : 0;
    return at ? (size_t)(at - value) : length;
}

static inline size_t first_part(const char *value, size_t length, const char **rest, size_t *rest_length)
{
    return part_before(',', value, length, rest, rest_length);
}

static inline bool parse_in_range(const char *value, size_t length, uint32_t minimum, uint32_t maximum, uint32_t *number)
{
    return text_parse_decimal(value, length, maximum, number) && *number >= minimum;
}

#endif
