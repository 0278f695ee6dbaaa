/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device path of an iSCSI disk (UEFI 2.10, 10.3.4): MAC / VLAN / IPv4 or IPv6 / iSCSI, as they follow the network card's own
 * path. Pure: knows bytes, no firmware.
 */
#ifndef SANSTRAP_EFI_DEVICE_PATH_H
#define SANSTRAP_EFI_DEVICE_PATH_H

#include "iscsi/iscsi.h"
#include "net/net.h"

/* MAC 37, VLAN 6, IPv6 60, iSCSI 18 with the name and its NUL, end node 4. */
#define DEVICE_PATH_TAIL_MAX (37 + 6 + 60 + 18 + ISCSI_NAME_MAX + 1 + 4)

struct device_path_facts {
    uint8_t mac[NIC_MAC_LENGTH];
    uint16_t vlan;                      /* 0: untagged, and no node */
    struct net_address peer;            /* the portal; family 0 when unknown: the IP node is then left out */
    uint16_t peer_port;                 /* host byte order */
    uint16_t portal_group;              /* 0xFFFF: not told */
    const struct iscsi_settings *iscsi; /* target, LUN, CHAP */
};

/* Writes the nodes with the end node and returns their length in bytes. The target's name must be of ISCSI_NAME_MAX bytes at
 * most. */
size_t device_path_tail(const struct device_path_facts *facts, uint8_t tail[DEVICE_PATH_TAIL_MAX]);

/*
 * The length of the path at `path` without its end node; 0 when a node is shorter than its header, or there is no end within
 * `most` bytes.
 */
size_t device_path_length(const void *path, size_t most);

#endif
