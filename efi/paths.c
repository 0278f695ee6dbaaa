/* SPDX-License-Identifier: BSD-2-Clause */
/* Device paths as the firmware has them (UEFI 2.10, 10.2), and files beside our own. */
#include <string.h>

#include "efi/device_path.h"
#include "efi/home.h"

EFI_DEVICE_PATH *device_path_of(EFI_HANDLE handle)
{
    void *path = NULL;
    if (!handle || EFI_ERROR(firmware.boot->HandleProtocol(handle, &guid_device_path, &path)))
        return NULL;
    return path;
}

bool device_path_begins(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *beginning)
{
    if (!path || !beginning)
        return false;
    size_t length = device_path_length(beginning, DEVICE_PATH_MAX);
    return length && length <= device_path_length(path, DEVICE_PATH_MAX) && memcmp(path, beginning, length) == 0;
}

/* Joins the file path nodes of an image's path. Returns the length; FILE_PATH_MAX when it is too long or not a file's. */
static size_t join_file_path(const EFI_DEVICE_PATH *nodes, CHAR16 path[FILE_PATH_MAX])
{
    const uint8_t *at = (const uint8_t *)nodes, *end = at + device_path_length(nodes, DEVICE_PATH_MAX);
    size_t length = 0, node_length;
    for (; at < end; at += node_length) {
        node_length = at[2] | (size_t)at[3] << 8;
        if (at[0] != MEDIA_DEVICE_PATH || at[1] != MEDIA_FILEPATH_DP)
            return FILE_PATH_MAX;
        if (length && path[length - 1] != '\\')
            path[length++] = '\\';
        for (size_t i = sizeof *nodes; i + 1 < node_length && (at[i] || at[i + 1]); i += 2) {
            if (length >= FILE_PATH_MAX - 1)
                return FILE_PATH_MAX;
            path[length++] = (CHAR16)(at[i] | at[i + 1] << 8);
        }
    }
    return length;
}

bool file_beside_image(const CHAR16 *name, CHAR16 path[FILE_PATH_MAX])
{
    if (!firmware.loaded->FilePath)
        return false;
    size_t length = join_file_path(firmware.loaded->FilePath, path), name_length = 0;
    if (length >= FILE_PATH_MAX - 1)
        return false;
    while (length && path[length - 1] != '\\')
        length--;
    while (name[name_length])
        name_length++;
    if (length + name_length >= FILE_PATH_MAX)
        return false;
    memcpy(path + length, name, (name_length + 1) * sizeof *name);
    return true;
}

EFI_DEVICE_PATH *file_device_path(EFI_HANDLE volume, const CHAR16 *name)
{
    const EFI_DEVICE_PATH *path = device_path_of(volume);
    size_t volume_length = path ? device_path_length(path, DEVICE_PATH_MAX) : 0, characters = 0;
    uint8_t *bytes;
    while (name[characters])
        characters++;
    size_t node_length = sizeof *path + (characters + 1) * sizeof *name;
    if (!volume_length || node_length > UINT16_MAX ||
        EFI_ERROR(firmware.boot->AllocatePool(EfiBootServicesData, volume_length + node_length + sizeof *path, (void **)&bytes)))
        return NULL;
    memcpy(bytes, path, volume_length);
    uint8_t *node = bytes + volume_length;
    node[0] = MEDIA_DEVICE_PATH;
    node[1] = MEDIA_FILEPATH_DP;
    node[2] = (uint8_t)node_length;
    node[3] = (uint8_t)(node_length >> 8);
    memcpy(node + sizeof *path, name, (characters + 1) * sizeof *name);
    static const uint8_t end[] = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, END_DEVICE_PATH_LENGTH, 0};
    memcpy(node + node_length, end, sizeof end);
    return (EFI_DEVICE_PATH *)bytes;
}
