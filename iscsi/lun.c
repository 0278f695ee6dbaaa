/* SPDX-License-Identifier: BSD-2-Clause */
/* The text form of a LUN. */
#include "iscsi/lun.h"

#include <string.h>

#include "platform/bytes.h"
#include "platform/characters.h"
#include "platform/format.h"

#define LUN_GROUPS   4 /* of two bytes */
#define GROUP_DIGITS 4

bool lun_parse(const char *text, size_t length, uint8_t lun[8], size_t *wrong)
{
    unsigned group = 0, digits = 0;

    memset(lun, 0, 8);
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(text[i]);

        *wrong = i;
        if (text[i] == '-') {
            if (!digits || ++group == LUN_GROUPS)
                return false;
            digits = 0;
        } else {
            if (digit < 0 || ++digits > GROUP_DIGITS)
                return false;
            uint8_t *bytes = lun + 2 * group;
            put_be16(bytes, (uint32_t)get_be16(bytes) << 4 | (uint32_t)digit);
        }
    }

    *wrong = length;
    return !length || digits;
}

void lun_format(const uint8_t lun[8], char text[LUN_TEXT_SIZE])
{
    unsigned groups = LUN_GROUPS;

    while (groups > 1 && get_be16(lun + 2 * (groups - 1)) == 0)
        groups--;
    for (unsigned i = 0; i < groups; i++)
        text += format_text(text, 1 + GROUP_DIGITS + 1, "%s%x", i ? "-" : "", get_be16(lun + 2 * i));
}
