/* SPDX-License-Identifier: BSD-2-Clause */
/* The same program as a driver, which the firmware keeps when it returns. */
#include "efi/boot.h"
#include "efi/home.h"

bool resident_start(EFI_STATUS *status)
{
    CHAR16 file[FILE_PATH_MAX];
    if (!firmware_path_beside_image(L"sanstrap-driver.efi", file))
        return false;
    EFI_DEVICE_PATH *path = firmware_path_of_file(firmware.loaded->DeviceHandle, file);
    EFI_HANDLE image;
    if (!path || efi_load_image(path, &image) != EFI_SUCCESS)
        return false;

    EFI_LOADED_IMAGE *loaded;
    firmware.boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded);
    loaded->LoadOptions = firmware.loaded->LoadOptions;
    loaded->LoadOptionsSize = firmware.loaded->LoadOptionsSize;
    *status = firmware.boot->StartImage(image, NULL, NULL);
    return true;
}
