/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap.conf, and the driver, from the server that the firmware's PXE client loaded us from. */
#include <string.h>

#include "efi/boot_url.h"
#include "efi/home.h"
#include "loader/dhcp6_boot_file.h"
#include "net/dhcp_options.h"
#include "platform/format.h"

static EFI_PXE_BASE_CODE_PROTOCOL *pxe;
static EFI_IP_ADDRESS server;
static char folder_url[BOOT_URL_MAX]; /* newer iPXE's, whose Mtftp() takes URLs as well; "": files are named to the server */

/*
 * What Mtftp() says of a file that is larger than the buffer (UEFI 2.10, 24.3.1), and iPXE, whose Mtftp() does not say either how
 * much it has read: a text has no zeros at its end.
 */
static bool is_too_long(EFI_STATUS status)
{
    return status == EFI_BUFFER_TOO_SMALL || status == EFI_VOLUME_FULL;
}

static int read_file(const char *name, void *to, size_t size)
{
    static char path[BOOT_URL_MAX];
    UINT64 length = size;
    if (folder_url[0] && !boot_url_of(folder_url, name, path))
        return SETTINGS_FILE_NONE;
    if (!folder_url[0])
        format_text(path, sizeof path, "%s", name);
    memset(to, 0, size);

    EFI_STATUS status =
        pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_READ_FILE, to, FALSE, &length, NULL, &server, (UINT8 *)path, NULL, FALSE);
    if (EFI_ERROR(status))
        return is_too_long(status) ? (int)size : SETTINGS_FILE_NONE;
    if (length >= size)
        for (length = size; length && !((const char *)to)[length - 1];)
            length--;
    return (int)length;
}

/* The answer that named the boot file: a boot server's, a proxy's, or the one with the address. */
static const EFI_PXE_BASE_CODE_PACKET *boot_answer(const EFI_PXE_BASE_CODE_MODE *mode)
{
    if (mode->PxeReplyReceived)
        return &mode->PxeReply;
    return mode->ProxyOfferReceived ? &mode->ProxyOffer : &mode->DhcpAck;
}

static bool find_owner_by_ipv4(struct settings_file_owner *owner)
{
    const EFI_PXE_BASE_CODE_PACKET *named = boot_answer(pxe->Mode);
    *owner = (struct settings_file_owner){.lease = pxe->Mode->DhcpAck.Raw,
                                          .lease_length = sizeof pxe->Mode->DhcpAck,
                                          .named = named->Raw,
                                          .named_length = sizeof *named};
    settings_file_server(owner, server.v4.Addr);
    owner->relative = folder_url[0];
    return true;
}

/* DHCPv6 has no fields for MAC address and boot file: they are put where DHCP has them. */
static bool find_owner_by_ipv6(struct settings_file_owner *owner)
{
    static uint8_t lease[DHCP_OPTIONS_START];
    char *path = (char *)lease + DHCP_AT_FILE;
    const EFI_PXE_BASE_CODE_PACKET *named = boot_answer(pxe->Mode), *ack = &pxe->Mode->DhcpAck;
    if (!dhcp6_boot_file(named->Raw, sizeof *named, server.v6.Addr, path, SETTINGS_FILE_NAME_MAX) &&
        !dhcp6_boot_file(ack->Raw, sizeof *ack, server.v6.Addr, path, SETTINGS_FILE_NAME_MAX))
        return false;

    sources_begin_lease(lease);
    *owner = (struct settings_file_owner){.lease = lease, .lease_length = sizeof lease};
    return true;
}

/* Of the client that has loaded us. False when there is none, and `pxe` is NULL, or it has not said which server. */
static bool find_owner(struct settings_file_owner *owner)
{
    pxe = sources_pxe(false);
    if (!boot_url_folder(firmware_path_of(firmware.loaded->DeviceHandle), folder_url))
        folder_url[0] = '\0';
    if (pxe)
        return find_owner_by_ipv4(owner);
    pxe = sources_pxe(true);
    return pxe && find_owner_by_ipv6(owner);
}

bool server_find_file(struct settings_file *file)
{
    struct settings_file_owner owner;
    if (find_owner(&owner)) {
        sources_uuid(owner.uuid);
        settings_file_find(file, &owner, read_file);
    }
    return pxe != NULL;
}

size_t server_read_beside(const char *name, void *to, size_t size)
{
    struct settings_file_owner owner;
    char folder[SETTINGS_FILE_NAME_MAX + 1], path[SETTINGS_FILE_NAME_MAX + 1];
    if (!find_owner(&owner))
        return 0;
    settings_file_folder(&owner, folder);
    if (folder_url[0])
        folder[0] = '\0';
    size_t length = format_text(path, sizeof path, "%s%s", folder, name);
    int found = length < sizeof path - 1 ? read_file(path, to, size) : 0;
    return found > 0 ? (size_t)found : 0;
}
