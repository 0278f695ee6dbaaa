/* SPDX-License-Identifier: BSD-2-Clause */
/* The first field of the first line. */
#include "efi/boot_csv.h"

#include "platform/bytes.h"

#define BYTE_ORDER_MARK 0xFEFF

bool boot_csv_program(const void *bytes, size_t size, char *name, size_t room)
{
    const uint8_t *at = bytes, *end = at + size / 2 * 2;
    size_t length = 0;
    if (at < end && get_le16(at) == BYTE_ORDER_MARK)
        at += 2;

    for (; at < end && length < room; at += 2) {
        uint16_t character = get_le16(at);
        if (character == ',') {
            name[length] = '\0';
            return length != 0;
        }
        if (character <= ' ' || character >= 0x7F || character == '\\' || character == '/')
            return false;
        name[length++] = (char)character;
    }
    return false;
}
