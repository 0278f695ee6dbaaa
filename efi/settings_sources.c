/* SPDX-License-Identifier: BSD-2-Clause */
/* Where settings come from on this firmware: load options, a file beside the image, the firmware's own DHCP, SMBIOS. */
#include <string.h>

#include "efi/device_path.h"
#include "efi/home.h"
#include "efi/settings_text.h"
#include "loader/smbios.h"

#define LINE_MAX      4096
#define PATH_MAX      260 /* characters of the image's own path */
#define SMBIOS_LENGTH 64

static const CHAR16 file_name[] = L"sanstrap.conf";
static char line[LINE_MAX];
static char file_bytes[LINE_MAX];
static EFI_PXE_BASE_CODE_PACKET ack;

/* ---- sanstrap.conf --------------------------------------------------------------------------------------------------------------- */

/* The image's folder with the file's name behind it. False when the image was not loaded from a file, or lies too deep. */
static bool file_beside_image(CHAR16 path[PATH_MAX])
{
    size_t length = 0, folder = 0;
    const uint8_t *at = (const uint8_t *)firmware.loaded->FilePath;
    if (!at)
        return false;
    const uint8_t *end = at + device_path_length(firmware.loaded->FilePath, DEVICE_PATH_MAX);
    while (at < end) {
        const EFI_DEVICE_PATH *node = (const EFI_DEVICE_PATH *)at;
        size_t node_length = node->Length[0] | (size_t)node->Length[1] << 8;
        if (DevicePathType(node) != MEDIA_DEVICE_PATH || DevicePathSubType(node) != MEDIA_FILEPATH_DP)
            return false;
        if (length && path[length - 1] != '\\')
            path[length++] = '\\';
        for (size_t i = sizeof *node; i + 1 < node_length && length < PATH_MAX - 1; i += 2) {
            CHAR16 character = (CHAR16)(at[i] | at[i + 1] << 8);
            if (!character)
                break;
            path[length++] = character;
        }
        if (length >= PATH_MAX - 1)
            return false;
        at += node_length;
    }
    for (size_t i = 0; i < length; i++)
        if (path[i] == '\\')
            folder = i + 1;
    if (folder + sizeof file_name / sizeof *file_name > PATH_MAX)
        return false;
    memcpy(path + folder, file_name, sizeof file_name);
    return true;
}

static void add_file(struct settings_text *text)
{
    CHAR16 path[PATH_MAX];
    EFI_FILE_IO_INTERFACE *volume;
    EFI_FILE_HANDLE root, file;
    UINTN size = sizeof file_bytes;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;
    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_simple_file_system, (void **)&volume)) ||
        !file_beside_image(path) || EFI_ERROR(volume->OpenVolume(volume, &root)))
        return;
    if (!EFI_ERROR(root->Open(root, &file, path, EFI_FILE_MODE_READ, 0))) {
        if (!EFI_ERROR(file->Read(file, &size, file_bytes)))
            settings_text_add_file(text, file_bytes, size);
        file->Close(file);
    }
    root->Close(root);
}

/* ---- both ----------------------------------------------------------------------------------------------------------------------- */

const char *settings_line(bool *cut)
{
    struct settings_text text = {.text = line, .size = sizeof line};
    add_file(&text);
    settings_text_add_options(&text, firmware.loaded->LoadOptions, firmware.loaded->LoadOptions ? firmware.loaded->LoadOptionsSize : 0);
    *cut = text.cut;
    return line;
}

/* ---- the firmware's DHCP ---------------------------------------------------------------------------------------------------------- */

const uint8_t *firmware_ack(size_t *length)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;
    *length = 0;
    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_pxe_base_code, (void **)&pxe)) || !pxe->Mode ||
        !pxe->Mode->DhcpAckReceived || pxe->Mode->UsingIpv6)
        return NULL;
    ack = pxe->Mode->DhcpAck;
    *length = sizeof ack;
    return ack.Raw;
}

/* ---- SMBIOS ---------------------------------------------------------------------------------------------------------------------- */

void firmware_uuid(uint8_t uuid[16])
{
    for (UINTN i = 0; i < firmware.system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *entry = &firmware.system->ConfigurationTable[i];
        struct smbios_table table;
        if (memcmp(&entry->VendorGuid, &guid_smbios, sizeof(EFI_GUID)) && memcmp(&entry->VendorGuid, &guid_smbios3, sizeof(EFI_GUID)))
            continue;
        if (smbios_find(entry->VendorTable, SMBIOS_LENGTH, &table) && table.address &&
            smbios_uuid((const uint8_t *)table.address, table.length, uuid))
            return;
    }
}
