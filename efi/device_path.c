/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a device path's nodes. */
#include "efi/device_path.h"

#include <string.h>

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
