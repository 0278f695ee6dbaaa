/* SPDX-License-Identifier: BSD-2-Clause */
/* GUIDs as bytes and as text. */
#include "tools/savecore/guid.h"

#include <stdio.h>
#include <string.h>

#include "platform/characters.h"

/* The byte that stands at each place of the text. */
static const uint8_t order[GUID_SIZE] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool has_dash_before(unsigned place)
{
    return place == 4 || place == 6 || place == 8 || place == 10;
}

void guid_format(const uint8_t guid[GUID_SIZE], char text[GUID_TEXT_SIZE])
{
    for (unsigned i = 0; i < GUID_SIZE; i++) {
        if (has_dash_before(i))
            *text++ = '-';
        snprintf(text, 3, "%02x", guid[order[i]]);
        text += 2;
    }
}

bool guid_parse(const char *text, uint8_t guid[GUID_SIZE])
{
    if (strlen(text) != GUID_TEXT_SIZE - 1)
        return false;

    for (unsigned i = 0; i < GUID_SIZE; i++) {
        if (has_dash_before(i) && *text++ != '-')
            return false;
        int high = hex_digit(text[0]), low = hex_digit(text[1]);
        if (high < 0 || low < 0)
            return false;
        guid[order[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return true;
}

bool guid_is(const uint8_t guid[GUID_SIZE], const char *text)
{
    uint8_t other[GUID_SIZE];
    return guid_parse(text, other) && memcmp(guid, other, GUID_SIZE) == 0;
}
