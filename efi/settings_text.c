/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes or UTF-16 to the characters of a line: which of the two they are is seen from what they hold. */
#include "efi/settings_text.h"

#include <string.h>

#include "platform/bytes.h"

static void append_character(struct settings_text *line, char character)
{
    if (line->length + 1 >= line->size) {
        line->cut = true;
        return;
    }
    line->text[line->length++] = character;
    line->text[line->length] = '\0';
}

static bool is_control(unsigned character)
{
    return (character < ' ' && character != '\t' && character != '\r' && character != '\n') || character == 0x7F;
}

static bool is_foreign(unsigned character)
{
    return character > 0x7F;
}

static unsigned character_at(const uint8_t *bytes, size_t width)
{
    return width == 2 ? get_le16(bytes) : bytes[0];
}

/*
 * How many characters of `width` bytes stand before a NUL or the end; 0 when they are no text. A folder's name or a secret may
 * have some that are not ASCII; binary data has mostly those.
 */
static size_t text_length(const uint8_t *bytes, size_t size, size_t width)
{
    size_t count = 0, foreign = 0;
    for (; (count + 1) * width <= size; count++) {
        unsigned character = character_at(bytes + count * width, width);
        if (character == 0)
            break;
        if (is_control(character))
            return 0;
        foreign += is_foreign(character);
    }
    return foreign * 2 < count ? count : 0;
}

void settings_text_add_options(struct settings_text *line, const void *options, size_t size)
{
    const uint8_t *bytes = options;
    size_t width = 2, count = text_length(bytes, size, width);
    if (!count) {
        width = 1;
        count = text_length(bytes, size, width);
        /* One byte before a NUL is what a UTF-16 text of another alphabet looks like. */
        if (count < 2)
            return;
    }

    for (size_t i = 0; i < count; i++) {
        unsigned character = character_at(bytes + i * width, width);
        append_character(line, is_foreign(character) ? '?' : (char)character);
        line->foreign = line->foreign || is_foreign(character);
    }
    append_character(line, ' ');
}
