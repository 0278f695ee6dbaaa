/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi/settings_text.h"

#include <string.h>

static void add(struct settings_text *line, char character)
{
    if (line->length + 1 >= line->size) {
        line->cut = true;
        return;
    }
    line->text[line->length++] = character;
    line->text[line->length] = '\0';
}

static bool is_text(unsigned character)
{
    return (character >= ' ' && character < 0x7F) || character == '\t' || character == '\r' || character == '\n';
}

/* How many characters of `width` bytes stand before a NUL or the end; 0 when one of them is no text. */
static size_t text_length(const uint8_t *bytes, size_t size, size_t width)
{
    size_t count = 0;
    for (; (count + 1) * width <= size; count++) {
        unsigned character = bytes[count * width] | (width == 2 ? (unsigned)bytes[count * width + 1] << 8 : 0);
        if (character == 0)
            break;
        if (!is_text(character))
            return 0;
    }
    return count;
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
    for (size_t i = 0; i < count; i++)
        add(line, (char)bytes[i * width]);
    add(line, ' ');
}

void settings_text_add_file(struct settings_text *line, const char *bytes, size_t size)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF"; /* Windows' editors put it before UTF-8 */
    size_t at = size >= 3 && memcmp(bytes, byte_order_mark, 3) == 0 ? 3 : 0;
    bool between_words = true, comment = false;
    for (; at < size && bytes[at]; at++) {
        if (bytes[at] == '\n')
            comment = false;
        else if (between_words && bytes[at] == '#')
            comment = true;
        between_words = bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r');
        if (!comment)
            add(line, bytes[at]);
    }
    add(line, ' ');
}
