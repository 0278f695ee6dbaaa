/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of malloc(), to be freed by free(). Without any the program ends: none of these returns NULL. */
#ifndef SANSTRAP_TOOLS_COMMON_MEMORY_H
#define SANSTRAP_TOOLS_COMMON_MEMORY_H

#include <stddef.h>

#define EXIT_WITHOUT_MEMORY 2 /* trouble, to all of the programs */

void *memory_take(size_t size);                 /* bytes, of any content */
void *memory_resize(void *memory, size_t size); /* as realloc() */
char *memory_copy_text(const char *text);

#endif
