/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 configuration: by hand, and by router advertisements (RFC 4862). */
#include <string.h>

#include "lwip/dns.h"
#include "lwip/ethip6.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/format.h"

static ip6_addr_t static_router;
static bool static_router_set;

const ip6_addr_t *net_static_router6(void)
{
    return static_router_set ? &static_router : NULL;
}

void net_static_ipv6_forget(void)
{
    static_router_set = false;
}

static ip6_addr_t ip6(const uint8_t bytes[16])
{
    ip6_addr_t address = {0};

    memcpy(address.addr, bytes, 16);
    return address;
}

static bool is_zero(const uint8_t *bytes, unsigned length)
{
    while (length && *bytes == 0) {
        bytes++;
        length--;
    }
    return length == 0;
}

/* Starts the link-local address, without which there is no neighbour discovery. */
static void start_link_local(void)
{
    if (ip6_addr_isinvalid(netif_ip6_addr_state(&network.netif, 0)))
        netif_create_ip6_linklocal_address(&network.netif, 1);
}

static void set_dns(const uint8_t servers[NET_DNS_SERVERS][16])
{
    for (unsigned i = 0; i < NET_DNS_SERVERS; i++) {
        ip_addr_t server = {0};

        if (is_zero(servers[i], 16))
            continue;
        ip_addr_copy_from_ip6(server, ip6(servers[i]));
        dns_setserver((uint8_t)i, &server);
    }
}

enum status net_set_ipv6(const struct net_ipv6 *ipv6, deadline_t deadline)
{
    ip6_addr_t address = ip6(ipv6->address);
    char text[46];
    struct net_address shown = {.family = 6};
    int8_t index;

    memcpy(shown.bytes, ipv6->address, 16);
    net_format_address(&shown, text);
    if (ip6_addr_isany(&address) || ip6_addr_ismulticast(&address) || ip6_addr_isloopback(&address) ||
        ip6_addr_isipv4mappedipv6(&address))
        return fail(E_ADDRESS_INVALID, "address %s", text);
    if (ipv6->prefix_length != 64)
        return fail(E_ADDRESS_INVALID, "prefix length %u of %s, 64 wanted", ipv6->prefix_length, text);
    start_link_local();
    index = 0;
    if (!ip6_addr_islinklocal(&address) && netif_add_ip6_address(&network.netif, &address, &index) != ERR_OK)
        return fail(E_ADDRESS_INVALID, "no room for %s", text);
    if (ip6_addr_islinklocal(&address))
        netif_ip6_addr_set(&network.netif, 0, &address);
    static_router_set = !is_zero(ipv6->gateway, 16);
    static_router = ip6(ipv6->gateway);
    set_dns(ipv6->dns);
    netif_ip6_addr_set_state(&network.netif, index, IP6_ADDR_TENTATIVE);
    while (ip6_addr_istentative(netif_ip6_addr_state(&network.netif, index)) && !deadline_passed(deadline))
        net_wait_turn();
    if (ip6_addr_isvalid(netif_ip6_addr_state(&network.netif, index)))
        return OK;
    if (ip6_addr_isduplicated(netif_ip6_addr_state(&network.netif, index)))
        return fail(E_ADDRESS_CONFLICT, "%s", text);
    /* Nobody objected until the caller's patience ended. */
    netif_ip6_addr_set_state(&network.netif, index, IP6_ADDR_PREFERRED);
    return OK;
}

/* The first address that was formed from an advertised prefix and is in use; 0 (the link-local one's index) when there is none.
 */
static int8_t formed_address(void)
{
    for (int8_t i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(&network.netif, i)))
            return i;
    }
    return 0;
}

enum status net_autoconfigure_ipv6(struct net_ipv6 *found, deadline_t deadline)
{
    int8_t index;

    start_link_local();
    netif_set_ip6_autoconfig_enabled(&network.netif, 1);
    nd6_restart_netif(&network.netif);
    while ((index = formed_address()) == 0 && !deadline_passed(deadline))
        net_wait_turn();
    if (index == 0)
        return fail(E_IPV6_NO_ROUTER, "no prefix was advertised in time");
    log_printf(LOG_DEBUG, "IPv6: an address was formed from a router's prefix");
    memset(found, 0, sizeof *found);
    memcpy(found->address, netif_ip6_addr(&network.netif, index)->addr, 16);
    found->prefix_length = 64;
    for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
        if (default_router_list[i].neighbor_entry) {
            memcpy(found->gateway, default_router_list[i].neighbor_entry->next_hop_address.addr, 16);
            break;
        }
    }
    for (unsigned i = 0; i < NET_DNS_SERVERS; i++) {
        const ip_addr_t *server = dns_getserver((uint8_t)i);

        if (IP_IS_V6(server))
            memcpy(found->dns[i], ip_2_ip6(server)->addr, 16);
    }
    return OK;
}
