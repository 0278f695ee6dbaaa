/* SPDX-License-Identifier: BSD-2-Clause */
/* Option 59 of DHCPv6, and the URL in it. */
#include "loader/dhcp6_boot_file.h"

#include <string.h>

#include "loader/text.h"
#include "net/net.h"
#include "platform/bytes.h"

#define OPTIONS_AT        4 /* behind type and transaction: RFC 8415, 8 */
#define OPTION_HEADER     4 /* code and length, 16 bits each */
#define OPT_BOOTFILE_URL  59
#define URL_START         "tftp://["
#define ADDRESS_TEXT_SIZE 46

/* NULL when there is none. */
static const char *find_url(const uint8_t *message, size_t size, size_t *length)
{
    for (size_t at = OPTIONS_AT; at + OPTION_HEADER <= size; at += OPTION_HEADER + *length) {
        *length = get_be16(message + at + 2);
        if (*length > size - at - OPTION_HEADER)
            return NULL;
        if (get_be16(message + at) == OPT_BOOTFILE_URL)
            return (const char *)message + at + OPTION_HEADER;
    }
    return NULL;
}

bool dhcp6_boot_file(const uint8_t *message, size_t size, uint8_t server[16], char *path, size_t room)
{
    size_t length = 0;
    const char *url = find_url(message, size, &length);
    if (!url || length < strlen(URL_START) || !text_is(url, strlen(URL_START), URL_START))
        return false;

    const char *host = url + strlen(URL_START), *end = url + length;
    const char *bracket = memchr(host, ']', (size_t)(end - host));
    char text[ADDRESS_TEXT_SIZE];
    struct net_address address;
    if (!bracket || !text_copy(text, sizeof text, host, (size_t)(bracket - host)) || !net_parse_address(text, &address) ||
        address.family != 6)
        return false;
    memcpy(server, address.bytes, 16);

    const char *slash = memchr(bracket, '/', (size_t)(end - bracket));
    if (!slash)
        return false;
    const char *mode = memchr(slash, ';', (size_t)(end - slash));
    return text_copy(path, room, slash + 1, (size_t)((mode ? mode : end) - slash - 1));
}
