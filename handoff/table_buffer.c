/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of a table that is being written, and how its writing fails. */
#include "handoff/table_buffer.h"

#include <string.h>

size_t table_buffer_append(struct table_buffer *buffer, size_t length, size_t alignment)
{
    size_t start = (buffer->used + alignment - 1) & ~(alignment - 1);
    if (start + length <= buffer->size)
        memset(buffer->bytes + buffer->used, 0, start + length - buffer->used);
    buffer->used = start + length;
    return start;
}

void table_buffer_put(struct table_buffer *buffer, size_t at, const void *from, size_t length)
{
    if (length && at + length <= buffer->size)
        memcpy(buffer->bytes + at, from, length);
}

enum status table_buffer_status(const struct table_buffer *buffer, const char *table)
{
    if (buffer->used <= buffer->size)
        return OK;
    return fail(E_HANDOFF_SIZE, "the %s takes %u bytes, there are %u", table, (unsigned)buffer->used, (unsigned)buffer->size);
}

enum status table_buffer_refuse(struct table_buffer *buffer, const struct handoff_faults *faults)
{
    char text[160];
    memset(buffer->bytes, 0, buffer->used);
    handoff_fault_text(faults, 0, text, sizeof text);
    return fail(E_HANDOFF_INVALID, "%s", text);
}
