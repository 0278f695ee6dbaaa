/* SPDX-License-Identifier: BSD-2-Clause */
/* The first line, field by field. */
#include "efi/boot_csv.h"

#include "platform/bytes.h"

#define BYTE_ORDER_MARK 0xFEFF

/* How many bytes come before the comma or the line's end. */
static size_t field_size(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *start = at;
    while (at < end && get_le16(at) != ',' && get_le16(at) != '\n' && get_le16(at) != '\r')
        at += 2;
    return (size_t)(at - start);
}

/* False when the line ends here. */
static bool next_field(const uint8_t **at, const uint8_t *end)
{
    *at += field_size(*at, end);
    if (*at == end || get_le16(*at) != ',')
        return false;
    *at += 2;
    return true;
}

static bool take_name(const uint8_t *at, size_t size, char *name, size_t room)
{
    if (!size || size / 2 >= room)
        return false;
    for (size_t i = 0; i < size / 2; i++) {
        uint16_t character = get_le16(at + 2 * i);
        if (character <= ' ' || character >= 0x7F || character == '\\' || character == '/')
            return false;
        name[i] = (char)character;
    }
    name[size / 2] = '\0';
    return true;
}

bool boot_csv_read(const void *bytes, size_t size, struct boot_csv *line, char *name, size_t room)
{
    const uint8_t *at = bytes, *end = at + size / 2 * 2;
    if (at < end && get_le16(at) == BYTE_ORDER_MARK)
        at += 2;
    *line = (struct boot_csv){NULL, 0};

    const uint8_t *program = at;
    size_t length = field_size(at, end);
    if (!next_field(&at, end))
        return false;
    if (next_field(&at, end))
        *line = (struct boot_csv){at, field_size(at, end)};
    return take_name(program, length, name, room);
}
