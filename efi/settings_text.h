/* SPDX-License-Identifier: BSD-2-Clause */
/* From what a firmware, a shell or a boot manager wrote to the line of settings that the loader reads. */
#ifndef SANSTRAP_SETTINGS_TEXT_H
#define SANSTRAP_SETTINGS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line that grows, in the caller's memory: begins with text "", all else zero. The text is NUL-terminated at all times;
 * characters that no longer fit are left out, and `cut` says so; those that are not ASCII become `?`, and `foreign` says so.
 */
struct settings_text {
    char *text;
    size_t size;   /* bytes at `text`, at least 1 */
    size_t length; /* of the text, without its NUL */
    bool cut, foreign;
};

/*
 * Appends load options of `size` bytes and a space: UTF-16 as UEFI 2.10, 3.1.3 has it, or the bytes that some boot managers put
 * there. Binary data adds nothing.
 */
void settings_text_add_options(struct settings_text *line, const void *options, size_t size);

#endif
