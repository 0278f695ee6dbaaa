/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi/device_path.h"

#include <string.h>

#define TYPE_MESSAGING 3
#define TYPE_END       0x7F
#define SUBTYPE_MAC    11
#define SUBTYPE_IPV4   12
#define SUBTYPE_IPV6   13
#define SUBTYPE_ISCSI  19
#define SUBTYPE_VLAN   20
#define SUBTYPE_END    0xFF

#define NODE_HEADER  4
#define MAC_FIELD    32
#define IF_ETHERNET  1 /* RFC 3232 */
#define PROTOCOL_TCP 6

/* The iSCSI node's login options; no bit of the digest fields means none. */
#define ISCSI_TCP                0
#define OPTION_AUTHENTICATE_CHAP 0x0000
#define OPTION_AUTHENTICATE_NONE 0x0800
#define OPTION_CHAP_UNI          0x1000

/* Where the next byte goes. */
struct writer {
    uint8_t *at;
};

static void put8(struct writer *writer, uint8_t value)
{
    *writer->at++ = value;
}

static void put16(struct writer *writer, uint16_t value)
{
    put8(writer, (uint8_t)value);
    put8(writer, (uint8_t)(value >> 8));
}

static void put_bytes(struct writer *writer, const void *bytes, size_t length)
{
    memcpy(writer->at, bytes, length);
    writer->at += length;
}

static void put_zeros(struct writer *writer, size_t length)
{
    memset(writer->at, 0, length);
    writer->at += length;
}

static void put_header(struct writer *writer, uint8_t type, uint8_t subtype, size_t length)
{
    put8(writer, type);
    put8(writer, subtype);
    put16(writer, (uint16_t)length);
}

static void put_mac(struct writer *writer, const uint8_t mac[NIC_MAC_LENGTH])
{
    put_header(writer, TYPE_MESSAGING, SUBTYPE_MAC, NODE_HEADER + MAC_FIELD + 1);
    put_bytes(writer, mac, NIC_MAC_LENGTH);
    put_zeros(writer, MAC_FIELD - NIC_MAC_LENGTH);
    put8(writer, IF_ETHERNET);
}

static void put_vlan(struct writer *writer, uint16_t vlan)
{
    put_header(writer, TYPE_MESSAGING, SUBTYPE_VLAN, NODE_HEADER + 2);
    put16(writer, vlan);
}

/*
 * The local end is left open (zeros): the path then names the disk the same way on every boot, whatever address DHCP gave, and
 * boot entries that the OS stores go on matching.
 */
static void put_ipv4(struct writer *writer, const struct device_path_facts *facts)
{
    put_header(writer, TYPE_MESSAGING, SUBTYPE_IPV4, NODE_HEADER + 23);
    put_zeros(writer, 4);
    put_bytes(writer, facts->peer.bytes, 4);
    put16(writer, 0);
    put16(writer, facts->peer_port);
    put16(writer, PROTOCOL_TCP);
    put_zeros(writer, 1 + 4 + 4); /* not static; gateway; mask */
}

static void put_ipv6(struct writer *writer, const struct device_path_facts *facts)
{
    put_header(writer, TYPE_MESSAGING, SUBTYPE_IPV6, NODE_HEADER + 56);
    put_zeros(writer, 16);
    put_bytes(writer, facts->peer.bytes, 16);
    put16(writer, 0);
    put16(writer, facts->peer_port);
    put16(writer, PROTOCOL_TCP);
    put_zeros(writer, 1 + 1 + 16); /* origin; prefix length; gateway */
}

static uint16_t login_options(const struct iscsi_settings *iscsi)
{
    if (!iscsi->chap.name[0])
        return OPTION_AUTHENTICATE_NONE;
    return OPTION_AUTHENTICATE_CHAP | (iscsi->mutual_chap.name[0] ? 0 : OPTION_CHAP_UNI);
}

/* With the name's NUL: EDK2 and iPXE write one, and firmware prints the name as a string. */
static void put_iscsi(struct writer *writer, const struct device_path_facts *facts)
{
    const struct iscsi_settings *iscsi = facts->iscsi;
    size_t name = strnlen(iscsi->target_name, ISCSI_NAME_MAX);
    put_header(writer, TYPE_MESSAGING, SUBTYPE_ISCSI, NODE_HEADER + 14 + name + 1);
    put16(writer, ISCSI_TCP);
    put16(writer, login_options(iscsi));
    put_bytes(writer, iscsi->lun, sizeof iscsi->lun);
    put16(writer, facts->portal_group == 0xFFFF ? 0 : facts->portal_group);
    put_bytes(writer, iscsi->target_name, name);
    put8(writer, 0);
}

size_t device_path_tail(const struct device_path_facts *facts, uint8_t tail[DEVICE_PATH_TAIL_MAX])
{
    struct writer writer = {.at = tail};
    put_mac(&writer, facts->mac);
    if (facts->vlan)
        put_vlan(&writer, facts->vlan);
    if (facts->peer.family == 4)
        put_ipv4(&writer, facts);
    else if (facts->peer.family == 6)
        put_ipv6(&writer, facts);
    put_iscsi(&writer, facts);
    put_header(&writer, TYPE_END, SUBTYPE_END, NODE_HEADER);
    return (size_t)(writer.at - tail);
}

size_t device_path_length(const void *path, size_t most)
{
    const uint8_t *bytes = path;
    for (size_t at = 0; at + NODE_HEADER <= most;) {
        size_t length = bytes[at + 2] | (size_t)bytes[at + 3] << 8;
        if (bytes[at] == TYPE_END && bytes[at + 1] == SUBTYPE_END)
            return at;
        if (length < NODE_HEADER)
            return 0;
        at += length;
    }
    return 0;
}
