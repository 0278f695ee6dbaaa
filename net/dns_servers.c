/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is asked for names: each network's own servers, by whom they were named. lwIP's DNS client is not compiled; its list of
 * servers is ours, and a router adds to it without undoing what was set.
 */
#include <string.h>

#include "lwip/dns.h"
#include "net/internal.h"

bool net_has_ipv4(const struct network *network)
{
    return !ip4_addr_isany(netif_ip4_addr(&network->netif));
}

bool net_has_ipv6(const struct network *network)
{
    for (unsigned i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) { /* behind the link-local one, which leads to no name's address */
        if (ip6_addr_isvalid(netif_ip6_addr_state(&network->netif, i)))
            return true;
    }
    return false;
}

void net_dns_set(struct network *network, enum dns_source source, unsigned index, const ip_addr_t *server)
{
    network->dns[source][index] = server ? *server : (ip_addr_t){0};
}

void net_dns_set_ipv6(struct network *network, enum dns_source source, const uint8_t servers[NET_DNS_SERVERS][16])
{
    for (unsigned i = 0; i < NET_DNS_SERVERS; i++) {
        struct net_address address = {.family = 6};
        memcpy(address.bytes, servers[i], sizeof servers[i]);
        ip_addr_t server = net_to_lwip(&address);
        net_dns_set(network, source, i, &server);
    }
}

unsigned net_dns_servers(const struct network *network, ip_addr_t servers[DNS_SERVERS_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < DNS_SERVERS_MAX; i++) {
        const ip_addr_t *server = &network->dns[i / NET_DNS_SERVERS][i % NET_DNS_SERVERS];
        if (!ip_addr_isany(server) && (IP_IS_V6(server) ? net_has_ipv6(network) : net_has_ipv4(network)))
            servers[count++] = *server;
    }
    return count;
}

bool net_is_dns_server(const struct network *network, const ip_addr_t *address)
{
    ip_addr_t servers[DNS_SERVERS_MAX];
    unsigned left = net_dns_servers(network, servers);
    while (left && !ip_addr_eq(&servers[left - 1], address))
        left--;
    return left != 0;
}

/* ---- for nd6.c: servers of the router whose advertisement is being read (RFC 8106) ---- */

void dns_setserver(u8_t index, const ip_addr_t *server)
{
    if (index < NET_DNS_SERVERS)
        net_dns_set(net_of_netif(ip_current_input_netif()), DNS_BY_ROUTER, index, server);
}

const ip_addr_t *dns_getserver(u8_t index)
{
    return &net_of_netif(ip_current_input_netif())->dns[DNS_BY_ROUTER][index % NET_DNS_SERVERS];
}
