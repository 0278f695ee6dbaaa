/* SPDX-License-Identifier: BSD-2-Clause */
/* What the linked layers ask of their home (platform/platform.h): the recorder its clock, the formatter its log. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "platform/platform.h"

#define TICKS_PER_MS 1000000u

uint64_t platform_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * TICKS_PER_MS + (uint64_t)now.tv_nsec;
}

uint64_t platform_ticks_per_ms(void)
{
    return TICKS_PER_MS;
}

void platform_log(enum log_level level, const char *line)
{
    (void)level;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}
