/* SPDX-License-Identifier: BSD-2-Clause */
/* Where settings come from on this firmware: load options, a file beside the image, the firmware's own DHCP, SMBIOS. */
#include <string.h>

#include "efi/home.h"
#include "efi/settings_text.h"
#include "loader/smbios.h"

#define LINE_MAX      4096
#define SMBIOS_LENGTH 64

static char line[LINE_MAX];
static char file_bytes[2 * LINE_MAX]; /* it may be UTF-16 */
static EFI_PXE_BASE_CODE_PACKET ack;

/* ---- sanstrap.conf ---- */

static void add_file(struct settings_text *text)
{
    CHAR16 path[FILE_PATH_MAX];
    EFI_FILE_IO_INTERFACE *volume;
    EFI_FILE_HANDLE root, file;
    UINTN size = sizeof file_bytes;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;
    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_simple_file_system, (void **)&volume)) ||
        !file_beside_image(L"sanstrap.conf", path) || EFI_ERROR(volume->OpenVolume(volume, &root)))
        return;
    if (!EFI_ERROR(root->Open(root, &file, path, EFI_FILE_MODE_READ, 0))) {
        if (!EFI_ERROR(file->Read(file, &size, file_bytes))) {
            settings_text_add_file(text, file_bytes, size);
            text->cut = text->cut || size == sizeof file_bytes;
        }
        file->Close(file);
    }
    root->Close(root);
}

/* ---- both ---- */

const char *settings_line(bool *cut)
{
    struct settings_text text = {.text = line, .size = sizeof line};
    add_file(&text);
    settings_text_add_options(&text, firmware.loaded->LoadOptions,
                              firmware.loaded->LoadOptions ? firmware.loaded->LoadOptionsSize : 0);
    *cut = text.cut;
    return line;
}

/* ---- the firmware's DHCP ---- */

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

/* ---- SMBIOS ---- */

void firmware_uuid(uint8_t uuid[16])
{
    for (UINTN i = 0; i < firmware.system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *entry = &firmware.system->ConfigurationTable[i];
        struct smbios_table table;
        if (memcmp(&entry->VendorGuid, &guid_smbios, sizeof(EFI_GUID)) &&
            memcmp(&entry->VendorGuid, &guid_smbios3, sizeof(EFI_GUID)))
            continue;
        if (smbios_find(entry->VendorTable, SMBIOS_LENGTH, &table) && table.address &&
            smbios_uuid((const uint8_t *)table.address, table.length, uuid))
            return;
    }
}
