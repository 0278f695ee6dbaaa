/* SPDX-License-Identifier: BSD-2-Clause */
/* A lease out of a DHCPACK, whoever got it; and what an IPv4 address of one machine can be. */
#include <stddef.h>
#include <string.h>

#include "net/dhcp_options.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define SECONDS_MIN 10  /* shorter leases are none: they would be over before they are used */
#define MTU_MIN     576 /* RFC 791: every host takes packets of this size */

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

/* A run of ones, then a run of zeros, none of them empty but the latter. */
static bool is_netmask(uint32_t mask)
{
    uint32_t hosts = ~mask;
    return mask != 0 && (hosts & (hosts + 1)) == 0;
}

static void warn_of_address(bool say, const char *what, const uint8_t address[4], const char *why)
{
    char text[FORMAT_ADDRESS_SIZE];
    format_ipv4(text, address);
    if (say)
        log_printf(LOG_WARNING, "DHCP: %s %s %s: left out", what, text, why);
}

static void read_netmask(struct net_ipv4 *ipv4, const struct dhcp_message *message, bool say)
{
    uint8_t mask[4];
    bool given = read_four(message, DHCP_SUBNET_MASK, mask);
    if (given && is_netmask(get_be32(mask))) {
        memcpy(ipv4->netmask, mask, sizeof mask);
        return;
    }

    if (given)
        warn_of_address(say, "netmask", mask, "is none");
    unsigned of_class = ipv4->address[0] < 128 ? 1 : ipv4->address[0] < 192 ? 2 : 3;
    memset(ipv4->netmask, 0xFF, of_class);
}

/* False, with a warning, for what cannot route for us. One outside the network is on the link all the same, as clouds have it. */
static bool is_router(const struct net_ipv4 *ipv4, const uint8_t router[4], bool say)
{
    if (!net_ipv4_usable(router) || !memcmp(router, ipv4->address, 4)) {
        warn_of_address(say, "router", router, "cannot be one");
        return false;
    }
    return true;
}

static void keep_route(struct net_ipv4 *ipv4, const struct net_route *route, bool say)
{
    bool on_link = bytes_are_zero(route->gateway, 4);
    if (!on_link && !is_router(ipv4, route->gateway, say))
        return;
    if (!route->prefix_length)
        memcpy(ipv4->gateway, route->gateway, 4);
    else if (ipv4->route_count < NET_ROUTES)
        ipv4->routes[ipv4->route_count++] = *route;
    else
        warn_of_address(say, "route to", route->network, "is one more than there is room for");
}

/* RFC 3442: how many bits, as many bytes of the network as they fill, the router; and so on. */
static void read_routes(struct net_ipv4 *ipv4, const struct dhcp_message *message, bool say)
{
    uint8_t bytes[255];
    int length = dhcp_option_get(message, DHCP_CLASSLESS_ROUTES, bytes, sizeof bytes);
    unsigned left = length < 0 ? 0 : smaller_of((uint32_t)length, sizeof bytes);
    for (const uint8_t *at = bytes; left;) {
        unsigned significant = (at[0] + 7u) / 8;
        if (at[0] > 32 || left < 1 + significant + 4) {
            if (say)
                log_printf(LOG_WARNING, "DHCP: option 121 (CLASSLESS_ROUTES) has a route of %u bits in %u bytes: left out", at[0],
                           left);
            return;
        }

        struct net_route route = {.prefix_length = at[0]};
        memcpy(route.network, at + 1, significant);
        memcpy(route.gateway, at + 1 + significant, 4);
        keep_route(ipv4, &route, say);
        at += 1 + significant + 4;
        left -= 1 + significant + 4;
    }
}

/* Who gives routes means them to replace the router, RFC 3442 says. */
static void read_gateway(struct net_ipv4 *ipv4, const struct dhcp_message *message, bool say)
{
    uint8_t router[4];
    read_routes(ipv4, message, say);
    if (ipv4->route_count || !bytes_are_zero(ipv4->gateway, 4) || !read_four(message, DHCP_ROUTER, router))
        return;
    if (is_router(ipv4, router, say))
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

static uint16_t read_mtu(const struct dhcp_message *message, bool say)
{
    uint8_t bytes[2];
    if (dhcp_option_get(message, DHCP_MTU, bytes, sizeof bytes) != sizeof bytes)
        return 0;
    uint16_t mtu = get_be16(bytes);
    if (mtu >= MTU_MIN)
        return mtu;
    if (say)
        log_printf(LOG_WARNING, "DHCP: MTU %u, at least %u wanted: left out", mtu, MTU_MIN);
    return 0;
}

void net_lease_addresses(struct net_ipv4 *ipv4, const struct dhcp_message *message, bool say)
{
    memset(ipv4, 0, sizeof *ipv4);
    memcpy(ipv4->address, message->bytes + DHCP_AT_YIADDR, 4);
    read_netmask(ipv4, message, say);
    read_gateway(ipv4, message, say);
    read_servers(ipv4, message);
    ipv4->mtu = read_mtu(message, say);
}

void net_lease_override(struct net_ipv4 *ipv4, const struct net_overrides *by_hand, uint16_t mtu_max)
{
    if (by_hand->gateway) {
        memcpy(ipv4->gateway, by_hand->ipv4.gateway, sizeof ipv4->gateway);
        ipv4->route_count = 0;
    }
    if (by_hand->dns)
        memcpy(ipv4->dns, by_hand->ipv4.dns, sizeof ipv4->dns);
    if (by_hand->mtu)
        ipv4->mtu = by_hand->ipv4.mtu;
    if (ipv4->mtu > mtu_max)
        ipv4->mtu = 0;
}

static uint32_t read_seconds(const struct dhcp_message *message, enum dhcp_option code, uint32_t otherwise)
{
    uint8_t bytes[4];
    return read_four(message, code, bytes) ? get_be32(bytes) : otherwise;
}

struct dhcp_times net_lease_times(const struct dhcp_message *message)
{
    struct dhcp_times times = {DHCP_FOR_EVER, DHCP_FOR_EVER, read_seconds(message, DHCP_LEASE_TIME, DHCP_FOR_EVER)};
    if (times.expire == DHCP_FOR_EVER)
        return times;
    if (times.expire < SECONDS_MIN)
        times.expire = SECONDS_MIN;

    /* RFC 2131 4.4.5: half and seven eighths where the server says nothing, or what cannot be. */
    times.renew = times.expire / 2;
    times.rebind = times.expire - times.expire / 8;
    uint32_t rebind = read_seconds(message, DHCP_REBINDING_TIME, times.rebind);
    if (rebind > 1 && rebind < times.expire)
        times.rebind = rebind;
    uint32_t renew = read_seconds(message, DHCP_RENEWAL_TIME, times.renew);
    if (renew > 0 && renew < times.rebind)
        times.renew = renew;
    if (times.renew >= times.rebind)
        times.renew = times.rebind / 2;
    return times;
}

void net_lease_read(struct net_lease *lease, const struct dhcp_message *message)
{
    memset(lease, 0, offsetof(struct net_lease, proxy_length));
    dhcp_message_warn(message);
    net_lease_addresses(&lease->ipv4, message, true);

    read_four(message, DHCP_SERVER_ID, lease->server);
    lease->seconds = read_seconds(message, DHCP_LEASE_TIME, DHCP_FOR_EVER);
    lease->acquired = platform_ticks();
    lease->message_length = (uint16_t)message->length;
    memcpy(lease->message, message->bytes, message->length);
}
