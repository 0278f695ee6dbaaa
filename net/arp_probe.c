/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether somebody on the link has an IPv4 address already (RFC 5227 2.1): whoever answers for it gets into lwIP's ARP table. */
#include <string.h>

#include "lwip/etharp.h"
#include "net/internal.h"

static ip4_addr_t to_lwip4(const uint8_t bytes[4])
{
    ip4_addr_t address;
    memcpy(&address.addr, bytes, sizeof address.addr);
    return address;
}

void net_arp_probe(struct network *network, const uint8_t address[4])
{
    ip4_addr_t wanted = to_lwip4(address);
    etharp_query(&network->netif, &wanted, NULL);
}

bool net_arp_owner(struct network *network, const uint8_t address[4], uint8_t mac[NIC_MAC_LENGTH])
{
    const ip4_addr_t wanted = to_lwip4(address), *found_address;
    struct eth_addr *found;
    if (etharp_find_addr(&network->netif, &wanted, &found, &found_address) < 0 ||
        memcmp(found->addr, network->netif.hwaddr, NIC_MAC_LENGTH) == 0)
        return false;
    memcpy(mac, found->addr, NIC_MAC_LENGTH);
    return true;
}

/* lwIP would repeat the question; what else the table knows is soon asked for again. */
void net_arp_probe_end(struct network *network)
{
    etharp_cleanup_netif(&network->netif);
}
