/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 configuration: what may be set, and setting it. */
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "net/internal.h"

static uint32_t big32(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static ip4_addr_t ip4(const uint8_t bytes[4])
{
    ip4_addr_t address;

    memcpy(&address.addr, bytes, 4);
    return address;
}

#define IPV4_TEXT     "%u.%u.%u.%u"
#define IPV4_BYTES(a) (a)[0], (a)[1], (a)[2], (a)[3]

/* RFC 1122 3.2.1.3 and RFC 1112: not "this network", not loopback, not multicast or reserved. */
bool net_ipv4_usable(const uint8_t address[4])
{
    return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

/* The netmask is contiguous and leaves room, and the address is neither the network nor its broadcast (RFC 3021 allows both in a
 * /31). */
static enum status check_ipv4(const struct net_ipv4 *ipv4)
{
    uint32_t mask = big32(ipv4->netmask), hosts = ~mask, address = big32(ipv4->address);

    if (!net_ipv4_usable(ipv4->address))
        return fail(E_ADDRESS_INVALID, "address " IPV4_TEXT, IPV4_BYTES(ipv4->address));
    if (mask == 0 || (hosts & (hosts + 1)) != 0)
        return fail(E_ADDRESS_INVALID, "netmask " IPV4_TEXT, IPV4_BYTES(ipv4->netmask));
    if (hosts > 1 && ((address & hosts) == 0 || (address & hosts) == hosts))
        return fail(E_ADDRESS_INVALID, "address " IPV4_TEXT " is its network's own, netmask " IPV4_TEXT,
                    IPV4_BYTES(ipv4->address), IPV4_BYTES(ipv4->netmask));
    if (big32(ipv4->gateway) != 0 &&
        (!net_ipv4_usable(ipv4->gateway) || ((big32(ipv4->gateway) ^ address) & mask) != 0 || big32(ipv4->gateway) == address))
        return fail(E_ADDRESS_INVALID, "gateway " IPV4_TEXT " is not in the network of " IPV4_TEXT ", netmask " IPV4_TEXT,
                    IPV4_BYTES(ipv4->gateway), IPV4_BYTES(ipv4->address), IPV4_BYTES(ipv4->netmask));
    if (ipv4->mtu != 0 && ipv4->mtu < 576)
        return fail(E_ADDRESS_INVALID, "MTU %u, at least 576 wanted", ipv4->mtu);
    return OK;
}

enum status net_set_ipv4(const struct net_ipv4 *ipv4)
{
    enum status status = check_ipv4(ipv4);
    ip4_addr_t address = ip4(ipv4->address), netmask = ip4(ipv4->netmask), gateway = ip4(ipv4->gateway);

    if (status != OK)
        return status;
    netif_set_addr(&network.netif, &address, &netmask, &gateway);
    network.netif.mtu = ipv4->mtu != 0 && ipv4->mtu < network.nic->mtu ? ipv4->mtu : network.nic->mtu;
    for (unsigned i = 0; i < NET_DNS_SERVERS; i++) {
        ip_addr_t server = {0};

        ip_addr_copy_from_ip4(server, ip4(ipv4->dns[i]));
        dns_setserver((uint8_t)i, net_ipv4_usable(ipv4->dns[i]) ? &server : NULL);
    }
    return OK;
}
