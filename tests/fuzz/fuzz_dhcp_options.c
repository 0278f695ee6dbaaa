/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as a DHCP message, and what the settings make of it. The input is taken for what lies behind a good
 * header, too. */
#include <stdlib.h>
#include <string.h>

#include "loader/settings.h"
#include "tests/host/host.h"

#define SNAME_AND_FILE 192 /* bytes of both fields */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_message(const uint8_t *bytes, size_t size)
{
    struct dhcp_message message;

    (void)dhcp_request_open(&message, bytes, size);
    if (dhcp_message_open(&message, bytes, size))
        return;
    uint8_t value[64];
    for (unsigned code = 0; code < 256; code++) {
        if (dhcp_option_get(&message, (uint8_t)code, value, sizeof value) > (int)size)
            abort();
        dhcp_ipxe_option_get(&message, (uint8_t)code, value, sizeof value);
    }

    static struct net_lease lease;
    if (message.length <= sizeof lease.message)
        net_lease_read(&lease, &message); /* and says what is left out */
    if (lease.ipv4.route_count > NET_ROUTES)
        abort();
    for (unsigned i = 0; i < lease.ipv4.route_count; i++)
        if (lease.ipv4.routes[i].prefix_length < 1 || lease.ipv4.routes[i].prefix_length > 32)
            abort();
    net_gateway_to(&lease.ipv4, message.bytes + DHCP_AT_YIADDR);

    struct dhcp_times times = net_lease_times(&message);
    if (times.renew == 0 || times.renew > times.rebind || times.rebind > times.expire)
        abort();

    struct settings settings;
    if (settings_begin(&settings, "") != OK)
        abort();
    if (settings_from_dhcp(&settings, &message) == OK && settings.boot.drive < DRIVE_MIN)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t header[3] = {2, 1, 6}, cookie[4] = {99, 130, 83, 99};
    host_log_level = LOG_ERROR;
    read_message(data, size);

    uint8_t *whole = calloc(1, DHCP_OPTIONS_START + size);
    if (!whole)
        return 0;

    memcpy(whole, header, sizeof header);
    memcpy(whole + DHCP_OPTIONS_START - sizeof cookie, cookie, sizeof cookie);
    if (size)
        memcpy(whole + DHCP_OPTIONS_START, data, size);

    /* The input's end lies in `file` and `sname` as well, for option 52. */
    for (size_t i = 0; i < SNAME_AND_FILE && i < size; i++)
        whole[DHCP_AT_SNAME + i] = data[size - 1 - i];
    read_message(whole, DHCP_OPTIONS_START + size);
    free(whole);
    return 0;
}
