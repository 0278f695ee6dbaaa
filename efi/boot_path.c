/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of the network in a device path. */
#include "efi/boot_path.h"

#include <string.h>

#include "efi/device_path.h"
#include "platform/bytes.h"

#define VLAN_LENGTH 6
#define VLAN_ID     4
#define VLAN_MAX    4094

/* The nodes of both IP versions: lengths, and where fields lie. */
#define IPV4_LENGTH  27
#define IPV4_LOCAL   4
#define IPV4_STATIC  18
#define IPV4_GATEWAY 19
#define IPV4_MASK    23
#define IPV6_LENGTH  60
#define IPV6_LOCAL   4
#define IPV6_ORIGIN  42 /* 0: static */
#define IPV6_PREFIX  43
#define IPV6_GATEWAY 44

#define DNS_IS_IPV6 4
#define DNS_SERVERS 5 /* each of 16 bytes, of which IPv4 has the first four */

static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

/* As struct handoff has addresses; none stays zeros. */
static void put_ipv4(uint8_t to[16], const uint8_t address[4])
{
    if (bytes_are_zero(address, 4))
        return;
    memcpy(to, mapped, sizeof mapped);
    memcpy(to + sizeof mapped, address, 4);
}

/* How many ones a mask begins with; 0 when others follow behind a zero. */
static uint8_t prefix_in(uint32_t mask)
{
    uint8_t prefix = 0;
    for (; mask & 0x80000000u; mask <<= 1)
        prefix++;
    return mask ? 0 : prefix;
}

static void read_ipv4(const uint8_t *node, struct handoff_address *address)
{
    if (node[IPV4_STATIC] != 1)
        return;
    put_ipv4(address->address, node + IPV4_LOCAL);
    put_ipv4(address->gateway, node + IPV4_GATEWAY);
    address->prefix = prefix_in(get_be32(node + IPV4_MASK));
}

static void read_ipv6(const uint8_t *node, struct handoff_address *address)
{
    if (node[IPV6_ORIGIN] != 0)
        return;
    memcpy(address->address, node + IPV6_LOCAL, 16);
    memcpy(address->gateway, node + IPV6_GATEWAY, 16);
    address->prefix = node[IPV6_PREFIX] <= 128 ? node[IPV6_PREFIX] : 0;
}

static void read_dns(const uint8_t *node, size_t length, struct handoff_address *address)
{
    for (size_t i = 0; i < 2 && DNS_SERVERS + (i + 1) * 16 <= length; i++) {
        const uint8_t *server = node + DNS_SERVERS + i * 16;
        if (node[DNS_IS_IPV6])
            memcpy(address->dns[i], server, 16);
        else
            put_ipv4(address->dns[i], server);
    }
}

static void read_node(const uint8_t *node, struct handoff_address *address)
{
    size_t length = device_path_node_length(node);
    uint8_t kind = node[NODE_SUBTYPE];
    if (node[NODE_TYPE] != NODE_TYPE_MESSAGING)
        return;
    if (kind == NODE_MESSAGING_VLAN && length == VLAN_LENGTH && get_le16(node + VLAN_ID) <= VLAN_MAX)
        address->vlan = get_le16(node + VLAN_ID);
    else if (kind == NODE_MESSAGING_IPV4 && length == IPV4_LENGTH)
        read_ipv4(node, address);
    else if (kind == NODE_MESSAGING_IPV6 && length == IPV6_LENGTH)
        read_ipv6(node, address);
    else if (kind == NODE_MESSAGING_DNS && length > DNS_SERVERS)
        read_dns(node, length, address);
}

bool boot_path_read(const void *path, struct handoff_address *address)
{
    memset(address, 0, sizeof *address);
    if (!path)
        return false;

    const uint8_t *node = path, *end = node + device_path_length(path, DEVICE_PATH_MAX);
    for (; node < end; node += device_path_node_length(node))
        read_node(node, address);

    address->origin = ISDH_ORIGIN_MANUAL;
    if (!handoff_address_is_host(address->address))
        address->prefix = 0;
    return address->vlan || address->prefix;
}
