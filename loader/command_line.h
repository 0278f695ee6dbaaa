/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: words between blanks, each `name=value`. Double quotes keep blanks together, inside them \" and \\ stand for
 * themselves. The word `help` asks for the table of settings; other words without '=' and those that boot loaders add are
 * passed over. Lines of sanstrap.conf and the text of DHCP's option 224 have the same words.
 */
#ifndef SANSTRAP_COMMAND_LINE_H
#define SANSTRAP_COMMAND_LINE_H

#include "loader/settings.h"

#define WORD_NAME_MAX  24
#define WORD_VALUE_MAX 575 /* the longest: a root path with a host and a target name at their limits */

struct word {
    char name[WORD_NAME_MAX + 1];   /* cut when longer, which no setting is */
    char value[WORD_VALUE_MAX + 1]; /* quotes and backslashes resolved */
    size_t value_length;
    bool has_value;    /* there was a '=' */
    const char *error; /* an open quote, or a value that is too long; NULL when sound */
};

/* Takes the next word from *line, which moves behind it. False at the end of the line. */
bool command_line_next(const char **line, struct word *word);

/* True when the word `help` is among them. */
bool command_line_asks_for_help(const char *line);

/*
 * Stores what the line sets where nothing of higher precedence has. Failures as settings_begin(). Of a file (FROM_FILE) '#'
 * before a word begins a comment, and words without '=' and unknown names are failures: E_SETTING_VALUE, E_SETTING_UNKNOWN.
 */
enum status command_line_store(struct settings *settings, const char *line, enum origin origin);

#endif
