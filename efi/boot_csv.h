/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that shim's fallback reads in the folder of a system (shim's README.fallback). Pure: knows bytes, no firmware. */
#ifndef SANSTRAP_EFI_BOOT_CSV_H
#define SANSTRAP_EFI_BOOT_CSV_H

#include <stdbool.h>
#include <stddef.h>

/* Of a line's four fields: the program, what the boot option is called, the program's load options, what it is to people. */
struct boot_csv {
    const void *options; /* UTF-16, without a NUL, within the table's bytes */
    size_t options_size; /* 0: none */
};

/*
 * Reads the table's first line, and writes which program it names, with its NUL. `bytes` are little endian UTF-16, perhaps with a
 * byte order mark. False, and the results of no use, when that name is empty, longer than `room`, no printable ASCII, or a path.
 */
bool boot_csv_read(const void *bytes, size_t size, struct boot_csv *line, char *name, size_t room);

#endif
