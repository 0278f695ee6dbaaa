/* SPDX-License-Identifier: BSD-2-Clause */
/* Complaints on standard error. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "tools/common/complain.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/common/print.h"

void complain(const char *format, ...)
{
    char text[2 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    fprintf(stderr, "%s: ", program_invocation_short_name);
    print_escaped(text, strlen(text), stderr);
    fputc('\n', stderr);
}
