/* SPDX-License-Identifier: BSD-2-Clause */
/* The nodes of our disk's device path, one function each: it writes the node at `node` and returns the byte behind it. */
#include "efi/iscsi_path.h"

#include <string.h>

#define MAC_FIELD    32 /* bytes of the MAC node's address, whatever the network */
#define IF_ETHERNET  1  /* RFC 3232 */
#define PROTOCOL_TCP 6  /* RFC 3232 */

/* The iSCSI node's protocol, and its login options; no bit of the digest fields means none. */
#define ISCSI_TCP                0
#define OPTION_AUTHENTICATE_CHAP 0x0000
#define OPTION_AUTHENTICATE_NONE 0x0800
#define OPTION_CHAP_UNI          0x1000

#define PORTAL_GROUP_UNTOLD 0xFFFF

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static uint8_t *put_zeros(uint8_t *at, size_t length)
{
    memset(at, 0, length);
    return at + length;
}

static uint8_t *put_number16(uint8_t *at, uint16_t value)
{
    put_le16(at, value);
    return at + sizeof value;
}

static uint8_t *put_mac_node(uint8_t *node, const uint8_t mac[NIC_MAC_LENGTH])
{
    uint8_t *at = device_path_put_header(node, NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC, MAC_NODE_LENGTH);
    at = put_bytes(at, mac, NIC_MAC_LENGTH);
    at = put_zeros(at, MAC_FIELD - NIC_MAC_LENGTH);
    *at++ = IF_ETHERNET;
    return at;
}

static uint8_t *put_vlan_node(uint8_t *node, uint16_t vlan)
{
    uint8_t *at = device_path_put_header(node, NODE_TYPE_MESSAGING, NODE_MESSAGING_VLAN, VLAN_NODE_LENGTH);
    return put_number16(at, vlan);
}

/*
 * Both nodes are alike up to the protocol. The local end is left open (zeros): the path then names the disk the same way on every
 * boot, whatever address DHCP gave, and boot entries that the OS stores go on matching. So are the fields behind the protocol:
 * for IPv4 static or not, gateway, mask; for IPv6 origin, prefix length, gateway.
 */
static uint8_t *put_ip_node(uint8_t *node, const struct iscsi_path_facts *facts)
{
    bool is_ipv4 = facts->peer.family == 4;
    size_t length = is_ipv4 ? IPV4_NODE_LENGTH : IPV6_NODE_LENGTH, address_length = is_ipv4 ? 4 : 16;

    uint8_t *at = device_path_put_header(node, NODE_TYPE_MESSAGING, is_ipv4 ? NODE_MESSAGING_IPV4 : NODE_MESSAGING_IPV6, length);
    at = put_zeros(at, address_length);
    at = put_bytes(at, facts->peer.bytes, address_length);
    at = put_number16(at, 0);
    at = put_number16(at, facts->peer_port);
    at = put_number16(at, PROTOCOL_TCP);
    return put_zeros(at, (size_t)(node + length - at));
}

static uint16_t login_options(const struct iscsi_settings *iscsi)
{
    if (!iscsi->chap.name[0])
        return OPTION_AUTHENTICATE_NONE;
    return OPTION_AUTHENTICATE_CHAP | (iscsi->mutual_chap.name[0] ? 0 : OPTION_CHAP_UNI);
}

/* With the name's NUL: EDK2 and iPXE write one, and firmware prints the name as a string. */
static uint8_t *put_iscsi_node(uint8_t *node, const struct iscsi_path_facts *facts)
{
    const struct iscsi_settings *iscsi = facts->iscsi;
    size_t name_length = strnlen(iscsi->target_name, ISCSI_NAME_MAX);

    uint8_t *at = device_path_put_header(node, NODE_TYPE_MESSAGING, NODE_MESSAGING_ISCSI, ISCSI_NODE_LENGTH + name_length + 1);
    at = put_number16(at, ISCSI_TCP);
    at = put_number16(at, login_options(iscsi));
    at = put_bytes(at, iscsi->lun, sizeof iscsi->lun);
    at = put_number16(at, facts->portal_group == PORTAL_GROUP_UNTOLD ? 0 : facts->portal_group);
    at = put_bytes(at, iscsi->target_name, name_length);
    *at++ = '\0';
    return at;
}

size_t iscsi_path_write(const struct iscsi_path_facts *facts, uint8_t path[ISCSI_PATH_MAX])
{
    uint8_t *at = put_mac_node(path, facts->mac);
    if (facts->vlan)
        at = put_vlan_node(at, facts->vlan);
    if (facts->peer.family)
        at = put_ip_node(at, facts);
    at = put_iscsi_node(at, facts);
    at = device_path_put_end(at);
    return (size_t)(at - path);
}
