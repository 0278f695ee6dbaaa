/* SPDX-License-Identifier: BSD-2-Clause */
/* Where lwIP asks us. lwIP includes this file in the sources that have hooks. */
#ifndef SANSTRAP_LWIP_HOOKS_H
#define SANSTRAP_LWIP_HOOKS_H

#include "lwip/ip_addr.h"

struct pbuf;
struct netif;
struct tcp_pcb;
struct tcp_hdr;

/* net/guard.c: what must not reach lwIP's parsers. */
signed char net_guard_tcp(struct tcp_pcb *pcb, const struct tcp_hdr *header, uint16_t options_length, const struct pbuf *data);
int net_guard_ipv4(struct pbuf *packet, struct netif *netif);
int net_guard_ipv6(struct pbuf *packet, struct netif *netif);
#define LWIP_HOOK_IP4_INPUT(p, inp)                                    net_guard_ipv4((p), (inp))
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) net_guard_tcp((pcb), (hdr), (optlen), (p))
#define LWIP_HOOK_IP6_INPUT(p, inp)                                    net_guard_ipv6((p), (inp))

/* net/fragments.c. Nonzero: it was a fragment, and was taken (and freed). */
int net_fragment_ipv4(struct pbuf *packet, struct netif *netif);

/*
 * net/link.c: the tag of every frame that is sent, or -1. There is no LWIP_HOOK_VLAN_CHECK, which is asked of tagged frames only:
 * net/link.c has sorted out what is received.
 */
int net_vlan_tag(const struct netif *netif);
#define LWIP_HOOK_VLAN_SET(netif, p, src, dst, eth_type) net_vlan_tag(netif)

/* net/net.c: the interface that has the address; NULL: lwIP decides by the destination. Its headers want to know of the first. */
struct netif *net_route_ipv4(const ip4_addr_t *from);
struct netif *net_route_ipv6(const ip6_addr_t *from);
#define LWIP_HOOK_IP6_ROUTE(src, dest) net_route_ipv6(src)

/* net/next_hop.c: who is asked for by ARP for what is outside the network; NULL: nobody. */
const ip4_addr_t *net_gateway_ipv4(const struct netif *netif, const ip4_addr_t *remote);
#define LWIP_HOOK_ETHARP_GET_GW(netif, dest) net_gateway_ipv4((netif), (dest))

/* net/isn.c: RFC 6528. */
uint32_t net_initial_sequence(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port);
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port)                                                                \
    net_initial_sequence((local), (local_port), (remote), (remote_port))

/* net/address6.c: the router of a static configuration; NULL for the one that advertised itself. */
const ip6_addr_t *net_static_router6(const struct netif *netif);
#define LWIP_HOOK_ND6_GET_GW(netif, destination) net_static_router6(netif)

#endif
