/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 configuration: by hand, and by router advertisements (RFC 4862). */
#include <string.h>

#include "lwip/ethip6.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define LINK_LOCAL    0  /* lwIP's place for the link-local address among an interface's */
#define PREFIX_LENGTH 64 /* lwIP knows no other */

const ip6_addr_t *net_static_router6(const struct netif *netif)
{
    const struct network *network = net_of_netif(netif);
    return network->static_router_set ? &network->static_router : NULL;
}

static ip6_addr_t ip6(const uint8_t bytes[16])
{
    ip6_addr_t address = {0};
    memcpy(address.addr, bytes, 16);
    return address;
}

/* Starts the link-local address, without which there is no neighbour discovery. */
static void start_link_local(struct network *network)
{
    if (ip6_addr_isinvalid(netif_ip6_addr_state(&network->netif, LINK_LOCAL)))
        netif_create_ip6_linklocal_address(&network->netif, 1);
}

/* Gives the interface the address. Which of its places it has then goes to *index. */
static bool add_address(struct network *network, const ip6_addr_t *address, int8_t *index)
{
    *index = LINK_LOCAL;
    start_link_local(network);
    if (!ip6_addr_islinklocal(address))
        return netif_add_ip6_address(&network->netif, address, index) == ERR_OK;
    netif_ip6_addr_set(&network->netif, LINK_LOCAL, address);
    return true;
}

enum status net_set_ipv6(struct network *network, const struct net_ipv6 *ipv6, deadline_t deadline)
{
    char text[FORMAT_ADDRESS_SIZE];
    format_ipv6(text, ipv6->address);
    ip6_addr_t address = ip6(ipv6->address);
    if (ip6_addr_isany(&address) || ip6_addr_ismulticast(&address) || ip6_addr_isloopback(&address) ||
        ip6_addr_isipv4mappedipv6(&address))
        return fail(E_ADDRESS_INVALID, "address %s", text);
    if (ipv6->prefix_length != PREFIX_LENGTH)
        return fail(E_ADDRESS_INVALID, "prefix length %u of %s, %u wanted", ipv6->prefix_length, text, PREFIX_LENGTH);

    int8_t index;
    if (!add_address(network, &address, &index))
        return fail(E_ADDRESS_INVALID, "no room for %s", text);
    network->static_router_set = !bytes_are_zero(ipv6->gateway, sizeof ipv6->gateway);
    network->static_router = ip6(ipv6->gateway);
    net_dns_set_ipv6(network, DNS_BY_HAND6, ipv6->dns);

    netif_ip6_addr_set_state(&network->netif, index, IP6_ADDR_TENTATIVE);
    while (ip6_addr_istentative(netif_ip6_addr_state(&network->netif, index)) && !deadline_passed(deadline))
        net_wait_turn();
    if (ip6_addr_isvalid(netif_ip6_addr_state(&network->netif, index)))
        return OK;
    if (ip6_addr_isduplicated(netif_ip6_addr_state(&network->netif, index)))
        return fail(E_ADDRESS_CONFLICT, "%s", text);
    /* Nobody objected until the caller's patience ended. */
    netif_ip6_addr_set_state(&network->netif, index, IP6_ADDR_PREFERRED);
    return OK;
}

/* The first address that was formed from an advertised prefix and is in use; LINK_LOCAL when there is none. */
static int8_t formed_address(struct network *network)
{
    for (int8_t i = LINK_LOCAL + 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(&network->netif, i)))
            return i;
    }
    return LINK_LOCAL;
}

/* What the interface has under `index`, and what its router said. */
static void describe_address(struct network *network, struct net_ipv6 *found, int8_t index)
{
    memset(found, 0, sizeof *found);
    memcpy(found->address, netif_ip6_addr(&network->netif, index)->addr, sizeof found->address);
    found->prefix_length = PREFIX_LENGTH;

    for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
        if (default_router_list[i].neighbor_entry && default_router_list[i].neighbor_entry->netif == &network->netif) {
            memcpy(found->gateway, default_router_list[i].neighbor_entry->next_hop_address.addr, sizeof found->gateway);
            break;
        }
    }

    ip_addr_t servers[DNS_SERVERS_MAX];
    unsigned count = net_dns_servers(network, servers), place = 0;
    for (unsigned i = 0; i < count && place < NET_DNS_SERVERS; i++) {
        if (IP_IS_V6(&servers[i]))
            memcpy(found->dns[place++], ip_2_ip6(&servers[i])->addr, sizeof found->dns[0]);
    }
}

enum status net_autoconfigure_ipv6(struct network *network, struct net_ipv6 *found, deadline_t deadline)
{
    net_dns_set_ipv6(network, DNS_BY_HAND6, found->dns);
    start_link_local(network);
    netif_set_ip6_autoconfig_enabled(&network->netif, 1);
    nd6_restart_netif(&network->netif);

    while (formed_address(network) == LINK_LOCAL && !deadline_passed(deadline))
        net_wait_turn();
    if (formed_address(network) == LINK_LOCAL)
        return network->unshown
                   ? fail(E_IPV6_NO_ROUTER, "%u advertisements came from routers that do not answer", network->unshown)
                   : fail(E_IPV6_NO_ROUTER, "no prefix was advertised in time");
    if (network->unshown)
        log_printf(LOG_WARNING, "IPv6: %u advertisements came from routers that do not answer", network->unshown);
    log_printf(LOG_DEBUG, "IPv6: an address was formed from a router's prefix");
    describe_address(network, found, formed_address(network));
    return OK;
}
