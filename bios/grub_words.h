/* SPDX-License-Identifier: BSD-2-Clause */
/* What GRUB 2 makes of a kernel's command line, undone. */
#ifndef SANSTRAP_GRUB_WORDS_H
#define SANSTRAP_GRUB_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define GRUB2_LOADER_TYPE 0x72 /* type_of_loader; GRUB before 2 has another, and escapes nothing */

/*
 * Copies the line, `size` bytes at most with its NUL, with what GRUB has escaped in the form of loader/command_line.h, where
 * backslashes count between quotes alone.
 */
void grub_words_copy(char *to, size_t size, const char *from);

#endif
