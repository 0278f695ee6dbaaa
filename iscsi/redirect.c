/* SPDX-License-Identifier: BSD-2-Clause */
/* TargetAddress, and where a login goes next. */
#include "iscsi/login.h"

static bool copy_host(char *host, const char *from, size_t length)
{
    if (length == 0 || length > 255)
        return false;
    memcpy(host, from, length);
    host[length] = 0;
    return true;
}

static bool parse_port(const char *text, uint16_t *port)
{
    uint32_t number = 0;

    *port = ISCSI_DEFAULT_PORT;
    if (*text == ':') {
        const char *digits = ++text;

        for (; *text >= '0' && *text <= '9'; text++) {
            number = number * 10 + (uint32_t)(*text - '0');
            if (number > 65535)
                return false;
        }
        if (text == digits || number == 0)
            return false;
        *port = (uint16_t)number;
    }
    /* A portal group tag may follow; it names the group, which a redirected login need not check. */
    return *text == 0 || *text == ',';
}

bool parse_target_address(const char *text, char *host, uint16_t *port)
{
    const char *end;

    if (*text == '[') {
        end = strchr(text, ']');
        return end && copy_host(host, text + 1, (size_t)(end - text - 1)) && parse_port(end + 1, port);
    }
    for (end = text; *end && *end != ':' && *end != ','; end++)
        ;
    return copy_host(host, text, (size_t)(end - text)) && parse_port(end, port);
}
