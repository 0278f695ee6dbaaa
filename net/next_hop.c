/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where packets go: to a peer on the link or to a router, and to which MAC address. A target may move to another one, by failover
 * or with a new switch: who does not answer is asked for.
 */
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/icmp6.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip_hooks.h"
#include "net/internal.h"

static bool ipv4_on_link(const struct network *network, const ip4_addr_t *remote)
{
    return ip4_addr_net_eq(remote, netif_ip4_addr(&network->netif), netif_ip4_netmask(&network->netif));
}

static bool ipv6_on_link(const struct network *network, const ip6_addr_t *remote)
{
    if (ip6_addr_islinklocal(remote))
        return true;
    for (unsigned i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(&network->netif, i)) &&
            ip6_addr_net_eq(remote, netif_ip6_addr(&network->netif, i)))
            return true;
    }
    return false;
}

const ip4_addr_t *net_gateway_ipv4(const struct netif *netif, const ip4_addr_t *remote)
{
    static ip4_addr_t hop;
    const struct network *network = netif->state;
    uint8_t to[4];
    memcpy(to, &remote->addr, sizeof to);

    const uint8_t *gateway = net_gateway_to(&network->ipv4, to);
    if (!gateway)
        return NULL;
    memcpy(&hop.addr, gateway, sizeof hop.addr);
    return ip4_addr_isany_val(hop) ? remote : &hop;
}

/* As etharp_output() decides. */
static const ip4_addr_t *ipv4_hop(const struct network *network, const ip4_addr_t *remote)
{
    if (ipv4_on_link(network, remote) || ip4_addr_islinklocal(remote))
        return remote;
    const ip4_addr_t *gateway = net_gateway_ipv4(&network->netif, remote);
    return gateway ? gateway : IP4_ADDR_ANY4;
}

bool net_leads_to_ipv4(const struct network *network, const ip4_addr_t *remote)
{
    return net_has_ipv4(network) && !ip4_addr_isany(ipv4_hop(network, remote));
}

/* The entry of lwIP's table; NULL when it has none, or waits for the answer. */
static const struct eth_addr *ipv4_neighbour(struct network *network, const ip4_addr_t *hop)
{
    const ip4_addr_t *found;
    struct eth_addr *entry;
    return ip4_addr_isany(hop) || etharp_find_addr(&network->netif, hop, &entry, &found) < 0 ? NULL : entry;
}

/* The destination cache (RFC 4861 5.1) holds the next hop that was chosen, whether by prefix, router or redirect. */
static struct nd6_destination_cache_entry *destination(const struct network *network, const ip6_addr_t *remote)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
        if (destination_cache[i].netif == &network->netif && ip6_addr_eq(&destination_cache[i].destination_addr, remote))
            return &destination_cache[i];
    }
    return NULL;
}

static const ip6_addr_t *chosen_hop(const struct network *network, const ip6_addr_t *remote)
{
    const struct nd6_destination_cache_entry *found = destination(network, remote);
    return found ? &found->next_hop_addr : NULL;
}

/* RFC 4861 7.3.3: a hop that nobody answers for is chosen anew. lwIP keeps to it, even if a redirect named it. */
static void choose_anew(const struct network *network, const ip6_addr_t *remote)
{
    struct nd6_destination_cache_entry *found = destination(network, remote);
    if (found)
        ip6_addr_set_any(&found->destination_addr);
}

bool net_hop_serves(const struct network *network, const ip6_addr_t *remote, const ip6_addr_t *hop)
{
    const ip6_addr_t *chosen = chosen_hop(network, remote);
    return chosen && ip6_addr_eq(chosen, hop);
}

static bool neighbour_known(unsigned i)
{
    return neighbor_cache[i].state != ND6_NO_ENTRY && neighbor_cache[i].state != ND6_INCOMPLETE;
}

/* Its number in lwIP's neighbour cache; -1 when its MAC address is not known. */
static int ipv6_neighbour(const struct network *network, const ip6_addr_t *hop)
{
    for (unsigned i = 0; hop && i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        if (neighbour_known(i) && neighbor_cache[i].netif == &network->netif &&
            ip6_addr_eq(&neighbor_cache[i].next_hop_address, hop))
            return (int)i;
    }
    return -1;
}

bool net_next_hop(struct stream *stream, uint8_t mac[NIC_MAC_LENGTH])
{
    const ip_addr_t *remote = net_stream_remote(stream);
    if (!remote)
        return false;

    struct network *network = net_stream_network(stream);
    const uint8_t *known = NULL;
    if (IP_IS_V6(remote)) {
        int i = ipv6_neighbour(network, chosen_hop(network, ip_2_ip6(remote)));
        known = i < 0 ? NULL : neighbor_cache[i].lladdr;
    } else {
        const struct eth_addr *entry = ipv4_neighbour(network, ipv4_hop(network, ip_2_ip4(remote)));
        known = entry ? entry->addr : NULL;
    }
    if (known)
        memcpy(mac, known, NIC_MAC_LENGTH);
    return known != NULL;
}

/* ---- asking again ---- */

#define ASK_MS 1000 /* RFC 1122 2.3.2.1: no more often than once a second */

void net_hop_ask(struct network *network, const ip_addr_t *remote)
{
    if (IP_IS_V6(remote)) {
        int i = ipv6_neighbour(network, chosen_hop(network, ip_2_ip6(remote)));
        if (i >= 0)
            nd6_ask_neighbor((int8_t)i);
        else
            choose_anew(network, ip_2_ip6(remote));
    } else {
        const ip4_addr_t *hop = ipv4_hop(network, ip_2_ip4(remote));
        if (ipv4_neighbour(network, hop))
            etharp_request(&network->netif, hop);
    }
}

static void watch(struct network *network)
{
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (pcb->netif_idx != netif_get_index(&network->netif) || (pcb->nrtx == 0 && pcb->persist_probe == 0))
            continue;
        net_hop_ask(network, &pcb->remote_ip);
        network->next_ask = deadline_after_ms(ASK_MS);
    }
}

void net_hop_watch(void)
{
    for (struct network *network = net_first(); network; network = network->next) {
        if (!network->paused && deadline_passed(network->next_ask))
            watch(network);
    }
}

/* ---- age ---- */

/* A lifetime does not end while nobody could hear the router that would have prolonged it: so much stays, and it is asked. */
#define LEAST_LIFE 30u

static bool shorten(uint32_t *life, uint32_t seconds)
{
    if (*life == IP6_ADDR_LIFE_INFINITE || *life <= LEAST_LIFE)
        return false;
    bool enough = *life - LEAST_LIFE > seconds;
    *life = enough ? *life - seconds : LEAST_LIFE;
    return !enough;
}

static void age_neighbours(uint32_t seconds)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        struct nd6_neighbor_cache_entry *entry = &neighbor_cache[i];
        if (entry->state != ND6_REACHABLE)
            continue;
        if (entry->counter.reachable_time / 1000 > seconds) {
            entry->counter.reachable_time -= seconds * 1000;
        } else {
            entry->state = ND6_STALE;
            entry->counter.stale_time = 0;
        }
    }
}

/* What routers said. True when some of it would have ended. */
static bool age_routers(uint32_t seconds)
{
    bool ended = false;
    for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++)
        ended |= default_router_list[i].neighbor_entry && shorten(&default_router_list[i].invalidation_timer, seconds);
    for (unsigned i = 0; i < LWIP_ND6_NUM_PREFIXES; i++)
        ended |= prefix_list[i].netif && shorten(&prefix_list[i].invalidation_timer, seconds);
    return ended;
}

/* The same of addresses. */
static bool age_addresses(struct netif *netif, uint32_t seconds)
{
    bool ended = false;
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isinvalid(netif_ip6_addr_state(netif, i)) || netif_ip6_addr_isstatic(netif, i))
            continue;
        ended |= shorten(&netif->ip6_addr_valid_life[i], seconds);
        ended |= shorten(&netif->ip6_addr_pref_life[i], seconds);
    }
    return ended;
}

void net_hop_age(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds && i < ARP_MAXAGE; i++)
        etharp_tmr();
    age_neighbours(seconds);
    bool ended = age_routers(seconds);
    for (struct network *network = net_first(); network; network = network->next) {
        if (age_addresses(&network->netif, seconds) || ended)
            nd6_restart_netif(&network->netif);
    }
}

/* ---- sending ---- */

/*
 * What only answers, an echo reply, an ICMP error or a reset, goes to those who are known already: whoever sends to us has asked
 * for us before, and is known from that. On behalf of others one address is asked for in a second, and a large packet does not
 * wait for it: what comes from forged addresses would fill heap and tables with what waits for nobody.
 */
#define STRANGER_MS   1000
#define STRANGER_SIZE 128u /* a ping as most programs send it */

static bool stranger_due(struct network *network, const struct pbuf *packet)
{
    if (packet->tot_len > STRANGER_SIZE || !deadline_passed(network->next_stranger))
        return false;
    network->next_stranger = deadline_after_ms(STRANGER_MS);
    return true;
}

static bool only_answers_ipv4(const struct pbuf *packet)
{
    const struct ip_hdr *ip = packet->payload;
    const struct tcp_hdr *tcp = (const void *)((const uint8_t *)packet->payload + IP_HLEN);
    if (packet->len < IP_HLEN)
        return false;
    return IPH_PROTO(ip) == IP_PROTO_ICMP ||
           (IPH_PROTO(ip) == IP_PROTO_TCP && packet->len >= IP_HLEN + TCP_HLEN && (TCPH_FLAGS(tcp) & TCP_RST));
}

static bool only_answers_ipv6(const struct pbuf *packet)
{
    const struct ip6_hdr *ip = packet->payload;
    const uint8_t *message = (const uint8_t *)packet->payload + IP6_HLEN;
    if (packet->len <= IP6_HLEN)
        return false;
    if (IP6H_NEXTH(ip) == IP6_NEXTH_ICMP6)
        return message[0] == ICMP6_TYPE_EREP || message[0] < ICMP6_TYPE_EREQ;
    return IP6H_NEXTH(ip) == IP6_NEXTH_TCP && packet->len >= IP6_HLEN + TCP_HLEN &&
           (TCPH_FLAGS((const struct tcp_hdr *)(const void *)message) & TCP_RST);
}

/* Before a hop was chosen: the peer itself, or any router that is known. */
static bool ipv6_hop_known(const struct network *network, const ip6_addr_t *remote)
{
    const ip6_addr_t *hop = chosen_hop(network, remote);
    if (!hop && ipv6_on_link(network, remote))
        hop = remote;
    if (hop)
        return ipv6_neighbour(network, hop) >= 0;

    if (net_static_router6(&network->netif))
        return ipv6_neighbour(network, net_static_router6(&network->netif)) >= 0;
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        if (neighbour_known(i) && neighbor_cache[i].netif == &network->netif && neighbor_cache[i].isrouter)
            return true;
    }
    return false;
}

err_t net_hop_output_ipv4(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    struct network *network = net_of_netif(netif);
    if (only_answers_ipv4(packet) && !ipv4_neighbour(network, ipv4_hop(network, to)) && !stranger_due(network, packet))
        return ERR_OK;
    return etharp_output(netif, packet, to);
}

err_t net_hop_output_ipv6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to)
{
    struct network *network = net_of_netif(netif);
    if (only_answers_ipv6(packet) && !ip6_addr_ismulticast(to) && !ipv6_hop_known(network, to) && !stranger_due(network, packet))
        return ERR_OK;
    return ethip6_output(netif, packet, to);
}
