/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware's device paths say (UEFI 2.10, 10.2): of a handle, of a file on a volume, of our image and what lies beside.
 */
#include <string.h>

#include "efi/device_path.h"
#include "efi/home.h"

EFI_DEVICE_PATH *firmware_path_of(EFI_HANDLE handle)
{
    void *path = NULL;
    if (!handle || EFI_ERROR(firmware.boot->HandleProtocol(handle, &guid_device_path, &path)))
        return NULL;
    return path;
}

static size_t characters_in(const CHAR16 *text)
{
    size_t count = 0;
    while (text[count])
        count++;
    return count;
}

/* Joins the file path nodes of an image's path. Returns the length; FILE_PATH_MAX when it is too long or not a file's. */
static size_t join_file_path(const EFI_DEVICE_PATH *nodes, CHAR16 path[FILE_PATH_MAX])
{
    const uint8_t *node = (const uint8_t *)nodes, *end = node + device_path_length(nodes, DEVICE_PATH_MAX);
    size_t length = 0;

    for (; node < end; node += device_path_node_length(node)) {
        if (node[NODE_TYPE] != NODE_TYPE_MEDIA || node[NODE_SUBTYPE] != NODE_MEDIA_FILE_PATH)
            return FILE_PATH_MAX;
        if (length && path[length - 1] != '\\')
            path[length++] = '\\';

        size_t node_length = device_path_node_length(node);
        for (size_t at = NODE_HEADER; at + 1 < node_length && get_le16(node + at); at += sizeof *path) {
            if (length >= FILE_PATH_MAX - 1)
                return FILE_PATH_MAX;
            path[length++] = get_le16(node + at);
        }
    }
    return length;
}

bool firmware_path_beside_image(const CHAR16 *name, CHAR16 path[FILE_PATH_MAX])
{
    if (!firmware.loaded->FilePath)
        return false;
    size_t length = join_file_path(firmware.loaded->FilePath, path);
    if (length >= FILE_PATH_MAX - 1)
        return false;

    while (length && path[length - 1] != '\\')
        length--;
    size_t name_length = characters_in(name);
    if (length + name_length >= FILE_PATH_MAX)
        return false;
    memcpy(path + length, name, (name_length + 1) * sizeof *name);
    return true;
}

EFI_DEVICE_PATH *firmware_path_of_file(EFI_HANDLE volume, const CHAR16 *name)
{
    const EFI_DEVICE_PATH *path = firmware_path_of(volume);
    size_t volume_length = path ? device_path_length(path, DEVICE_PATH_MAX) : 0;
    size_t name_size = (characters_in(name) + 1) * sizeof *name, node_length = NODE_HEADER + name_size;
    void *bytes;

    if (!volume_length || node_length > UINT16_MAX ||
        EFI_ERROR(firmware.boot->AllocatePool(EfiBootServicesData, volume_length + node_length + NODE_HEADER, &bytes)))
        return NULL;

    memcpy(bytes, path, volume_length);
    uint8_t *data = device_path_put_header((uint8_t *)bytes + volume_length, NODE_TYPE_MEDIA, NODE_MEDIA_FILE_PATH, node_length);
    memcpy(data, name, name_size);
    device_path_put_end(data + name_size);
    return bytes;
}

EFI_DEVICE_PATH *firmware_path_join(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *rest)
{
    size_t length = path ? device_path_length(path, DEVICE_PATH_MAX) : 0;
    size_t rest_length = device_path_length(rest, DEVICE_PATH_MAX);
    void *bytes;
    if (!length || EFI_ERROR(firmware.boot->AllocatePool(EfiBootServicesData, length + rest_length + NODE_HEADER, &bytes)))
        return NULL;
    memcpy(bytes, path, length);
    memcpy((uint8_t *)bytes + length, rest, rest_length);
    device_path_put_end((uint8_t *)bytes + length + rest_length);
    return bytes;
}
