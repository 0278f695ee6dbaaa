/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap.conf: where it is looked for, and what its lines are. */
#include "loader/settings_file.h"

#include <string.h>

#include "loader/text.h"
#include "net/dhcp_options.h"
#include "platform/bytes.h"
#include "platform/format.h"

void settings_file_open(struct settings_file *file, int size)
{
    const uint8_t *bytes = (const uint8_t *)file->bytes;
    size_t length = size < 0 ? 0 : (size_t)size, width = 1, at = 0;
    file->lines = 1;
    file->length = 0;
    file->wrong = size < 0 ? "it did not come to its end" : length > SETTINGS_FILE_MAX ? "it is longer than 8192 bytes" : NULL;
    if (file->wrong)
        return;

    if (length >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE) /* the UEFI shell's `>` and `edit`, and Windows' */
        at = width = 2;
    else if (length >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF)
        at = 3;

    for (; at + width <= length; at += width) {
        unsigned code = width == 2 ? get_le16(bytes + at) : bytes[at];
        if (code == '\n') {
            code = '\0';
            file->lines++;
        } else if (code == '\t' || code == '\r') {
            code = ' ';
        } else if (code < ' ' || code == 0x7F) {
            file->wrong = "this is no text";
            return;
        } else if (width == 2 && code > 0x7F) {
            code = '?';
        }
        file->bytes[file->length++] = (char)code;
    }
    file->bytes[file->length] = '\0';
}

/* ---- the search ---- */

struct search {
    struct settings_file *file;
    settings_file_reader *read;
    deadline_t deadline;
    char folder[SETTINGS_FILE_NAME_MAX + 1];
};

/* True when the search is over. */
static bool try_name(struct search *search, const char *name)
{
    struct settings_file *file = search->file;
    bool is_whole = name[0] == '/' || strchr(name, ':'); /* a path, or a URL for iPXE */
    size_t length = format_text(file->name, sizeof file->name, "%s%s", is_whole ? "" : search->folder, name);
    if (length >= sizeof file->name - 1)
        return false;
    if (deadline_passed(search->deadline)) {
        file->unanswered = true;
        file->name[0] = '\0';
        return true;
    }

    int size = search->read(file->name, file->bytes, sizeof file->bytes);
    if (size == SETTINGS_FILE_NONE)
        return false;
    settings_file_open(file, size);
    return true;
}

/* As the tools of an operating system show it: the first three fields are little endian in SMBIOS (DSP0134, 7.2.1). */
static bool try_uuid(struct search *search, const uint8_t uuid[16])
{
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char name[64];
    size_t at = format_text(name, sizeof name, "sanstrap.cfg/");
    for (unsigned i = 0; i < 16; i++)
        at += format_text(name + at, sizeof name - at, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[order[i]]);
    return !bytes_are_zero(uuid, 16) && try_name(search, name);
}

static bool try_lease(struct search *search, const uint8_t *lease)
{
    const uint8_t *mac = lease + DHCP_AT_CHADDR, *address = lease + DHCP_AT_YIADDR;
    char name[40];
    format_text(name, sizeof name, "sanstrap.cfg/01-%02x-%02x-%02x-%02x-%02x-%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                mac[5]);
    if (try_name(search, name))
        return true;

    if (bytes_are_zero(address, 4))
        return false; /* the image came by IPv6 */
    size_t end = format_text(name, sizeof name, "sanstrap.cfg/%02X%02X%02X%02X", address[0], address[1], address[2], address[3]);
    for (unsigned digits = 8; digits; digits--, name[--end] = '\0')
        if (try_name(search, name))
            return true;
    return false;
}

/* A text of the message's, "" when there is none, or it is too long. */
static void read_text(const struct dhcp_message *message, uint8_t code, char to[SETTINGS_FILE_NAME_MAX + 1])
{
    char text[SETTINGS_FILE_NAME_MAX];
    int length = dhcp_option_get(message, code, (uint8_t *)text, sizeof text);
    size_t used = length > 0 && length <= (int)sizeof text ? strnlen(text, (size_t)length) : 0;
    text_copy(to, SETTINGS_FILE_NAME_MAX + 1, text, used);
}

/* The boot file's name without what follows its last separator. */
static void find_folder(const struct dhcp_message *message, char folder[SETTINGS_FILE_NAME_MAX + 1])
{
    const char *field = (const char *)message->bytes + DHCP_AT_FILE;
    size_t length = message->overload & 1 ? 0 : strnlen(field, SETTINGS_FILE_NAME_MAX);
    text_copy(folder, SETTINGS_FILE_NAME_MAX + 1, field, length);
    if (!length)
        read_text(message, DHCP_BOOT_FILE, folder);
    for (length = strlen(folder); length && folder[length - 1] != '/' && folder[length - 1] != '\\'; length--)
        folder[length - 1] = '\0';
}

static bool open_answer(struct dhcp_message *message, const uint8_t *bytes, size_t length)
{
    return bytes && !dhcp_message_open(message, bytes, length);
}

void settings_file_server(const struct settings_file_owner *owner, uint8_t server[4])
{
    struct dhcp_message named;
    memset(server, 0, 4);
    if (!open_answer(&named, owner->named, owner->named_length) && !open_answer(&named, owner->lease, owner->lease_length))
        return;
    memcpy(server, named.bytes + DHCP_AT_SIADDR, 4);
    if (bytes_are_zero(server, 4))
        dhcp_option_get(&named, DHCP_SERVER_ID, server, 4);
}

/* The answer that names the boot file, and the one with the lease. */
static bool open_answers(const struct settings_file_owner *owner, struct dhcp_message *lease, struct dhcp_message *named)
{
    if (!open_answer(lease, owner->lease, owner->lease_length))
        return false;
    if (!open_answer(named, owner->named, owner->named_length))
        *named = *lease;
    return true;
}

void settings_file_folder(const struct settings_file_owner *owner, char folder[SETTINGS_FILE_NAME_MAX + 1])
{
    struct dhcp_message lease, named;
    folder[0] = '\0';
    if (open_answers(owner, &lease, &named))
        find_folder(&named, folder);
}

void settings_file_find(struct settings_file *file, const struct settings_file_owner *owner, settings_file_reader *read)
{
    struct search search = {.file = file, .read = read, .deadline = deadline_after_ms(SETTINGS_SEARCH_MS)};
    struct dhcp_message lease, named;
    if (!open_answers(owner, &lease, &named))
        return;

    char name[SETTINGS_FILE_NAME_MAX + 1];
    read_text(&lease, DHCP_PATH_PREFIX, search.folder);
    if (!search.folder[0] && !owner->relative)
        find_folder(&named, search.folder);
    read_text(&lease, DHCP_CONFIG_FILE, name);
    if ((name[0] && try_name(&search, name)) || try_uuid(&search, owner->uuid) || try_lease(&search, lease.bytes) ||
        try_name(&search, "sanstrap.cfg/default") || try_name(&search, "sanstrap.conf"))
        return;
    file->name[0] = '\0';
}
