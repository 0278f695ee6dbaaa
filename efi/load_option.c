/* SPDX-License-Identifier: BSD-2-Clause */
/* A load option's header, its description, its first device path, its optional data. Numbers are little endian, at any address.
 */
#include "efi/load_option.h"

#include "efi/device_path.h"

/* Where its fields lie; the device paths follow the description's NUL. */
#define ATTRIBUTES            0 /* 32 bits */
#define FILE_PATH_LIST_LENGTH 4 /* 16 bits; bytes of the device paths */
#define DESCRIPTION           6 /* UTF-16 */

#define LOAD_OPTION_ACTIVE   0x00000001u
#define LOAD_OPTION_CATEGORY 0x00001F00u /* 0: boot; 100h: an application, which no boot order starts */

/* Copies the description into `name` and returns the offset behind its NUL; 0 when there is none within `size` bytes. */
static size_t read_description(const uint8_t *bytes, size_t size, char name[LOAD_OPTION_NAME])
{
    size_t length = 0;
    for (size_t at = DESCRIPTION; at + sizeof(uint16_t) <= size; at += sizeof(uint16_t)) {
        uint16_t character = get_le16(bytes + at);
        if (!character) {
            name[length] = '\0';
            return at + sizeof(uint16_t);
        }
        if (length < LOAD_OPTION_NAME - 1)
            name[length++] = (char)(character >= ' ' && character < 0x7F ? character : '?');
    }
    return 0;
}

bool load_option_read(const void *bytes, size_t size, struct load_option *option)
{
    const uint8_t *at = bytes;
    if (size < DESCRIPTION)
        return false;
    uint32_t attributes = get_le32(at + ATTRIBUTES);
    size_t paths_length = get_le16(at + FILE_PATH_LIST_LENGTH);

    size_t paths = read_description(at, size, option->name);
    if (!paths)
        return false;
    option->bootable = (attributes & (LOAD_OPTION_ACTIVE | LOAD_OPTION_CATEGORY)) == LOAD_OPTION_ACTIVE;
    option->path = at + paths;
    if (paths_length > size - paths)
        return false;
    option->data = at + paths + paths_length;
    option->data_size = size - paths - paths_length;
    return device_path_length(option->path, paths_length) != 0;
}
