/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts \sanstrap.efi of its own volume, with its own load options, as firmware does whose network boot has an address by hand:
 * the device's path goes on from the first card's with an IPv4 node for 192.168.77.50/24 and the gateway 192.168.77.1.
 */
#include <efi.h>

#define FILE_MAX (1024 * 1024)

static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID, device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID,
                network_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID, volume_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;

static const UINT8 ending[] = {
    3,    12,   27,  0,                       /* messaging, IPv4 */
    192,  168,  77,  50, 0, 0,   0,   0,      /* our address, nobody's */
    0,    0,    0,   0,  6, 0,                /* ports, TCP */
    1,    192,  168, 77, 1, 255, 255, 255, 0, /* static: gateway, mask */
    0x7F, 0xFF, 4,   0,                       /* end */
};

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* A new handle, whose path goes on from the first card's. */
static EFI_STATUS make_device(EFI_BOOT_SERVICES *boot, EFI_HANDLE *device, EFI_DEVICE_PATH **path)
{
    EFI_HANDLE *cards;
    UINTN count;
    EFI_DEVICE_PATH *card;
    EFI_STATUS status = boot->LocateHandleBuffer(ByProtocol, &network_guid, NULL, &count, &cards);
    if (status == EFI_SUCCESS)
        status = boot->HandleProtocol(cards[0], &device_path_guid, (void **)&card);
    if (status != EFI_SUCCESS)
        return status;

    UINTN length = 0;
    while (!IsDevicePathEndType((EFI_DEVICE_PATH *)((UINT8 *)card + length)))
        length += DevicePathNodeLength((EFI_DEVICE_PATH *)((UINT8 *)card + length));
    status = boot->AllocatePool(EfiBootServicesData, length + sizeof ending, (void **)path);
    if (status != EFI_SUCCESS)
        return status;
    boot->CopyMem(*path, card, length);
    boot->CopyMem((UINT8 *)*path + length, (void *)ending, sizeof ending);

    *device = NULL;
    return boot->InstallProtocolInterface(device, &device_path_guid, EFI_NATIVE_INTERFACE, *path);
}

static EFI_STATUS read_program(EFI_BOOT_SERVICES *boot, EFI_HANDLE volume, void *bytes, UINTN *size)
{
    EFI_FILE_IO_INTERFACE *files;
    EFI_STATUS status = boot->HandleProtocol(volume, &volume_guid, (void **)&files);
    if (status != EFI_SUCCESS)
        return status;
    EFI_FILE_HANDLE root;
    status = files->OpenVolume(files, &root);
    if (status != EFI_SUCCESS)
        return status;

    EFI_FILE_HANDLE file;
    status = root->Open(root, &file, L"\\sanstrap.efi", EFI_FILE_MODE_READ, 0);
    return status == EFI_SUCCESS ? file->Read(file, size, bytes) : status;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    static UINT8 bytes[FILE_MAX];
    EFI_BOOT_SERVICES *boot = system->BootServices;
    EFI_LOADED_IMAGE *ours;
    EFI_STATUS status = boot->HandleProtocol(image, &loaded_image_guid, (void **)&ours);
    UINTN size = sizeof bytes;
    if (status == EFI_SUCCESS)
        status = read_program(boot, ours->DeviceHandle, bytes, &size);

    EFI_HANDLE device;
    EFI_DEVICE_PATH *path;
    if (status == EFI_SUCCESS)
        status = make_device(boot, &device, &path);

    EFI_HANDLE started;
    EFI_LOADED_IMAGE *program;
    if (status == EFI_SUCCESS)
        status = boot->LoadImage(FALSE, image, path, bytes, size, &started);
    if (status == EFI_SUCCESS)
        status = boot->HandleProtocol(started, &loaded_image_guid, (void **)&program);
    if (status != EFI_SUCCESS) {
        system->ConOut->OutputString(system->ConOut, L"NOT STARTED\r\n");
        return status;
    }

    program->LoadOptions = ours->LoadOptions;
    program->LoadOptionsSize = ours->LoadOptionsSize;
    return boot->StartImage(started, NULL, NULL);
}
