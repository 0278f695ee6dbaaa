/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading device paths (UEFI 2.10, 10.2). */
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
