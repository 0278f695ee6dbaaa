/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP and BearSSL include this for what they then do not use, but for atoi(). */
#ifndef SANSTRAP_FREESTANDING_STDLIB_H
#define SANSTRAP_FREESTANDING_STDLIB_H

#include <stddef.h>

int atoi(const char *text);

#endif
