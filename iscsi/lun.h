/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A LUN as people type and read it, the same everywhere (RFC 4173 section 5): up to four groups of up to four hexadecimal digits
 * between dashes; leading zeros of a group and trailing groups of zero may be left out. In bytes it is as in the BHS.
 */
#ifndef SANSTRAP_ISCSI_LUN_H
#define SANSTRAP_ISCSI_LUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LUN_TEXT_SIZE 20 /* of the longest, with its NUL */

/* Reads "0", "1", "4186-9"; empty is LUN 0. On failure *wrong is the offending offset in `text`, at most `length`. */
bool lun_parse(const char *text, size_t length, uint8_t lun[8], size_t *wrong);

/* Writes the shortest form; lun_parse() reads the same LUN from it. */
void lun_format(const uint8_t lun[8], char text[LUN_TEXT_SIZE]);

#endif
