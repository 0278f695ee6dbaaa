/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings from DHCP: the readers that loader/settings.def names. */
#include <string.h>

#include "loader/command_line.h"
#include "loader/setting.h"
#include "loader/text.h"
#include "platform/format.h"

/* The longest root path, and more than any other text; and of option 224, which has several. */
#define TEXT_MAX  576
#define WORDS_MAX 1024

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

enum status settings_dhcp_file(struct settings *settings, const struct setting_row *row, const struct dhcp_message *message)
{
    char text[BOOT_FILES_MAX + 1];
    int length = dhcp_ipxe_option_get(message, row->dhcp.code, (uint8_t *)text, sizeof text);
    if (length <= 0)
        return OK;
    note_origin(settings, row);
    return setting_store(settings, row, text, length > BOOT_FILES_MAX ? (size_t)length : trimmed(text, (size_t)length));
}

static bool is_switched_on(const struct dhcp_message *message, uint8_t code)
{
    uint8_t on = 0;
    return dhcp_ipxe_option_get(message, code, &on, 1) == 1 && on;
}

/* iPXE's two switches: publish only; keep the disk when it does not boot. */
enum status settings_dhcp_boot(struct settings *settings, const struct setting_row *row, const struct dhcp_message *message)
{
    bool skip = is_switched_on(message, row->dhcp.code);
    if (!skip && !is_switched_on(message, row->dhcp.second))
        return OK;
    settings->home.boot = skip ? BOOT_NO : BOOT_AUTO;
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

/* Option 224; "" and false when it holds somebody else's bytes: sites may give it another meaning (RFC 3942). */
static bool read_words(const struct dhcp_message *message, char words[WORDS_MAX + 1])
{
    int length = dhcp_option_get(message, DHCP_SETTINGS, (uint8_t *)words, WORDS_MAX);
    size_t used = length > 0 && length <= WORDS_MAX ? trimmed(words, (size_t)length) : 0;
    words[used] = '\0';
    bool good = length <= WORDS_MAX && strlen(words) == used && text_is_printable(words, used);
    if (!good)
        words[0] = '\0';
    return good;
}

enum status settings_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    char words[WORDS_MAX + 1];
    if (!read_words(message, words) && !settings->lenient)
        log_printf(LOG_WARNING, "DHCP option 224 is no text of at most %u bytes, and passed over", WORDS_MAX);
    enum status status = command_line_store(settings, words, FROM_DHCP_TEXT);
    bytes_wipe(words, sizeof words);
    for (unsigned i = 0; i < SETTING_COUNT && (status == OK || settings->lenient); i++)
        if (setting_rows[i].dhcp.read && settings->origin[i] <= FROM_DHCP)
            status = setting_rows[i].dhcp.read(settings, &setting_rows[i], message);
    return status;
}

bool settings_dhcp_has_root(const struct dhcp_message *message)
{
    char start[8], words[WORDS_MAX + 1];
    int length = dhcp_option_get(message, DHCP_ROOT_PATH, (uint8_t *)start, sizeof start);
    if (length >= (int)sizeof start && root_path_is_iscsi(start, sizeof start))
        return true;

    const char *line = words;
    struct word word;
    bool found = false;
    read_words(message, words);
    while (!found && command_line_next(&line, &word))
        found = setting_named(word.name) == &setting_rows[SETTING_ROOT] && root_path_is_iscsi(word.value, word.value_length);
    return found;
}

/* A root path that is none of ours is for somebody else, and so may be what stands beside it. */
static bool may_go_before(const struct dhcp_message *proxy, const struct dhcp_message *ack, bool has_root)
{
    return !memcmp(proxy->bytes + DHCP_AT_CHADDR, ack->bytes + DHCP_AT_CHADDR, NIC_MAC_LENGTH) &&
           (has_root ? settings_dhcp_has_root(proxy) : dhcp_option_get(proxy, DHCP_ROOT_PATH, NULL, 0) < 0);
}

const char *settings_open_rom_answers(const struct machine *machine, struct dhcp_message *ack, struct dhcp_message *proxy)
{
    const uint8_t *const answers[] = {machine->cached_reply, machine->cached_proxy};
    const size_t lengths[] = {machine->cached_reply_length, machine->cached_proxy_length};
    const char *why = machine->cached_ack ? dhcp_message_open(ack, machine->cached_ack, machine->cached_ack_length) : "none";

    for (unsigned i = 0; i < 4 && !why && !ack->proxy; i++)
        if (answers[i & 1] && !dhcp_message_open(proxy, answers[i & 1], lengths[i & 1]) && may_go_before(proxy, ack, i < 2))
            ack->proxy = proxy;
    return why;
}
