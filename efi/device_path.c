/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a device path's nodes. */
#include "efi/device_path.h"

#include <string.h>

/* The hard drive node: its length, and where its fields lie. */
#define HARD_DRIVE_LENGTH         42
#define HARD_DRIVE_NUMBER         4
#define HARD_DRIVE_SIGNATURE      24 /* 16 bytes */
#define HARD_DRIVE_SIGNATURE_TYPE 41 /* 0: none */

size_t device_path_length(const void *path, size_t most)
{
    const uint8_t *bytes = path;
    for (size_t at = 0; at + NODE_HEADER <= most; at += device_path_node_length(bytes + at)) {
        if (bytes[at + NODE_TYPE] == NODE_TYPE_END && bytes[at + NODE_SUBTYPE] == NODE_END_ENTIRE)
            return at;
        if (device_path_node_length(bytes + at) < NODE_HEADER)
            return 0;
    }
    return 0;
}

bool device_path_begins(const void *path, const void *beginning)
{
    if (!path || !beginning)
        return false;
    size_t length = device_path_length(beginning, DEVICE_PATH_MAX);
    return length && length <= device_path_length(path, DEVICE_PATH_MAX) && memcmp(path, beginning, length) == 0;
}

const uint8_t *device_path_node(const void *path, uint8_t type, uint8_t subtype)
{
    const uint8_t *node = path, *end = node + device_path_length(path, DEVICE_PATH_MAX);
    for (; node < end; node += device_path_node_length(node))
        if (node[NODE_TYPE] == type && node[NODE_SUBTYPE] == subtype)
            return node;
    return NULL;
}

static const uint8_t *partition_of(const void *path)
{
    const uint8_t *node = path ? device_path_node(path, NODE_TYPE_MEDIA, NODE_MEDIA_HARD_DRIVE) : NULL;
    return node && device_path_node_length(node) == HARD_DRIVE_LENGTH && node[HARD_DRIVE_SIGNATURE_TYPE] &&
                   !bytes_are_zero(node + HARD_DRIVE_SIGNATURE, 16)
               ? node
               : NULL;
}

bool device_path_same_partition(const void *path, const void *other)
{
    const uint8_t *one = partition_of(path), *two = partition_of(other);
    return one && two && one[HARD_DRIVE_SIGNATURE_TYPE] == two[HARD_DRIVE_SIGNATURE_TYPE] &&
           get_le32(one + HARD_DRIVE_NUMBER) == get_le32(two + HARD_DRIVE_NUMBER) &&
           memcmp(one + HARD_DRIVE_SIGNATURE, two + HARD_DRIVE_SIGNATURE, 16) == 0;
}
