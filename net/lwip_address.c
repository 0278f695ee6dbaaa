/* SPDX-License-Identifier: BSD-2-Clause */
/* Our addresses and lwIP's. */
#include <string.h>

#include "net/internal.h"

ip_addr_t net_to_lwip(const struct net_address *address)
{
    ip_addr_t result = {0};
    if (address->family == 6) {
        IP_SET_TYPE_VAL(result, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&result)->addr, address->bytes, 16);
    } else {
        IP_SET_TYPE_VAL(result, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(&result)->addr, address->bytes, 4);
    }
    return result;
}

struct net_address net_from_lwip(const ip_addr_t *address)
{
    struct net_address result = {.family = IP_IS_V6(address) ? 6 : 4};
    if (result.family == 6)
        memcpy(result.bytes, ip_2_ip6(address)->addr, 16);
    else
        memcpy(result.bytes, &ip_2_ip4(address)->addr, 4);
    return result;
}
