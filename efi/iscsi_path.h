/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device path of our disk (UEFI 2.10, 10.3.4): MAC / VLAN / IPv4 or IPv6 / iSCSI, as they follow the network card's own path.
 * Pure: knows bytes, no firmware.
 */
#ifndef SANSTRAP_EFI_ISCSI_PATH_H
#define SANSTRAP_EFI_ISCSI_PATH_H

#include "efi/device_path.h"
#include "iscsi/iscsi.h"
#include "net/net.h"

/* Lengths of the nodes, without what follows the iSCSI node's fixed fields. */
#define MAC_NODE_LENGTH   37
#define VLAN_NODE_LENGTH  6
#define IPV4_NODE_LENGTH  27
#define IPV6_NODE_LENGTH  60
#define ISCSI_NODE_LENGTH 18

/* The most that iscsi_path_write() writes: the longest name with its NUL, and the end node. */
#define ISCSI_PATH_MAX                                                                                                           \
    (MAC_NODE_LENGTH + VLAN_NODE_LENGTH + IPV6_NODE_LENGTH + ISCSI_NODE_LENGTH + ISCSI_NAME_MAX + 1 + NODE_HEADER)

struct iscsi_path_facts {
    uint8_t mac[NIC_MAC_LENGTH];
    uint16_t vlan;                      /* 0: untagged, and no node */
    struct net_address peer;            /* the portal; family 0 when unknown: the IP node is then left out */
    uint16_t peer_port;                 /* host byte order */
    uint16_t portal_group;              /* 0xFFFF: not told */
    const struct iscsi_settings *iscsi; /* target, LUN, CHAP; a name of ISCSI_NAME_MAX bytes at most */
};

/* Writes the nodes with the end node and returns their length in bytes. Cannot fail. */
size_t iscsi_path_write(const struct iscsi_path_facts *facts, uint8_t path[ISCSI_PATH_MAX]);

#endif
