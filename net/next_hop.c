/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an open stream's packets go: to its peer on the link or to a router, and to which MAC address. */
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/priv/nd6_priv.h"
#include "net/internal.h"

static bool ipv4_on_link(const ip4_addr_t *remote)
{
    return ip4_addr_netcmp(remote, netif_ip4_addr(&network.netif), netif_ip4_netmask(&network.netif));
}

static bool ipv6_on_link(const ip6_addr_t *remote)
{
    if (ip6_addr_islinklocal(remote))
        return true;
    for (unsigned i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(&network.netif, i)) &&
            ip6_addr_netcmp(remote, netif_ip6_addr(&network.netif, i)))
            return true;
    }
    return false;
}

bool net_peer_on_link(struct stream *stream, struct net_address *peer)
{
    const ip_addr_t *remote = net_stream_remote(stream);
    *peer = remote ? net_from_lwip(remote) : (struct net_address){0};
    if (!remote)
        return false;
    return IP_IS_V6(remote) ? ipv6_on_link(ip_2_ip6(remote)) : ipv4_on_link(ip_2_ip4(remote));
}

/* As etharp_output() decides. */
static bool ipv4_next_hop(const ip4_addr_t *remote, uint8_t mac[NIC_MAC_LENGTH])
{
    const ip4_addr_t *hop = ipv4_on_link(remote) || ip4_addr_islinklocal(remote) ? remote : netif_ip4_gw(&network.netif);
    const ip4_addr_t *found;
    struct eth_addr *entry;
    if (ip4_addr_isany(hop) || etharp_find_addr(&network.netif, hop, &entry, &found) < 0)
        return false;
    memcpy(mac, entry->addr, NIC_MAC_LENGTH);
    return true;
}

/* The destination cache (RFC 4861 5.1) holds the next hop that was chosen, whether by prefix, router or redirect. */
static const ip6_addr_t *chosen_hop(const ip6_addr_t *remote)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
        if (ip6_addr_cmp(&destination_cache[i].destination_addr, remote))
            return &destination_cache[i].next_hop_addr;
    }
    return NULL;
}

static bool ipv6_next_hop(const ip6_addr_t *remote, uint8_t mac[NIC_MAC_LENGTH])
{
    const ip6_addr_t *hop = chosen_hop(remote);
    for (unsigned i = 0; hop && i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        const struct nd6_neighbor_cache_entry *entry = &neighbor_cache[i];
        if (entry->state == ND6_NO_ENTRY || entry->state == ND6_INCOMPLETE || !ip6_addr_cmp(&entry->next_hop_address, hop))
            continue;
        memcpy(mac, entry->lladdr, NIC_MAC_LENGTH);
        return true;
    }
    return false;
}

bool net_next_hop(struct stream *stream, uint8_t mac[NIC_MAC_LENGTH])
{
    const ip_addr_t *remote = net_stream_remote(stream);
    if (!remote)
        return false;
    return IP_IS_V6(remote) ? ipv6_next_hop(ip_2_ip6(remote), mac) : ipv4_next_hop(ip_2_ip4(remote), mac);
}
