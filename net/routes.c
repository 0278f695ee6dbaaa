/* SPDX-License-Identifier: BSD-2-Clause */
/* Which gateway leads where. */
#include "net/net.h"
#include "platform/bytes.h"

const uint8_t *net_gateway_to(const struct net_ipv4 *ipv4, const uint8_t to[4])
{
    const uint8_t *gateway = bytes_are_zero(ipv4->gateway, 4) ? NULL : ipv4->gateway;
    unsigned longest = 0;
    for (const struct net_route *route = ipv4->routes; route < ipv4->routes + ipv4->route_count; route++) {
        uint32_t differs = get_be32(route->network) ^ get_be32(to);
        if (route->prefix_length <= longest || differs >> (32 - route->prefix_length))
            continue;
        longest = route->prefix_length;
        gateway = route->gateway;
    }
    return gateway;
}
