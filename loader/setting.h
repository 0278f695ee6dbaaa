/* SPDX-License-Identifier: BSD-2-Clause */
/* A row of loader/settings.def as the code sees it, and what its columns name; private to the settings. */
#ifndef SANSTRAP_SETTING_H
#define SANSTRAP_SETTING_H

#include "loader/settings.h"

struct setting_row;

/*
 * Reads a value and stores it at `to`, which the column `where` says. OK; E_SETTING_VALUE, with nothing stored and nothing
 * recorded, as setting_store() knows name and form; or another status, recorded and marked.
 */
typedef enum status setting_parser(void *to, const char *value, size_t length);

/* Takes a setting from a DHCP message that may hold it, with its origin. The failures are those of settings_from_dhcp(). */
typedef enum status setting_dhcp_reader(struct settings *settings, const struct setting_row *row,
                                        const struct dhcp_message *message);

struct setting_row {
    const char *name, *preset, *form, *help;
    setting_parser *parse;
    struct {
        setting_dhcp_reader *read; /* NULL: not from an option of its own, or it is in the lease */
        uint8_t code, second;      /* of the message, or of option 175 in it: the reader knows; without reader see below */
    } dhcp;
    uint16_t where; /* offset in struct settings */
};

static inline void *setting_member(struct settings *settings, const struct setting_row *row)
{
    return (char *)settings + row->where;
}

/* By enum setting. */
extern const struct setting_row setting_rows[SETTING_COUNT];

/* NULL when no setting has this name, or goes by it elsewhere. */
const struct setting_row *setting_named(const char *name);

/* False when it is obeyed before a DHCP server's answer is read: option 224 cannot set it. */
static inline bool setting_may_come_by_dhcp(const struct setting_row *row)
{
    return row->dhcp.read || !row->dhcp.code;
}

/* All at their defaults, from nowhere. */
void settings_set_defaults(struct settings *settings);

/* True, with `origin` noted, when nothing of a higher one has set it. */
static inline bool setting_note_origin(struct settings *settings, enum setting setting, enum origin origin)
{
    if (settings->origin[setting] > origin)
        return false;
    settings->origin[setting] = origin;
    return true;
}

/* Stores a value as it would be typed, or as DHCP gives it. The failures are those of settings_begin(). */
enum status setting_store(struct settings *settings, const struct setting_row *row, const char *value, size_t length);

/* Puts a piece of `text` around `offset` into the mark. */
void settings_mark(struct settings *settings, const char *text, size_t length, size_t offset);

/* value*.c and settings_dhcp.c */
#define SETTING(symbol, name, parser, where, preset, form, dhcp, help) setting_parser parser;
#include "loader/settings.def"
#undef SETTING
setting_dhcp_reader settings_dhcp_text, settings_dhcp_hostname, settings_dhcp_drive, settings_dhcp_boot, settings_dhcp_file,
    settings_dhcp_chap;

#endif
