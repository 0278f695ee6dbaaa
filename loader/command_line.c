/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/command_line.h"

#include <string.h>

#include "loader/text.h"
#include "loader/value.h"
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
    size_t name_length = 0;
    bool quoted = false;
    while (is_blank(*at))
        at++;
    memset(word, 0, sizeof *word);
    if (!*at)
        return false;
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

/* A setting's name and what takes its value. */
struct entry {
    const char *name;
    enum setting setting;
    const char *(*take)(struct settings *settings, const char *value, size_t length);
};

static const struct entry entries[] = {
    {"lun", SETTING_LUN, take_lun},
    {"chap", SETTING_CHAP, take_chap},
    {"mutual", SETTING_MUTUAL, take_mutual},
    {"ip", SETTING_IP, take_ip},
    {"ip6", SETTING_IP6, take_ip6},
    {"gateway", SETTING_GATEWAY, take_gateway},
    {"dns", SETTING_DNS, take_dns},
    {"hostname", SETTING_HOSTNAME, take_hostname},
    {"drive", SETTING_DRIVE, take_drive},
    {"boot", SETTING_BOOT, take_boot},
    {"file", SETTING_FILE, take_file},
    {"nic", SETTING_NIC, take_nic},
    {"mac", SETTING_MAC, take_mac},
    {"mtu", SETTING_MTU, take_mtu},
    {"vlan", SETTING_VLAN, take_vlan},
    {"rings", SETTING_RINGS, take_rings},
    {"memory", SETTING_MEMORY, take_memory},
    {"serial", SETTING_SERIAL, take_serial},
    {"log", SETTING_LOG, take_log},
    {"link-timeout", SETTING_LINK_TIMEOUT, take_link_timeout},
    {"dhcp-timeout", SETTING_DHCP_TIMEOUT, take_dhcp_timeout},
    {"timeout", SETTING_TIMEOUT, take_timeout},
    {"recovery", SETTING_RECOVERY, take_recovery},
    {"retry", SETTING_RETRY, take_retry},
    {"handoff", SETTING_HANDOFF, take_handoff},
    {"ibft-gateway", SETTING_IBFT_GATEWAY, take_ibft_gateway},
    {"firmware-ibft", SETTING_FIRMWARE_IBFT, take_firmware_ibft},
};

static const struct entry *find_entry(const char *name)
{
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (!strcmp(entries[i].name, name))
            return &entries[i];
    return NULL;
}

static bool is_boot_loaders(const char *name)
{
    return !strcmp(name, "BOOT_IMAGE") || !strcmp(name, "initrd") || !strcmp(name, "vga");
}

/*
 * pxelinux's IPAPPEND 2 adds the card that it was loaded by: BOOTIF=01-52-54-00-12-34-56, the hardware type before the MAC. nic=
 * goes first.
 */
static bool take_bootif(struct settings *settings, const struct word *word)
{
    if (strcmp(word->name, "BOOTIF"))
        return false;
    if (settings->origin[SETTING_NIC] == FROM_DEFAULT && word->value_length == 20 && !strncmp(word->value, "01-", 3) &&
        parse_mac(word->value + 3, 17, settings->nic_mac))
        settings->nic_choice = NIC_BY_MAC;
    return true;
}

/* Only the name is kept: the value may be a secret whose setting was misspelt. */
static void note_unknown(struct settings *settings, const char *name)
{
    if (settings->unknown_count < UNKNOWN_MAX)
        format_text(settings->unknown[settings->unknown_count++], UNKNOWN_LENGTH + 1, "%s", name);
}

static enum status take_word(struct settings *settings, const struct word *word, enum setting *setting)
{
    if (word->error)
        return fail(E_SETTING_VALUE, "%s=: %s", word->name, word->error);
    if (!strcmp(word->name, "root")) {
        *setting = SETTING_ROOT;
        return settings_set_root(settings, word->value, word->value_length);
    }
    if (!strcmp(word->name, "initiator")) {
        *setting = SETTING_INITIATOR;
        return settings_set_initiator(settings, word->value, word->value_length);
    }
    const struct entry *entry = find_entry(word->name);
    if (!entry) {
        note_unknown(settings, word->name);
        return OK;
    }
    *setting = entry->setting;
    const char *expected = entry->take(settings, word->value, word->value_length);
    if (!expected)
        return OK;
    if (entry->setting != SETTING_CHAP && entry->setting != SETTING_MUTUAL)
        settings_mark(settings, word->value, word->value_length, 0);
    return fail(E_SETTING_VALUE, "%s= takes %s", word->name, expected);
}

enum status command_line_parse(struct settings *settings, const char *line)
{
    struct word word;
    while (command_line_next(&line, &word)) {
        enum setting setting = SETTING_COUNT;
        if (!word.has_value || is_boot_loaders(word.name) || take_bootif(settings, &word))
            continue;
        enum status status = take_word(settings, &word, &setting);
        if (setting != SETTING_COUNT)
            settings->origin[setting] = FROM_COMMAND_LINE;
        if (status != OK)
            return status;
    }
    return OK;
}

void loader_home_options(const char *command_line, struct home_options *options)
{
    struct word word;
    *options = (struct home_options){
        .memory = DEFAULT_MEMORY, .serial_port = DEFAULT_SERIAL_PORT, .serial_baud = DEFAULT_SERIAL_BAUD, .log = DEFAULT_LOG};
    while (command_line_next(&command_line, &word)) {
        if (word.error || !word.has_value)
            continue;
        if (!strcmp(word.name, "memory"))
            home_memory(options, word.value, word.value_length);
        else if (!strcmp(word.name, "serial"))
            home_serial(options, word.value, word.value_length);
        else if (!strcmp(word.name, "log"))
            home_log(options, word.value, word.value_length);
        else if (!strcmp(word.name, "boot"))
            home_boot(options, word.value, word.value_length);
    }
}
