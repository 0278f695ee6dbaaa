/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings from DHCP: the readers that loader/settings.def names. */
#include <string.h>

#include "loader/setting.h"
#include "loader/text.h"

/* The longest root path, and more than any other text. */
#define TEXT_MAX 576

/* Some servers count a string's NUL, or pad it. */
static size_t trimmed(const char *text, size_t length)
{
    while (length && (text[length - 1] == '\0' || text[length - 1] == ' '))
        length--;
    return length;
}

static void note_origin(struct settings *settings, const struct setting_row *row)
{
    settings->origin[row - setting_rows] = FROM_DHCP;
}

enum status settings_dhcp_text(struct settings *settings, const struct setting_row *row, const struct dhcp_message *message)
{
    char text[TEXT_MAX];
    int length = dhcp_option_get(message, row->dhcp.code, (uint8_t *)text, sizeof text);
    if (length <= 0)
        return OK;
    if (length > TEXT_MAX)
        return fail(E_DHCP_MESSAGE, "option %u (%s) has %d bytes, more than %u", row->dhcp.code, row->name, length, TEXT_MAX);

    note_origin(settings, row);
    return setting_store(settings, row, text, trimmed(text, (size_t)length));
}

/* One that cannot be is no reason not to boot: it is passed over. */
enum status settings_dhcp_hostname(struct settings *settings, const struct setting_row *row, const struct dhcp_message *message)
{
    char text[TEXT_MAX];
    int length = dhcp_option_get(message, row->dhcp.code, (uint8_t *)text, sizeof text);
    if (length > 0 && length <= TEXT_MAX && row->parse(settings->hostname, text, trimmed(text, (size_t)length)) == OK)
        note_origin(settings, row);
    return OK;
}

enum status settings_dhcp_drive(struct settings *settings, const struct setting_row *row, const struct dhcp_message *message)
{
    uint8_t drive;
    int length = dhcp_ipxe_option_get(message, row->dhcp.code, &drive, 1);
    if (length < 0)
        return OK;
    if (length != 1 || drive < DRIVE_MIN)
        return fail(E_SETTING_VALUE, "DHCP option 175.%u (drive) is one byte of 80h to FFh; found %d bytes, first %02xh",
                    row->dhcp.code, length, length ? drive : 0);

    settings->boot.drive = drive;
    note_origin(settings, row);
    return OK;
}

static enum status read_chap_text(const struct dhcp_message *message, uint8_t code, char to[ISCSI_SECRET_MAX + 1])
{
    char text[ISCSI_SECRET_MAX + 1];
    int length = dhcp_ipxe_option_get(message, code, (uint8_t *)text, sizeof text);
    if (length < 0)
        return OK;
    if ((size_t)length > sizeof text || !text_copy(to, ISCSI_SECRET_MAX + 1, text, trimmed(text, (size_t)length)))
        return fail(E_SETTING_VALUE, "DHCP option 175.%u is longer than %u bytes or holds a zero byte", code, ISCSI_SECRET_MAX);
    return OK;
}

enum status settings_dhcp_chap(struct settings *settings, const struct setting_row *row, const struct dhcp_message *message)
{
    struct iscsi_chap *chap = setting_member(settings, row);
    enum status status = read_chap_text(message, row->dhcp.code, chap->name);
    if (status == OK)
        status = read_chap_text(message, row->dhcp.second, chap->secret);
    if (chap->name[0] || chap->secret[0])
        note_origin(settings, row);
    return status;
}

enum status settings_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    enum status status = OK;
    for (unsigned i = 0; i < SETTING_COUNT && status == OK; i++)
        if (setting_rows[i].dhcp.read && settings->origin[i] <= FROM_DHCP)
            status = setting_rows[i].dhcp.read(settings, &setting_rows[i], message);
    return status;
}

bool settings_dhcp_has_root(const struct dhcp_message *message)
{
    char start[8];
    int length = dhcp_option_get(message, DHCP_ROOT_PATH, (uint8_t *)start, sizeof start);
    return length >= (int)sizeof start && root_path_is_iscsi(start, sizeof start);
}
