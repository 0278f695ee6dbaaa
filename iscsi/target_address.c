/* SPDX-License-Identifier: BSD-2-Clause */
/* TargetAddress: where a redirected login goes next (RFC 7143 section 13.8). */
#include "iscsi/login.h"

#include "platform/characters.h"

static bool copy_host(char *host, const char *from, size_t length)
{
    if (length == 0 || length >= ISCSI_HOST_SIZE)
        return false;
    memcpy(host, from, length);
    host[length] = 0;
    return true;
}

static bool parse_port(const char *text, uint16_t *port)
{
    *port = ISCSI_DEFAULT_PORT;
    if (*text == ':') {
        const char *digits = ++text;
        uint32_t number = 0;

        for (; is_digit(*text); text++) {
            number = number * 10 + (uint32_t)(*text - '0');
            if (number > UINT16_MAX)
                return false;
        }
        if (text == digits || number == 0)
            return false;
        *port = (uint16_t)number;
    }
    /* A portal group tag may follow; it names the group, which a redirected login need not check. */
    return *text == 0 || *text == ',';
}

bool target_address_parse(const char *text, char host[ISCSI_HOST_SIZE], uint16_t *port)
{
    if (*text == '[') {
        const char *bracket = strchr(text, ']');
        return bracket && copy_host(host, text + 1, (size_t)(bracket - text - 1)) && parse_port(bracket + 1, port);
    }

    const char *end = text;
    while (*end && *end != ':' && *end != ',')
        end++;
    return copy_host(host, text, (size_t)(end - text)) && parse_port(end, port);
}
