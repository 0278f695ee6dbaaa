/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing and reading key=value pairs of login text, and the forms that values have (RFC 7143 section 6.1). */
#include "iscsi/key_text.h"

#include <string.h>

#include "platform/characters.h"
#include "platform/format.h"

#define BINARY_MAX 64 /* bytes of a value that we send */

static void append(struct key_text_writer *writer, const char *key, const char *prefix, const char *value, uint32_t value_length)
{
    uint32_t key_length = (uint32_t)strlen(key), prefix_length = (uint32_t)strlen(prefix);
    uint64_t wanted = (uint64_t)key_length + prefix_length + value_length + 2;
    uint8_t *to = writer->bytes + writer->length;

    if (writer->full || wanted > writer->room - writer->length) {
        writer->full = true;
        return;
    }
    memcpy(to, key, key_length);
    to += key_length;
    *to++ = '=';
    memcpy(to, prefix, prefix_length);
    to += prefix_length;
    memcpy(to, value, value_length);
    to[value_length] = 0;
    writer->length += (uint32_t)wanted;
}

void key_text_add(struct key_text_writer *writer, const char *key, const char *value)
{
    append(writer, key, "", value, (uint32_t)strlen(value));
}

void key_text_add_number(struct key_text_writer *writer, const char *key, uint32_t value)
{
    char digits[12];

    format_text(digits, sizeof digits, "%u", (unsigned)value);
    key_text_add(writer, key, digits);
}

void key_text_add_binary(struct key_text_writer *writer, const char *key, const uint8_t *bytes, uint32_t length)
{
    char digits[2 * BINARY_MAX];

    if (length > sizeof digits / 2) {
        writer->full = true;
        return;
    }
    for (uint32_t i = 0; i < length; i++) {
        digits[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        digits[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    append(writer, key, "0x", digits, 2 * length);
}

bool key_text_next(uint8_t *text, uint32_t length, uint32_t *position, const char **key, const char **value, bool *malformed)
{
    /* Some targets pad their text with NULs. */
    while (*position < length && text[*position] == 0)
        ++*position;
    if (*position >= length)
        return false;

    char *piece = (char *)text + *position;
    *position += (uint32_t)strlen(piece) + 1;
    char *equals = strchr(piece, '=');
    if (!equals || equals == piece) {
        *malformed = true;
        return false;
    }
    *equals = 0;
    *key = piece;
    *value = equals + 1;
    return true;
}

static bool has_radix(const char *value, char letter)
{
    return value[0] == '0' && (value[1] | 0x20) == letter;
}

bool key_text_number(const char *value, uint32_t max, uint32_t *number)
{
    uint32_t base = 10;
    uint64_t sum = 0;

    if (has_radix(value, 'x')) {
        base = 16;
        value += 2;
    }
    if (!*value)
        return false;

    for (; *value; value++) {
        int digit = hex_digit(*value);

        if (digit < 0 || (uint32_t)digit >= base)
            return false;
        sum = sum * base + (uint32_t)digit;
        if (sum > max)
            return false;
    }
    *number = (uint32_t)sum;
    return true;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool base64_binary(const char *digits, uint8_t *to, uint32_t room, uint32_t *length)
{
    uint32_t bits = 0, count = 0, digits_seen = 0, used = 0;

    for (; *digits && *digits != '='; digits++) {
        int digit = base64_digit(*digits);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        digits_seen++;
        if (count >= 8) {
            count -= 8;
            if (used == room)
                return false;
            to[used++] = (uint8_t)(bits >> count);
        }
    }

    for (; *digits == '='; digits++)
        digits_seen++;
    *length = used;
    return *digits == 0 && digits_seen % 4 == 0 && used > 0;
}

bool key_text_binary(const char *value, uint8_t *to, uint32_t room, uint32_t *length)
{
    if (has_radix(value, 'b'))
        return base64_binary(value + 2, to, room, length);
    if (!has_radix(value, 'x'))
        return false;

    value += 2;
    size_t digits = strlen(value);
    /* An odd count has a leading zero left out: the value is a number (RFC 7143 section 6.1). */
    if (digits == 0 || (digits + 1) / 2 > room)
        return false;

    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(value[i]);
        size_t nibble = i + (digits & 1);

        if (digit < 0)
            return false;
        to[nibble / 2] = (uint8_t)(nibble & 1 && i ? to[nibble / 2] << 4 | digit : digit);
    }
    *length = (uint32_t)((digits + 1) / 2);
    return true;
}

bool key_text_same_word(const char *a, const char *b)
{
    for (; *a && lower_case(*a) == lower_case(*b); a++, b++)
        continue;
    return lower_case(*a) == lower_case(*b);
}
