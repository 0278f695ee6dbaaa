/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi/load_option.h"

#include <stdint.h>

#include "efi/device_path.h"

#define HEADER   6 /* attributes, length of the device paths */
#define ACTIVE   0x0001u
#define CATEGORY 0x1F00u /* 0: boot; 100h: an application, which no boot order starts */

bool load_option_read(const void *bytes, size_t size, struct load_option *option)
{
    const uint8_t *at = bytes;
    if (size < HEADER)
        return false;
    uint32_t attributes = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    size_t paths_length = at[4] | (size_t)at[5] << 8, offset = HEADER, length = 0;
    for (;; offset += 2) {
        if (offset + 2 > size)
            return false;
        unsigned character = at[offset] | (unsigned)at[offset + 1] << 8;
        if (!character)
            break;
        if (length < LOAD_OPTION_NAME - 1)
            option->name[length++] = (char)(character >= ' ' && character < 0x7F ? character : '?');
    }
    offset += 2;
    option->name[length] = '\0';
    option->bootable = (attributes & (ACTIVE | CATEGORY)) == ACTIVE;
    option->path = at + offset;
    return paths_length <= size - offset && device_path_length(option->path, paths_length) != 0;
}
