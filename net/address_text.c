/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text: dotted quads, and RFC 4291 2.2 / RFC 5952 for IPv6. */
#include <string.h>

#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/characters.h"
#include "platform/format.h"

static bool parse_ipv4(const char *text, uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;
        for (; is_digit(*text); text++) {
            if (digits == 1 && value == 0)
                return false; /* a leading zero: octal to some */
            value = value * 10 + (unsigned)(*text - '0');
            if (++digits > 3)
                return false;
        }

        if (digits == 0 || value > 255 || *text != (i < 3 ? '.' : '\0'))
            return false;
        bytes[i] = (uint8_t)value;
        text++;
    }
    return true;
}

/* One group of one to four digits, without leading zeros. Returns how many characters; 0 is none or a bad one. */
static unsigned parse_group(const char *text, uint16_t *group)
{
    unsigned digits = 0;
    *group = 0;
    while (hex_digit(text[digits]) >= 0) {
        if (digits == 4 || (digits == 1 && *group == 0))
            return 0;
        *group = (uint16_t)(*group << 4 | (unsigned)hex_digit(text[digits++]));
    }
    return digits;
}

#define NO_GAP 17u

/* Closes the gap that "::" leaves: `filled` bytes are there, those from `gap` on belong to the end. */
static bool fill_gap(uint8_t bytes[16], unsigned filled, unsigned gap)
{
    if (gap == NO_GAP)
        return filled == 16;
    if (filled > 14)
        return false; /* "::" stands for at least one group */

    memmove(bytes + 16 - (filled - gap), bytes + gap, filled - gap);
    memset(bytes + gap, 0, 16 - filled);
    return true;
}

static bool parse_ipv6(const char *text, uint8_t bytes[16])
{
    unsigned filled = 0, gap = NO_GAP; /* bytes so far; where "::" stands */
    memset(bytes, 0, 16);
    if (text[0] == ':') {
        if (text[1] != ':')
            return false;
        gap = 0;
        text += 2;
    }

    while (*text) {
        if (filled <= 12 && (filled == 12 || gap <= 12) && strchr(text, '.') && !strchr(text, ':')) {
            if (!parse_ipv4(text, bytes + filled))
                return false;
            filled += 4;
            break;
        }

        uint16_t group;
        unsigned digits = parse_group(text, &group);
        if (digits == 0 || filled == 16)
            return false;
        put_be16(bytes + filled, group);
        filled += 2;
        text += digits;
        if (*text == '\0')
            break;

        if (*text++ != ':')
            return false;
        if (*text == ':') {
            if (gap != NO_GAP)
                return false;
            gap = filled;
            text++;
        } else if (*text == '\0') {
            return false;
        }
    }
    return fill_gap(bytes, filled, gap);
}

bool net_parse_address(const char *text, struct net_address *address)
{
    struct net_address parsed = {0};
    if (parse_ipv4(text, parsed.bytes))
        parsed.family = 4;
    else if (parse_ipv6(text, parsed.bytes))
        parsed.family = 6;
    else
        return false;

    if (parsed.family == 4)
        memset(parsed.bytes + 4, 0, sizeof parsed.bytes - 4);
    *address = parsed;
    return true;
}

void net_format_address(const struct net_address *address, char *text)
{
    text[0] = '\0';
    if (address->family == 4)
        format_ipv4(text, address->bytes);
    else if (address->family == 6)
        format_ipv6(text, address->bytes);
}
