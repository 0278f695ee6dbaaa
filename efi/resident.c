/* SPDX-License-Identifier: BSD-2-Clause */
/* The same program as a driver, which the firmware keeps when it returns. */
#include "efi/home.h"

bool resident_start(EFI_STATUS *status)
{
    CHAR16 file[FILE_PATH_MAX];
    EFI_HANDLE image = NULL;
    EFI_LOADED_IMAGE *loaded;
    if (!file_beside_image(L"sanstrap-driver.efi", file))
        return false;
    EFI_DEVICE_PATH *path = file_device_path(firmware.loaded->DeviceHandle, file);
    if (!path)
        return false;
    EFI_STATUS answer = firmware.boot->LoadImage(FALSE, firmware.image, path, NULL, 0, &image);
    firmware.boot->FreePool(path);
    if (answer == EFI_SECURITY_VIOLATION && image)
        firmware.boot->UnloadImage(image);
    if (EFI_ERROR(answer))
        return false;
    firmware.boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded);
    loaded->LoadOptions = firmware.loaded->LoadOptions;
    loaded->LoadOptionsSize = firmware.loaded->LoadOptionsSize;
    *status = firmware.boot->StartImage(image, NULL, NULL);
    return true;
}
