/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as a DHCPv6 server's reply: as they are, and behind a header and a client's identifier that are ours. */
#include <stdlib.h>
#include <string.h>

#include "net/dhcp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OURS 18 /* bytes of a request: its header, and the option of the client's identifier */

static void read_reply(const uint8_t *message, size_t size, const uint8_t *request)
{
    uint8_t dns[NET_DNS_SERVERS][16];
    uint8_t *copy = malloc(size ? size : 1); /* whose ends the sanitizer watches */
    if (size)
        memcpy(copy, message, size);
    if (dhcp6_read_reply(copy, (unsigned)size, request, dns) > NET_DNS_SERVERS)
        abort();
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t request[DHCP6_REQUEST_SIZE], message[OURS + 4096];
    if (size > 4096)
        return 0;
    dhcp6_write_request(request, 0x123456, (const uint8_t *)"\2\0\0\0\0\1", 0);
    read_reply(data, size, request);

    memcpy(message, request, OURS);
    message[0] = 7;
    if (size)
        memcpy(message + OURS, data, size);
    read_reply(message, OURS + size, request);
    return 0;
}
