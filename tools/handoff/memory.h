/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of malloc(). Without any the program ends, so that nobody has to ask. */
#ifndef SANSTRAP_TOOLS_HANDOFF_MEMORY_H
#define SANSTRAP_TOOLS_HANDOFF_MEMORY_H

#include <stddef.h>

void *memory_take(size_t size);
void *memory_resize(void *memory, size_t size); /* NULL: takes it */
char *memory_text(const char *text);            /* a copy */

#endif
