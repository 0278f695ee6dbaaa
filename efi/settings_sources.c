/* SPDX-License-Identifier: BSD-2-Clause */
/* Where settings come from on this firmware: load options, a file beside the image, the firmware's own DHCP, SMBIOS. */
#include <string.h>

#include "efi/device_path.h"
#include "efi/home.h"
#include "efi/settings_text.h"
#include "loader/smbios.h"
#include "net/dhcp_options.h"
#include "platform/bytes.h"

#define LINE_MAX          (4 * KIB)
#define SMBIOS_ROOT_BYTES 64 /* more than either entry point structure has */

/* ---- the line ---- */

const char *sources_line(const char **odd)
{
    static char line[LINE_MAX];
    struct settings_text text = {.text = line, .size = sizeof line};
    settings_text_add_options(&text, firmware.loaded->LoadOptions,
                              firmware.loaded->LoadOptions ? firmware.loaded->LoadOptionsSize : 0);
    *odd = text.cut       ? "sanstrap: the settings are too long; their end is not read\n"
           : text.foreign ? "sanstrap: what is not ASCII in the settings is read as ?\n"
                          : NULL;
    return line;
}

/* ---- the file ---- */

static struct settings_file file;

static int read_beside_image(void)
{
    CHAR16 path[FILE_PATH_MAX];
    EFI_FILE_IO_INTERFACE *volume;
    EFI_FILE_HANDLE root;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;
    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_simple_file_system, (void **)&volume)) ||
        !firmware_path_beside_image(L"sanstrap.conf", path) || EFI_ERROR(volume->OpenVolume(volume, &root)))
        return SETTINGS_FILE_NONE;

    EFI_FILE_HANDLE handle;
    int length = SETTINGS_FILE_NONE;
    if (!EFI_ERROR(root->Open(root, &handle, path, EFI_FILE_MODE_READ, 0))) {
        UINTN size = sizeof file.bytes;
        length = EFI_ERROR(handle->Read(handle, &size, file.bytes)) ? SETTINGS_FILE_BROKEN : (int)size;
        handle->Close(handle);
    }
    root->Close(root);
    return length;
}

const struct settings_file *sources_file(void)
{
    int length = read_beside_image();
    if (length == SETTINGS_FILE_NONE) {
        if (!server_find_file(&file))
            http_find_file(&file);
        return &file;
    }
    memcpy(file.name, "sanstrap.conf", sizeof "sanstrap.conf");
    settings_file_open(&file, length);
    return &file;
}

/* ---- the firmware's DHCP ---- */

EFI_PXE_BASE_CODE_PROTOCOL *sources_pxe(bool ipv6)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe;
    EFI_HANDLE device = firmware.loaded->DeviceHandle;
    if (!device || EFI_ERROR(firmware.boot->HandleProtocol(device, &guid_pxe_base_code, (void **)&pxe)) || !pxe->Mode ||
        !pxe->Mode->DhcpAckReceived || !pxe->Mode->UsingIpv6 == ipv6)
        return NULL;
    return pxe;
}

/* A copy of one of the firmware's packets; NULL when it has not got it. */
static const uint8_t *copy_packet(EFI_PXE_BASE_CODE_PACKET *to, const EFI_PXE_BASE_CODE_PACKET *from, size_t *length)
{
    *length = from ? sizeof *to : 0;
    if (!from)
        return NULL;
    *to = *from;
    return to->Raw;
}

const uint8_t *sources_dhcp_ack(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET ack;
    const EFI_PXE_BASE_CODE_PROTOCOL *pxe = sources_pxe(false);
    return copy_packet(&ack, pxe ? &pxe->Mode->DhcpAck : NULL, length);
}

const uint8_t *sources_dhcp_discover(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET discover;
    const EFI_PXE_BASE_CODE_PROTOCOL *pxe = sources_pxe(false);
    return copy_packet(&discover, pxe && pxe->Mode->DhcpDiscoverValid ? &pxe->Mode->DhcpDiscover : NULL, length);
}

const uint8_t *sources_dhcp_reply(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET reply;
    const EFI_PXE_BASE_CODE_PROTOCOL *pxe = sources_pxe(false);
    return copy_packet(&reply, pxe && pxe->Mode->PxeReplyReceived ? &pxe->Mode->PxeReply : NULL, length);
}

const uint8_t *sources_dhcp_proxy(size_t *length)
{
    static EFI_PXE_BASE_CODE_PACKET proxy;
    const EFI_PXE_BASE_CODE_PROTOCOL *pxe = sources_pxe(false);
    return copy_packet(&proxy, pxe && pxe->Mode->ProxyOfferReceived ? &pxe->Mode->ProxyOffer : NULL, length);
}

void sources_begin_lease(uint8_t *lease)
{
    memcpy(lease, "\2\1\6", 3);
    memcpy(lease + DHCP_AT_COOKIE, "\x63\x82\x53\x63", 4);
    const EFI_DEVICE_PATH *device = firmware_path_of(firmware.loaded->DeviceHandle);
    const uint8_t *mac = device_path_node(device, NODE_TYPE_MESSAGING, NODE_MESSAGING_MAC);
    if (mac && device_path_node_length(mac) >= NODE_HEADER + NIC_MAC_LENGTH)
        memcpy(lease + DHCP_AT_CHADDR, mac + NODE_HEADER, NIC_MAC_LENGTH);
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
