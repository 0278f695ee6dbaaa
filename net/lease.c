/* SPDX-License-Identifier: BSD-2-Clause */
/* A lease out of a DHCPACK, whoever got it; and what an IPv4 address of one machine can be. */
#include <string.h>

#include "net/dhcp_options.h"
#include "net/internal.h"
#include "platform/bytes.h"

#define LEASE_FOR_EVER 0xFFFFFFFFu
#define MTU_MIN        576 /* RFC 791: every host takes packets of this size */

/* RFC 1122 3.2.1.3 and RFC 1112: not "this network", not loopback, not multicast or reserved. */
bool net_ipv4_usable(const uint8_t address[4])
{
    return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

/* An option of four bytes, or the first of a list of them. False, and *to as it was, when there is none. */
static bool read_four(const struct dhcp_message *message, enum dhcp_option code, uint8_t to[4])
{
    uint8_t bytes[4];
    if (dhcp_option_get(message, (uint8_t)code, bytes, sizeof bytes) < (int)sizeof bytes)
        return false;
    memcpy(to, bytes, sizeof bytes);
    return true;
}

static void read_netmask(struct net_ipv4 *ipv4, const struct dhcp_message *message)
{
    if (read_four(message, DHCP_SUBNET_MASK, ipv4->netmask))
        return;
    unsigned of_class = ipv4->address[0] < 128 ? 1 : ipv4->address[0] < 192 ? 2 : 3;
    memset(ipv4->netmask, 0xFF, of_class);
}

static void read_gateway(struct net_ipv4 *ipv4, const struct dhcp_message *message)
{
    uint8_t router[4];
    if (!read_four(message, DHCP_ROUTER, router) || !net_ipv4_usable(router) || !memcmp(router, ipv4->address, 4))
        return;
    if (((get_be32(router) ^ get_be32(ipv4->address)) & get_be32(ipv4->netmask)) == 0)
        memcpy(ipv4->gateway, router, 4);
}

/* As many servers as there are and have a place. */
static void read_servers(struct net_ipv4 *ipv4, const struct dhcp_message *message)
{
    uint8_t bytes[sizeof ipv4->dns];
    int length = dhcp_option_get(message, DHCP_DNS, bytes, sizeof bytes);
    for (unsigned i = 0; i < NET_DNS_SERVERS && (int)(4 * i + 4) <= length; i++)
        memcpy(ipv4->dns[i], bytes + 4 * i, 4);
}

static uint16_t read_mtu(const struct dhcp_message *message)
{
    uint8_t bytes[2];
    if (dhcp_option_get(message, DHCP_MTU, bytes, sizeof bytes) != sizeof bytes)
        return 0;
    return get_be16(bytes) < MTU_MIN ? 0 : get_be16(bytes);
}

void net_lease_read(struct net_lease *lease, const struct dhcp_message *message)
{
    memset(lease, 0, sizeof *lease);
    memcpy(lease->ipv4.address, message->bytes + DHCP_AT_YIADDR, 4);
    read_netmask(&lease->ipv4, message);
    read_gateway(&lease->ipv4, message);
    read_servers(&lease->ipv4, message);
    lease->ipv4.mtu = read_mtu(message);

    uint8_t seconds[4];
    read_four(message, DHCP_SERVER_ID, lease->server);
    lease->seconds = read_four(message, DHCP_LEASE_TIME, seconds) ? get_be32(seconds) : LEASE_FOR_EVER;
    lease->acquired = platform_ticks();
    lease->message_length = (uint16_t)message->length;
    memcpy(lease->message, message->bytes, message->length);
}
