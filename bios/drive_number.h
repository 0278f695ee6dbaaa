/* SPDX-License-Identifier: BSD-2-Clause */
/* Which drive numbers the BIOS's own devices have. */
#ifndef SANSTRAP_DRIVE_NUMBER_H
#define SANSTRAP_DRIVE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * True when a device of the BIOS's answers to `number`: a hard disk, or a CD, which 0040:0075 does not count. Asks by INT 13h,
 * and uses the scratch buffer.
 */
bool drive_number_is_taken(uint8_t number);

/* The first number from `first` on that is not taken, of those that programs look at (up to 8Fh); `first` when all are. */
uint8_t drive_number_free(uint8_t first);

#endif
