/* SPDX-License-Identifier: BSD-2-Clause */
/* Where settings come from on this firmware: load options, a file beside the image, the firmware's own DHCP, SMBIOS. */
#include "efi/home.h"
#include "efi/settings_text.h"
#include "loader/smbios.h"
#include "platform/bytes.h"

#define LINE_MAX          (4 * KIB)
#define SMBIOS_ROOT_BYTES 64 /* more than either entry point structure has */

/* ---- the line ---- */

static void append_file(struct settings_text *text)
{
    static char bytes[2 * LINE_MAX]; /* it may be UTF-16 */
    CHAR16 path[FILE_PATH_MAX];
    EFI_FILE_IO_INTERFACE *volume;
    EFI_FILE_HANDLE root;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;

    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_simple_file_system, (void **)&volume)) ||
        !firmware_path_beside_image(L"sanstrap.conf", path) || EFI_ERROR(volume->OpenVolume(volume, &root)))
        return;

    EFI_FILE_HANDLE file;
    if (!EFI_ERROR(root->Open(root, &file, path, EFI_FILE_MODE_READ, 0))) {
        UINTN size = sizeof bytes;
        if (!EFI_ERROR(file->Read(file, &size, bytes))) {
            settings_text_add_file(text, bytes, size);
            text->cut = text->cut || size == sizeof bytes;
        }
        file->Close(file);
    }
    root->Close(root);
}

const char *sources_line(bool *cut)
{
    static char line[LINE_MAX];
    struct settings_text text = {.text = line, .size = sizeof line};
    append_file(&text);
    settings_text_add_options(&text, firmware.loaded->LoadOptions,
                              firmware.loaded->LoadOptions ? firmware.loaded->LoadOptionsSize : 0);
    *cut = text.cut;
    return line;
}

/* ---- the firmware's DHCP ---- */

/* What the firmware has of the exchange that loaded us; NULL when none, or one of DHCPv6. */
static const EFI_PXE_BASE_CODE_MODE *dhcp_mode(void)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;
    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_pxe_base_code, (void **)&pxe)) || !pxe->Mode ||
        !pxe->Mode->DhcpAckReceived || pxe->Mode->UsingIpv6)
        return NULL;
    return pxe->Mode;
}

const uint8_t *sources_dhcp_ack(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET ack;
    const EFI_PXE_BASE_CODE_MODE *mode = dhcp_mode();
    *length = 0;
    if (!mode)
        return NULL;
    ack = mode->DhcpAck;
    *length = sizeof ack;
    return ack.Raw;
}

const uint8_t *sources_dhcp_discover(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET discover;
    const EFI_PXE_BASE_CODE_MODE *mode = dhcp_mode();
    *length = 0;
    if (!mode || !mode->DhcpDiscoverValid)
        return NULL;
    discover = mode->DhcpDiscover;
    *length = sizeof discover;
    return discover.Raw;
}

static const uint8_t *copy_packet(EFI_PXE_BASE_CODE_PACKET *to, const EFI_PXE_BASE_CODE_PACKET *from, size_t *length)
{
    *length = from ? sizeof *to : 0;
    if (!from)
        return NULL;
    *to = *from;
    return to->Raw;
}

const uint8_t *sources_dhcp_reply(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET reply;
    const EFI_PXE_BASE_CODE_MODE *mode = dhcp_mode();
    return copy_packet(&reply, mode && mode->PxeReplyReceived ? &mode->PxeReply : NULL, length);
}

const uint8_t *sources_dhcp_proxy(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET proxy;
    const EFI_PXE_BASE_CODE_MODE *mode = dhcp_mode();
    return copy_packet(&proxy, mode && mode->ProxyOfferReceived ? &mode->ProxyOffer : NULL, length);
}

/* ---- SMBIOS ---- */

void sources_uuid(uint8_t uuid[16])
{
    EFI_GUID *const roots[] = {&guid_smbios3, &guid_smbios};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        const uint8_t *root = firmware_table(roots[i]);
        struct smbios_table table;
        if (root && smbios_find(root, SMBIOS_ROOT_BYTES, &table) && table.address &&
            smbios_uuid((const uint8_t *)table.address, table.length, uuid))
            return;
    }
}
