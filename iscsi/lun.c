/* SPDX-License-Identifier: BSD-2-Clause */
/* The text form of a LUN. */
#include "iscsi/lun.h"

#include <string.h>

#include "platform/bytes.h"
#include "platform/characters.h"
#include "platform/format.h"

bool lun_parse(const char *text, size_t length, uint8_t lun[8], size_t *wrong)
{
    unsigned group = 0, digits = 0;
    memset(lun, 0, 8);
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(text[i]);
        *wrong = i;
        if (text[i] == '-') {
            if (!digits || ++group == 4)
                return false;
            digits = 0;
        } else {
            if (digit < 0 || ++digits > 4)
                return false;
            unsigned value = (unsigned)(lun[2 * group] << 8 | lun[2 * group + 1]) << 4 | (unsigned)digit;
            lun[2 * group] = (uint8_t)(value >> 8);
            lun[2 * group + 1] = (uint8_t)value;
        }
    }
    *wrong = length;
    return !length || digits;
}

void lun_format(const uint8_t lun[8], char text[LUN_TEXT_SIZE])
{
    unsigned groups = 4;
    while (groups > 1 && !lun[2 * groups - 2] && !lun[2 * groups - 1])
        groups--;
    for (unsigned i = 0; i < groups; i++)
        text += format_text(text, 6, "%s%x", i ? "-" : "", (unsigned)(lun[2 * i] << 8 | lun[2 * i + 1]));
}
