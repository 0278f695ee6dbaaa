/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that shim's fallback reads in the folder of a system (shim's README.fallback). Pure: knows bytes, no firmware. */
#ifndef SANSTRAP_EFI_BOOT_CSV_H
#define SANSTRAP_EFI_BOOT_CSV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes which program its first line names, with its NUL: what stands before the first comma. `bytes` are little endian UTF-16,
 * perhaps with a byte order mark. False, and `name` of no use, when that is empty, longer than `room`, no printable ASCII, or a
 * path.
 */
bool boot_csv_program(const void *bytes, size_t size, char *name, size_t room);

#endif
