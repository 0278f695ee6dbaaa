/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot program that opens the disk it came from in the name of a driver that there is not, and returns: nobody can then make it
 * let go.
 */
#include <efi.h>

static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID, loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID,
                device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID,
                agents_guid = {0x3C1F8C5A, 0x6E0B, 0x4D5B, {0x9C, 0x55, 0x20, 0x61, 0x0B, 0x7D, 0x44, 0x12}};

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* The handle of the disk that the partition's path leads over. */
static EFI_HANDLE disk_of(EFI_BOOT_SERVICES *boot, EFI_HANDLE partition)
{
    EFI_DEVICE_PATH *path;
    if (boot->HandleProtocol(partition, &device_path_guid, (void **)&path) != EFI_SUCCESS)
        return NULL;
    EFI_DEVICE_PATH *node = path;
    while (DevicePathType(node) != MEDIA_DEVICE_PATH && !IsDevicePathEndType(node))
        node = NextDevicePathNode(node);

    /* The path ends at the partition's node for as long as it is looked up. */
    EFI_DEVICE_PATH saved = *node;
    EFI_HANDLE disk = NULL;
    SetDevicePathEndNode(node);
    boot->LocateDevicePath(&block_io_guid, &path, &disk);
    *node = saved;
    return disk;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_BOOT_SERVICES *boot = system->BootServices;
    EFI_LOADED_IMAGE *loaded;
    EFI_HANDLE agent = NULL;
    EFI_STATUS status = boot->HandleProtocol(image, &loaded_image_guid, (void **)&loaded);
    if (status == EFI_SUCCESS)
        status = boot->InstallProtocolInterface(&agent, &agents_guid, EFI_NATIVE_INTERFACE, NULL);
    EFI_HANDLE disk = status == EFI_SUCCESS ? disk_of(boot, loaded->DeviceHandle) : NULL;
    if (!disk)
        return EFI_NOT_FOUND;

    void *interface;
    status = boot->OpenProtocol(disk, &block_io_guid, &interface, agent, disk,
                                EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE);
    system->ConOut->OutputString(system->ConOut, status == EFI_SUCCESS ? L"CLINGS\r\n" : L"DOES NOT CLING\r\n");
    return status;
}
