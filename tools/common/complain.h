/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong, told on standard error. */
#ifndef SANSTRAP_TOOLS_COMMON_COMPLAIN_H
#define SANSTRAP_TOOLS_COMMON_COMPLAIN_H

/* A line, behind the program's name; in printable ASCII, whatever files are called. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
