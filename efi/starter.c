/* SPDX-License-Identifier: BSD-2-Clause */
/* Who started us, and who started that one: those that the CPU goes back to when we return. */
#include "efi/home.h"

static bool is_starter(EFI_HANDLE image)
{
    EFI_LOADED_IMAGE *loaded = firmware.loaded;
    for (int generation = 0; generation < GENERATIONS_MAX && loaded->ParentHandle; generation++) {
        if (loaded->ParentHandle == image)
            return true;
        if (EFI_ERROR(firmware.boot->HandleProtocol(loaded->ParentHandle, &guid_loaded_image, (void **)&loaded)))
            return false;
    }
    return false;
}

/* A driver opens protocols in the name of its image, as iPXE does, or of its binding, as EDK2's do. */
static bool is_starters_driver(EFI_HANDLE agent)
{
    EFI_DRIVER_BINDING *binding;
    if (is_starter(agent))
        return true;
    return !EFI_ERROR(firmware.boot->HandleProtocol(agent, &guid_driver_binding, (void **)&binding)) &&
           is_starter(binding->ImageHandle);
}

static bool starter_drives_by(EFI_HANDLE handle, EFI_GUID *protocol)
{
    EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *opens;
    UINTN count;
    if (EFI_ERROR(firmware.boot->OpenProtocolInformation(handle, protocol, &opens, &count)))
        return false;

    bool found = false;
    for (UINTN i = 0; i < count && !found; i++)
        found = opens[i].Attributes & EFI_OPEN_PROTOCOL_BY_DRIVER && is_starters_driver(opens[i].AgentHandle);
    firmware.boot->FreePool(opens);
    return found;
}

bool starter_drives(EFI_HANDLE handle)
{
    EFI_GUID **protocols;
    UINTN count;
    if (EFI_ERROR(firmware.boot->ProtocolsPerHandle(handle, &protocols, &count)))
        return false;

    bool found = false;
    for (UINTN i = 0; i < count && !found; i++)
        found = starter_drives_by(handle, protocols[i]);
    firmware.boot->FreePool(protocols);
    return found;
}
