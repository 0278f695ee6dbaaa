/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 configuration: what may be set, and setting it. */
#include <string.h>

#include "net/internal.h"
#include "platform/bytes.h"

static ip4_addr_t to_lwip4(const uint8_t bytes[4])
{
    ip4_addr_t address;

    memcpy(&address.addr, bytes, 4);
    return address;
}

#define MTU_MIN       576 /* RFC 791: every host takes packets of this size */
#define IPV4_TEXT     "%u.%u.%u.%u"
#define IPV4_BYTES(a) (a)[0], (a)[1], (a)[2], (a)[3]

/* RFC 3021 allows both ends of a network in a /31. */
bool net_ipv4_is_host(const struct net_ipv4 *ipv4)
{
    uint32_t hosts = ~get_be32(ipv4->netmask), address = get_be32(ipv4->address);
    return net_ipv4_usable(ipv4->address) && (hosts <= 1 || ((address & hosts) != 0 && (address & hosts) != hosts));
}

/* The netmask is contiguous and leaves room, and the address is neither the network nor its broadcast. */
enum status net_check_ipv4(const struct net_ipv4 *ipv4)
{
    uint32_t mask = get_be32(ipv4->netmask), hosts = ~mask;
    if (!net_ipv4_usable(ipv4->address))
        return fail(E_ADDRESS_INVALID, "address " IPV4_TEXT, IPV4_BYTES(ipv4->address));
    if (mask == 0 || (hosts & (hosts + 1)) != 0)
        return fail(E_ADDRESS_INVALID, "netmask " IPV4_TEXT, IPV4_BYTES(ipv4->netmask));
    if (!net_ipv4_is_host(ipv4))
        return fail(E_ADDRESS_INVALID, "address " IPV4_TEXT " is its network's own, netmask " IPV4_TEXT,
                    IPV4_BYTES(ipv4->address), IPV4_BYTES(ipv4->netmask));

    if (!bytes_are_zero(ipv4->gateway, 4) && (!net_ipv4_usable(ipv4->gateway) || !memcmp(ipv4->gateway, ipv4->address, 4)))
        return fail(E_ADDRESS_INVALID, "gateway " IPV4_TEXT " is our own address, or no router's", IPV4_BYTES(ipv4->gateway));
    if (ipv4->mtu != 0 && ipv4->mtu < MTU_MIN)
        return fail(E_ADDRESS_INVALID, "MTU %u, at least %u wanted", ipv4->mtu, MTU_MIN);
    return OK;
}

enum status net_check_gateway(const struct net_ipv4 *ipv4)
{
    uint32_t mask = get_be32(ipv4->netmask), differs = get_be32(ipv4->gateway) ^ get_be32(ipv4->address);
    if (bytes_are_zero(ipv4->gateway, 4) || mask == UINT32_MAX || (differs & mask) == 0)
        return OK;
    return fail(E_ADDRESS_INVALID, "gateway " IPV4_TEXT " is not in the network of " IPV4_TEXT ", netmask " IPV4_TEXT,
                IPV4_BYTES(ipv4->gateway), IPV4_BYTES(ipv4->address), IPV4_BYTES(ipv4->netmask));
}

static void set_dns_servers(struct network *network, const uint8_t servers[NET_DNS_SERVERS][4])
{
    for (unsigned i = 0; i < NET_DNS_SERVERS; i++) {
        ip_addr_t server = {0};
        ip_addr_copy_from_ip4(server, to_lwip4(servers[i]));
        net_dns_set(network, DNS_BY_IPV4, i, net_ipv4_usable(servers[i]) ? &server : NULL);
    }
}

enum status net_use_ipv4(struct network *network, const struct net_ipv4 *ipv4)
{
    enum status status = net_check_ipv4(ipv4);
    if (status != OK)
        return status;

    ip4_addr_t address = to_lwip4(ipv4->address), netmask = to_lwip4(ipv4->netmask), gateway = to_lwip4(ipv4->gateway);
    netif_set_addr(&network->netif, &address, &netmask, &gateway);
    network->ipv4 = *ipv4;
    network->netif.mtu = ipv4->mtu != 0 && ipv4->mtu < network->nic->mtu ? ipv4->mtu : network->nic->mtu;
    /* A link that carries so much carries no more of IPv6, whose packets always may have 1280 bytes (RFC 8200 5). */
    uint16_t mtu6 = network->netif.mtu > IP6_MIN_MTU_LENGTH ? network->netif.mtu : IP6_MIN_MTU_LENGTH;
    if (network->netif.mtu6 > mtu6)
        network->netif.mtu6 = mtu6;
    set_dns_servers(network, ipv4->dns);
    return OK;
}

enum status net_set_ipv4(struct network *network, const struct net_ipv4 *ipv4)
{
    enum status status = net_check_gateway(ipv4);
    if (status != OK)
        return status;
    net_dhcp_stop(network);
    return net_use_ipv4(network, ipv4);
}
