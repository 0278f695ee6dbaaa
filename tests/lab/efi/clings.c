/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot program that opens the disk it came from in the name of a driver that there is not, and returns: nobody can then make it
 * let go.
 */
#include <efi.h>

#define TYPE_MEDIA 4

static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID, loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID,
                device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID,
                agents_guid = {0x3C1F8C5A, 0x6E0B, 0x4D5B, {0x9C, 0x55, 0x20, 0x61, 0x0B, 0x7D, 0x44, 0x12}};

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* The handle of the disk that the partition's path leads over. */
static EFI_HANDLE disk_of(EFI_BOOT_SERVICES *boot, EFI_HANDLE partition)
{
    UINT8 *path, *node;
    EFI_HANDLE disk = NULL;
    if (boot->HandleProtocol(partition, &device_path_guid, (void **)&path) != EFI_SUCCESS)
        return NULL;
    for (node = path; node[0] != TYPE_MEDIA && node[0] != END_DEVICE_PATH_TYPE;)
        node += node[2] | node[3] << 8;
    UINT8 saved[4] = {node[0], node[1], node[2], node[3]};
    EFI_DEVICE_PATH *rest = (EFI_DEVICE_PATH *)path;
    node[0] = END_DEVICE_PATH_TYPE;
    node[1] = END_ENTIRE_DEVICE_PATH_SUBTYPE;
    node[2] = END_DEVICE_PATH_LENGTH;
    node[3] = 0;
    boot->LocateDevicePath(&block_io_guid, &rest, &disk);
    for (unsigned i = 0; i < sizeof saved; i++)
        node[i] = saved[i];
    return disk;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_BOOT_SERVICES *boot = system->BootServices;
    EFI_LOADED_IMAGE *loaded;
    EFI_HANDLE agent = NULL, disk;
    void *interface;
    EFI_STATUS status = boot->HandleProtocol(image, &loaded_image_guid, (void **)&loaded);
    if (status == EFI_SUCCESS)
        status = boot->InstallProtocolInterface(&agent, &agents_guid, EFI_NATIVE_INTERFACE, NULL);
    if (status != EFI_SUCCESS || (disk = disk_of(boot, loaded->DeviceHandle)) == NULL)
        return EFI_NOT_FOUND;
    status = boot->OpenProtocol(disk, &block_io_guid, &interface, agent, disk,
                                EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE);
    system->ConOut->OutputString(system->ConOut, status == EFI_SUCCESS ? L"CLINGS\r\n" : L"DOES NOT CLING\r\n");
    return status;
}
