/* SPDX-License-Identifier: BSD-2-Clause */
/* GUIDs as a GPT has them, the first three members little endian, and as text. */
#ifndef SANSTRAP_TOOLS_SAVECORE_GUID_H
#define SANSTRAP_TOOLS_SAVECORE_GUID_H

#include <stdbool.h>
#include <stdint.h>

#define GUID_SIZE      16
#define GUID_TEXT_SIZE 37 /* with its NUL */

void guid_format(const uint8_t guid[GUID_SIZE], char text[GUID_TEXT_SIZE]); /* small letters */
bool guid_parse(const char *text, uint8_t guid[GUID_SIZE]);                 /* the whole of the text */
bool guid_is(const uint8_t guid[GUID_SIZE], const char *text);

#endif
