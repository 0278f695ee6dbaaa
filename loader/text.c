/* SPDX-License-Identifier: BSD-2-Clause */
/* Small parsers over a bounded piece of text. */
#include "loader/text.h"

#include <string.h>

bool text_is(const char *text, size_t length, const char *literal)
{
    if (strlen(literal) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower_case(text[i]) != literal[i])
            return false;
    return true;
}

static bool parse_digits(const char *text, size_t length, unsigned base, uint32_t maximum, uint32_t *value)
{
    if (!length)
        return false;

    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        number = number * base + (unsigned)digit;
        if (number > maximum)
            return false;
    }

    *value = (uint32_t)number;
    return true;
}

bool text_parse_decimal(const char *text, size_t length, uint32_t maximum, uint32_t *value)
{
    return parse_digits(text, length, 10, maximum, value);
}

bool text_parse_number(const char *text, size_t length, uint32_t maximum, uint32_t *value)
{
    if (length > 2 && text[0] == '0' && lower_case(text[1]) == 'x')
        return parse_digits(text + 2, length - 2, 16, maximum, value);
    return text_parse_decimal(text, length, maximum, value);
}

bool text_parse_mac(const char *text, size_t length, uint8_t mac[6])
{
    if (length != 17)
        return false;

    for (size_t i = 0; i < 6; i++) {
        int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        if (i < 5 && text[3 * i + 2] != ':' && text[3 * i + 2] != '-')
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool text_copy(char *to, size_t size, const char *text, size_t length)
{
    to[0] = '\0';
    if (length >= size || memchr(text, 0, length))
        return false;
    memcpy(to, text, length);
    to[length] = '\0';
    return true;
}

bool text_is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7F)
            return false;
    return true;
}
