/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of the log: on standard error, and kept for the test. */
#include <stdio.h>
#include <string.h>

#include "tests/host/host.h"

enum log_level host_log_level = LOG_WARNING;
static char text[1 << 16];
static size_t length;

void platform_log(enum log_level level, const char *line)
{
    if (level <= host_log_level)
        fprintf(stderr, "%s\n", line);

    size_t wanted = strlen(line) + 1;
    if (length + wanted >= sizeof text)
        length = 0;
    memcpy(text + length, line, wanted - 1);
    text[length + wanted - 1] = '\n';
    length += wanted;
    text[length] = '\0';
}

const char *host_log_text(void)
{
    return text;
}

void host_log_clear(void)
{
    length = 0;
    text[0] = '\0';
}
