/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks that others made of the card's network: iPXE, that had the root path with our name, or the firmware's own iSCSI driver.
 * Without the card a call for one hangs for minutes.
 */
#include "efi/block_io.h"
#include "efi/device_path.h"
#include "efi/home.h"
#include "platform/format.h"

/* Whether code of the image serves a disk behind the card. */
static bool serves_disk(const EFI_LOADED_IMAGE *image, const EFI_DEVICE_PATH *card)
{
    EFI_HANDLE *handles;
    UINTN count;
    if (EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, &guid_block_io, NULL, &count, &handles)))
        return false;

    bool found = false;
    for (UINTN i = 0; i < count && !found; i++) {
        EFI_BLOCK_IO_PROTOCOL *disk;
        found = !EFI_ERROR(firmware.boot->HandleProtocol(handles[i], &guid_block_io, (void **)&disk)) &&
                (uintptr_t)disk->ReadBlocks - (uintptr_t)image->ImageBase < image->ImageSize &&
                device_path_begins(firmware_path_of(handles[i]), card);
    }
    firmware.boot->FreePool(handles);
    return found;
}

/*
 * What iPXE does when it is unloaded ends its connections, and leaves its code where it is. It is called directly, as
 * UnloadImage() would take away the code that is below us on the stack. Of two, the one that started us goes first: it works over
 * the other.
 */
bool foreign_disks_end_sessions(const EFI_DEVICE_PATH *card)
{
    bool ended = false;
    EFI_LOADED_IMAGE *loaded = firmware.loaded;
    for (int generation = 0; generation < GENERATIONS_MAX && loaded->ParentHandle; generation++) {
        EFI_HANDLE image = loaded->ParentHandle;
        if (EFI_ERROR(firmware.boot->HandleProtocol(image, &guid_loaded_image, (void **)&loaded)))
            break;

        EFI_IMAGE_UNLOAD unload = loaded->Unload;
        if (!unload || !serves_disk(loaded, card))
            continue;
        loaded->Unload = NULL;
        unload(image);
        ended = true;
    }
    return ended;
}

void foreign_disk_remove(EFI_HANDLE handle, EFI_BLOCK_IO_PROTOCOL *disk)
{
    if (handle == block_io_handle() || disk->Media->LogicalPartition)
        return;
    firmware.boot->DisconnectController(handle, NULL, NULL);
    EFI_STATUS status = firmware.boot->UninstallProtocolInterface(handle, &guid_block_io, disk);
    if (EFI_ERROR(status))
        log_printf(LOG_WARNING, "a disk that others made of this card stays, and hangs: the firmware answers %llxh",
                   (unsigned long long)status);
    else
        log_printf(LOG_INFO, "a disk that others made of this card is withdrawn");
}
