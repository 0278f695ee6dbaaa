/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether somebody on the link has an IPv4 address already (RFC 5227 2.1): whoever answers for it gets into lwIP's ARP table. */
#include <string.h>

#include "lwip/etharp.h"
#include "net/internal.h"

#define CLAIM_PROBES  3   /* PROBE_NUM … */
#define CLAIM_WAIT_MS 200 /* … but not its waits of one to two seconds: who is there answers within milliseconds */

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

static bool is_answered(struct network *network, const struct net_ipv4 *ipv4, uint32_t milliseconds)
{
    uint8_t owner[NIC_MAC_LENGTH];
    deadline_t until = deadline_after_ms(milliseconds);
    while (!deadline_passed(until)) {
        net_wait_turn();
        if (!net_arp_owner(network, ipv4->address, owner))
            continue;
        fail(E_ADDRESS_CONFLICT, "%u.%u.%u.%u is in use by %02x:%02x:%02x:%02x:%02x:%02x", ipv4->address[0], ipv4->address[1],
             ipv4->address[2], ipv4->address[3], owner[0], owner[1], owner[2], owner[3], owner[4], owner[5]);
        return true;
    }
    return false;
}

enum status net_claim_ipv4(struct network *network, const struct net_ipv4 *ipv4)
{
    const ip4_addr_t wanted = to_lwip4(ipv4->address);
    enum status status = net_check_ipv4(ipv4);
    if (status != OK)
        return status;

    /* The first makes the entry that an answer goes into; lwIP leaves a further one to its timer. */
    net_arp_probe(network, ipv4->address);
    bool taken = is_answered(network, ipv4, CLAIM_WAIT_MS);
    for (unsigned i = 1; i < CLAIM_PROBES && !taken; i++) {
        etharp_request(&network->netif, &wanted);
        taken = is_answered(network, ipv4, CLAIM_WAIT_MS);
    }
    net_arp_probe_end(network);
    return taken ? E_ADDRESS_CONFLICT : net_use_ipv4(network, ipv4);
}

/* lwIP would repeat the question; what else the table knows is soon asked for again. */
void net_arp_probe_end(struct network *network)
{
    etharp_cleanup_netif(&network->netif);
}
