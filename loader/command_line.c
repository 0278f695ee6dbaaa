/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: its words, and what they set. */
#include "loader/command_line.h"

#include <string.h>

#include "loader/setting.h"
#include "loader/text.h"
#include "platform/bytes.h"
#include "platform/format.h"

static bool is_blank(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static void add_character(struct word *word, size_t *name_length, char character)
{
    if (!word->has_value) {
        if (*name_length < WORD_NAME_MAX)
            word->name[(*name_length)++] = character;
    } else if (word->value_length < WORD_VALUE_MAX) {
        word->value[word->value_length++] = character;
    } else {
        word->error = "the value is too long";
    }
}

bool command_line_next(const char **line, struct word *word)
{
    const char *at = *line;
    while (is_blank(*at))
        at++;
    memset(word, 0, sizeof *word);
    if (!*at)
        return false;

    size_t name_length = 0;
    bool quoted = false;
    for (; *at && (quoted || !is_blank(*at)); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '=' && !word->has_value)
            word->has_value = true;
        else if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
            add_character(word, &name_length, *++at);
        else
            add_character(word, &name_length, *at);
    }

    if (quoted)
        word->error = "a quote is not closed";
    *line = at;
    return true;
}

/* What boot loaders add by themselves, by how it begins: pxelinux's SYSAPPEND has twenty names. */
static bool is_boot_loaders(const char *name)
{
    static const char beginnings[] = "BOOT_IMAGE\0initrd\0vga\0SYS\0MB\0BIOS\0CPU\0";
    for (const char *one = beginnings; *one; one += strlen(one) + 1)
        if (!strncmp(name, one, strlen(one)))
            return true;
    return false;
}

/*
 * pxelinux's IPAPPEND 2 adds the card that it was loaded by: BOOTIF=01-52-54-00-12-34-56, the hardware type before the MAC. nic=
 * goes first.
 */
static bool store_bootif(struct settings *settings, const struct word *word)
{
    if (strcmp(word->name, "BOOTIF"))
        return false;
    if (settings->origin[SETTING_NIC] == FROM_DEFAULT && word->value_length == 20 && !strncmp(word->value, "01-", 3) &&
        text_parse_mac(word->value + 3, 17, settings->nic_mac))
        settings->nic_choice = NIC_BY_MAC;
    return true;
}

/* username=, password=, and both with reverse-: iPXE's names for the halves of chap= and mutual=. False when it is none of them.
 */
static bool store_account(struct settings *settings, const struct word *word, enum origin origin, enum status *status)
{
    bool reverse = !strncmp(word->name, "reverse-", 8);
    const char *name = word->name + (reverse ? 8 : 0);
    bool is_secret = !strcmp(name, "password");
    if (!is_secret && strcmp(name, "username"))
        return false;

    enum setting setting = reverse ? SETTING_MUTUAL : SETTING_CHAP;
    struct iscsi_chap *chap = reverse ? &settings->mutual : &settings->chap;
    if (settings->origin[setting] < origin)
        bytes_wipe(chap, sizeof *chap);
    if (setting_note_origin(settings, setting, origin) &&
        !text_copy(is_secret ? chap->secret : chap->name, sizeof chap->secret, word->value, word->value_length))
        *status = fail(E_SETTING_VALUE, "%s= takes at most 255 bytes", word->name);
    return true;
}

static void pass_over(const struct settings *settings, const char *name, const char *why)
{
    if (!settings->lenient)
        log_printf(LOG_WARNING, "DHCP option 224: %s= %s, and is passed over", name, why);
}

/* Only the name is kept: the value may be a secret whose setting was misspelt. */
static enum status unknown(struct settings *settings, const char *name, enum origin origin)
{
    if (origin == FROM_FILE)
        return fail(E_SETTING_UNKNOWN, "%s= is no setting", name);
    if (origin == FROM_DHCP_TEXT)
        pass_over(settings, name, "is no setting");
    else if (settings->unknown_count < UNKNOWN_MAX)
        format_text(settings->unknown[settings->unknown_count++], UNKNOWN_LENGTH + 1, "%s", name);
    return OK;
}

/* A field is one of dracut's ways to IPv6, which is begun when the target needs it. */
static bool asks_for_ipv6(const char *value)
{
    const char *end;
    for (const char *field = value; field; field = end ? end + 1 : NULL) {
        end = strchr(field, ':');
        size_t length = end ? (size_t)(end - field) : strlen(field);
        if (text_is(field, length, "auto6") || text_is(field, length, "dhcp6") || text_is(field, length, "link6"))
            return true;
    }
    return false;
}

/* dracut's roots by NFS and NBD, or "as DHCP says"; and the address of an iBFT, which firmware-ibft= takes. */
static bool says_nothing(const struct word *word)
{
    return (!strcmp(word->name, "netroot") && !root_path_is_iscsi(word->value, word->value_length)) ||
           (!strcmp(word->name, "ip") && (text_is(word->value, word->value_length, "ibft") || asks_for_ipv6(word->value)));
}

/* What stands before the next colon outside of brackets, and without those. */
static char *take_field(char **rest)
{
    char *field = *rest, *bracket = *field == '[' ? strchr(field, ']') : NULL;
    char *colon = strchr(bracket ? bracket : field, ':');
    *rest = colon ? colon + 1 : strchr(field, '\0');
    if (colon)
        *colon = '\0';
    if (!bracket)
        return field;
    *bracket = '\0';
    return field + 1;
}

/* dracut's static IPv6 address: ip=[<client>]:<server>:[<gateway>]:<prefix length>:… */
static enum status store_linux_ip6(struct settings *settings, struct word *word, enum origin origin)
{
    char text[100], *rest = word->value, *client = take_field(&rest);
    take_field(&rest);
    char *gateway = take_field(&rest);
    size_t length = format_text(text, sizeof text, "%s/%s", client, take_field(&rest));
    if (length >= sizeof text)
        length = sizeof text - 1; /* cut it is no address, either */

    enum status status = OK;
    if (setting_note_origin(settings, SETTING_IP6, origin))
        status = setting_store(settings, &setting_rows[SETTING_IP6], text, length);
    bool is_free = bytes_are_zero(settings->static_ipv6.gateway, 16) || settings->gateway6_by_ip;
    if (status == OK && *gateway && is_free && setting_note_origin(settings, SETTING_GATEWAY, origin)) {
        status = setting_store(settings, &setting_rows[SETTING_GATEWAY], gateway, strlen(gateway));
        settings->gateway6_by_ip = true;
    }
    return status;
}

/* Up to the second colon, or all of it. */
static size_t account_length(const char *text, size_t length)
{
    unsigned colons = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] == ':' && ++colons == 2)
            return i;
    return length;
}

static enum status store_chap(struct settings *settings, enum setting setting, enum origin origin, const char *text,
                              size_t length)
{
    return setting_note_origin(settings, setting, origin) ? setting_store(settings, &setting_rows[setting], text, length) : OK;
}

/*
 * dracut's root path may say the accounts, ours and then the target's: iscsi:<name>:<secret>[:<name>:<secret>]@<server>:…
 * They are taken out. Neither servers nor names of targets have an @; a secret may.
 */
static enum status store_accounts(struct settings *settings, struct word *word, enum origin origin)
{
    size_t start = strlen("iscsi:"), end = word->value_length;
    while (end > start && word->value[end - 1] != '@')
        end--;
    if (end == start || !root_path_is_iscsi(word->value, word->value_length))
        return OK;

    const char *accounts = word->value + start;
    size_t length = end - 1 - start, ours = account_length(accounts, length);
    enum status status = store_chap(settings, SETTING_CHAP, origin, accounts, ours);
    if (status == OK && ours < length)
        status = store_chap(settings, SETTING_MUTUAL, origin, accounts + ours + 1, length - ours - 1);

    memmove(word->value + start, word->value + end, word->value_length + 1 - end);
    word->value_length -= end - start;
    return status;
}

static enum status store_word(struct settings *settings, struct word *word, enum origin origin)
{
    enum status status = OK;
    if (!word->has_value)
        return origin == FROM_FILE ? fail(E_SETTING_VALUE, "%s is not <name>=<value>", word->name) : OK;
    if (is_boot_loaders(word->name) || store_bootif(settings, word))
        return OK;
    if (word->error)
        return fail(E_SETTING_VALUE, "%s=: %s", word->name, word->error);
    if (store_account(settings, word, origin, &status))
        return status;

    const struct setting_row *row = setting_named(word->name);
    if (!row)
        return unknown(settings, word->name, origin);
    if (says_nothing(word))
        return OK;
    if (row == &setting_rows[SETTING_IP] && word->value[0] == '[' && origin != FROM_DHCP_TEXT)
        return store_linux_ip6(settings, word, origin);
    if (origin == FROM_DHCP_TEXT && !setting_may_come_by_dhcp(row)) {
        pass_over(settings, row->name, "comes too late there");
        return OK;
    }
    if (!setting_note_origin(settings, (enum setting)(row - setting_rows), origin))
        return OK;
    if (row == &setting_rows[SETTING_ROOT])
        status = store_accounts(settings, word, origin);
    return status == OK ? setting_store(settings, row, word->value, word->value_length) : status;
}

enum status command_line_store(struct settings *settings, const char *line, enum origin origin)
{
    struct word word;
    enum status status = OK;
    while (command_line_next(&line, &word)) {
        if (origin == FROM_FILE && word.name[0] == '#')
            break;
        status = store_word(settings, &word, origin);
        if (status != OK && !settings->lenient)
            return status;
    }
    return OK;
}

bool command_line_asks_for_help(const char *line)
{
    struct word word;
    while (command_line_next(&line, &word))
        if (!word.has_value && !strcmp(word.name, "help"))
            return true;
    return false;
}

/* All of the settings, of which the home's are kept: there is room, and no second reader. */
void loader_home_options(const struct machine *machine, struct home_options *options)
{
    static struct settings settings;
    settings_set_defaults(&settings);
    settings.lenient = true;
    command_line_store(&settings, machine->command_line, FROM_COMMAND_LINE);
    settings_from_file(&settings, machine->file);

    struct dhcp_message message, proxy;
    bool known = !settings_open_rom_answers(machine, &message, &proxy);
    if (known)
        settings_from_dhcp(&settings, &message);
    *options = settings.home;
    options->boot_open = settings.origin[SETTING_BOOT] <= FROM_DHCP_TEXT && settings.ipv4 == IPV4_DHCP &&
                         !(known && settings_dhcp_has_root(&message));
    bytes_wipe(&settings, sizeof settings);
}
