/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses as text. */
#include "platform/format.h"

#include "platform/bytes.h"

void format_ipv4(char *text, const uint8_t bytes[4])
{
    format_text(text, FORMAT_ADDRESS_SIZE, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* RFC 5952 4.2: the longest run of two zero groups or more, the first of equals. */
static unsigned longest_run(const uint16_t *groups, unsigned *length)
{
    unsigned best = 8;

    *length = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned run = 0;
        while (i + run < 8 && groups[i + run] == 0)
            run++;
        if (run > *length) {
            *length = run;
            best = i;
        }
    }
    return best;
}

void format_ipv6(char *text, const uint8_t bytes[16])
{
    uint16_t groups[8];
    for (unsigned i = 0; i < 8; i++)
        groups[i] = get_be16(bytes + 2 * i);
    unsigned length, run = longest_run(groups, &length);

    char *at = text;
    for (unsigned i = 0; i < 8; i++) {
        if (i == run) {
            *at++ = ':';
            i += length - 1;
            if (i == 7)
                *at++ = ':';
            *at = '\0';
            continue;
        }
        if (i)
            *at++ = ':';
        at += format_text(at, 5, "%x", groups[i]);
    }
}
