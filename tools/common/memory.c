/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc() that ends the program when there is no more. */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "tools/common/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_resize(void *memory, size_t size)
{
    memory = realloc(memory, size ? size : 1);
    if (memory)
        return memory;
    fprintf(stderr, "%s: no memory for %zu bytes\n", program_invocation_short_name, size);
    exit(EXIT_WITHOUT_MEMORY);
}

void *memory_take(size_t size)
{
    return memory_resize(NULL, size);
}

char *memory_copy_text(const char *text)
{
    return strcpy(memory_take(strlen(text) + 1), text);
}
