/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc() that ends the program when there is no more. */
#include "tools/handoff/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/handoff/exit_status.h"

void *memory_resize(void *memory, size_t size)
{
    memory = realloc(memory, size ? size : 1);
    if (memory)
        return memory;
    fprintf(stderr, "sanstrap-handoff: no memory for %zu bytes: give it a smaller image\n", size);
    exit(EXIT_TROUBLE);
}

void *memory_take(size_t size)
{
    return memory_resize(NULL, size);
}

char *memory_copy_text(const char *text)
{
    return strcpy(memory_take(strlen(text) + 1), text);
}
