/* SPDX-License-Identifier: BSD-2-Clause */
/* From what a firmware, a shell, a boot manager or a user's editor wrote to the line of settings that the loader reads. */
#ifndef SANSTRAP_SETTINGS_TEXT_H
#define SANSTRAP_SETTINGS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line that grows; the text is NUL-terminated at all times. What does not fit is left out to the last whole piece, and
 * `cut` says so.
 */
struct settings_text {
    char *text;
    size_t size, length;
    bool cut;
};

/* Appends load options: UTF-16 as the specification has it, or the bytes that some boot managers put there. Binary data adds
 * nothing. */
void settings_text_add_options(struct settings_text *line, const void *options, size_t size);

/*
 * Appends a file's lines, of bytes or of UTF-16 with its byte order mark; a '#' begins a comment to the line's end, unless it
 * stands inside a word or between quotes.
 */
void settings_text_add_file(struct settings_text *line, const void *file, size_t size);

#endif
