/* SPDX-License-Identifier: BSD-2-Clause */
/* Complaints on standard error. */
#include "tools/handoff/complain.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/handoff/print.h"

void complain(const char *format, ...)
{
    char text[2 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    fputs("sanstrap-handoff: ", stderr);
    print_escaped(text, strlen(text), stderr);
    fputc('\n', stderr);
}
