/* SPDX-License-Identifier: BSD-2-Clause */
/* The same program as a driver, which the firmware keeps when it returns. */
#include "efi/boot.h"
#include "efi/home.h"

#define DRIVER     "sanstrap-driver.efi"
#define DRIVER_MAX (1 * MIB)

static bool load_beside_image(EFI_HANDLE *image)
{
    CHAR16 file[FILE_PATH_MAX];
    if (!firmware_path_beside_image(L"" DRIVER, file))
        return false;
    EFI_DEVICE_PATH *path = firmware_path_of_file(firmware.loaded->DeviceHandle, file);
    return path && efi_load_image(path, NULL, 0, image) == EFI_SUCCESS;
}

/* Its path begins with our device's, so that it finds the lease where we did. */
static bool load_from_server(bool perhaps, EFI_HANDLE *image)
{
    EFI_PHYSICAL_ADDRESS memory;
    if (EFI_ERROR(firmware.boot->AllocatePages(AllocateAnyPages, EfiBootServicesData, DRIVER_MAX / PAGE_SIZE, &memory)))
        return false;

    void *bytes = (void *)(uintptr_t)memory;
    size_t size = perhaps ? 0 : server_read_beside(DRIVER, bytes, DRIVER_MAX);
    if (!size)
        size = http_read_beside(DRIVER, bytes, DRIVER_MAX);
    EFI_DEVICE_PATH *path = size ? firmware_path_of_file(firmware.loaded->DeviceHandle, L"" DRIVER) : NULL;
    bool loaded = path && efi_load_image(path, bytes, size, image) == EFI_SUCCESS;
    firmware.boot->FreePages(memory, DRIVER_MAX / PAGE_SIZE);
    return loaded;
}

bool resident_start(bool perhaps, EFI_STATUS *status)
{
    EFI_HANDLE image;
    if (!load_beside_image(&image) && !load_from_server(perhaps, &image))
        return false;

    EFI_LOADED_IMAGE *loaded;
    firmware.boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded);
    loaded->LoadOptions = firmware.loaded->LoadOptions;
    loaded->LoadOptionsSize = firmware.loaded->LoadOptionsSize;
    *status = firmware.boot->StartImage(image, NULL, NULL);
    return true;
}
