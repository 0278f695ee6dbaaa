/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: its words, and what they set. */
#include "loader/command_line.h"

#include <string.h>

#include "loader/setting.h"
#include "loader/text.h"
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

static bool is_boot_loaders(const char *name)
{
    return !strcmp(name, "BOOT_IMAGE") || !strcmp(name, "initrd") || !strcmp(name, "vga");
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

/* Only the name is kept: the value may be a secret whose setting was misspelt. */
static void note_unknown(struct settings *settings, const char *name)
{
    if (settings->unknown_count < UNKNOWN_MAX)
        format_text(settings->unknown[settings->unknown_count++], UNKNOWN_LENGTH + 1, "%s", name);
}

static enum status store_word(struct settings *settings, const struct word *word)
{
    if (word->error)
        return fail(E_SETTING_VALUE, "%s=: %s", word->name, word->error);
    const struct setting_row *row = setting_named(word->name);
    if (!row) {
        note_unknown(settings, word->name);
        return OK;
    }

    settings->origin[row - setting_rows] = FROM_COMMAND_LINE;
    return setting_store(settings, row, word->value, word->value_length);
}

enum status command_line_parse(struct settings *settings, const char *line)
{
    struct word word;
    enum status status = OK;
    while (status == OK && command_line_next(&line, &word))
        if (word.has_value && !is_boot_loaders(word.name) && !store_bootif(settings, &word))
            status = store_word(settings, &word);
    return status;
}

bool command_line_asks_for_help(const char *line)
{
    struct word word;
    while (command_line_next(&line, &word))
        if (!word.has_value && !strcmp(word.name, "help"))
            return true;
    return false;
}

void loader_home_options(const char *command_line, struct home_options *options)
{
    memset(options, 0, sizeof *options);
    for (const struct setting_row *row = setting_rows; row < setting_rows + SETTING_COUNT; row++)
        if (setting_is_homes(row))
            setting_store_for_home(options, row, row->preset, strlen(row->preset));

    struct word word;
    while (command_line_next(&command_line, &word)) {
        const struct setting_row *row = word.has_value && !word.error ? setting_named(word.name) : NULL;
        if (row && setting_is_homes(row))
            setting_store_for_home(options, row, word.value, word.value_length);
    }
}
