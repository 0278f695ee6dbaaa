/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device paths as bytes (UEFI 2.10, 10.3): nodes, each with type, subtype and its length, up to the end node of the entire path.
 * A path may lie at any address. Pure: knows bytes, no firmware.
 */
#ifndef SANSTRAP_EFI_DEVICE_PATH_H
#define SANSTRAP_EFI_DEVICE_PATH_H

#include "platform/bytes.h"

/* Where a node's fields lie. */
#define NODE_TYPE    0
#define NODE_SUBTYPE 1
#define NODE_LENGTH  2 /* 16 bits, little endian; header and data, in bytes */
#define NODE_HEADER  4 /* its length */

/* Types, and the subtypes of each. */
#define NODE_TYPE_MESSAGING   0x03
#define NODE_MESSAGING_MAC    11
#define NODE_MESSAGING_IPV4   12
#define NODE_MESSAGING_IPV6   13
#define NODE_MESSAGING_ISCSI  19
#define NODE_MESSAGING_VLAN   20
#define NODE_MESSAGING_URI    24
#define NODE_MESSAGING_DNS    31
#define NODE_TYPE_MEDIA       0x04
#define NODE_MEDIA_HARD_DRIVE 1
#define NODE_MEDIA_FILE_PATH  4
#define NODE_TYPE_END         0x7F
#define NODE_END_ENTIRE       0xFF

/* More bytes than any device path has. */
#define DEVICE_PATH_MAX 4096

static inline size_t device_path_node_length(const uint8_t *node)
{
    return get_le16(node + NODE_LENGTH);
}

/* Writes the header of a node of `length` bytes, itself among them, and returns where the node's data begins. */
static inline uint8_t *device_path_put_header(uint8_t *node, uint8_t type, uint8_t subtype, size_t length)
{
    node[NODE_TYPE] = type;
    node[NODE_SUBTYPE] = subtype;
    put_le16(node + NODE_LENGTH, (uint32_t)length);
    return node + NODE_HEADER;
}

/* Writes the end node and returns the byte behind it. */
static inline uint8_t *device_path_put_end(uint8_t *node)
{
    return device_path_put_header(node, NODE_TYPE_END, NODE_END_ENTIRE, NODE_HEADER);
}

/*
 * The length in bytes of the path at `path` without its end node; 0 when a node is shorter than its header, or there is no end
 * within `most` bytes.
 */
size_t device_path_length(const void *path, size_t most);

/* True when `path` is `beginning` or goes on from it, each of DEVICE_PATH_MAX bytes at most; false when either is NULL or empty.
 */
bool device_path_begins(const void *path, const void *beginning);

/* The first node of this kind in a path of DEVICE_PATH_MAX bytes at most; NULL when there is none. */
const uint8_t *device_path_node(const void *path, uint8_t type, uint8_t subtype);

/*
 * True when both paths lead over the same partition: each has a hard drive node (UEFI 2.10, 10.3.5.1), with the same number and
 * the same signature, which is not zero. What stands before, a disk or nothing, may differ.
 */
bool device_path_same_partition(const void *path, const void *other);

#endif
