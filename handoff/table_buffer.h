/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bounded memory that a writer lets its table grow in. What does not fit is counted and not written, so that the whole size
 * is known in the end. Private to handoff/.
 */
#ifndef SANSTRAP_HANDOFF_TABLE_BUFFER_H
#define SANSTRAP_HANDOFF_TABLE_BUFFER_H

#include "handoff/handoff.h"

struct table_buffer {
    uint8_t *bytes;
    size_t size; /* that may be written */
    size_t used; /* that the table has by now: above `size` when it does not fit */
};

/* Appends `length` zeros at a multiple of `alignment`, a power of two, and returns their offset; between are zeros, too. */
size_t table_buffer_append(struct table_buffer *buffer, size_t length, size_t alignment);

/* Overwrites appended bytes. */
void table_buffer_put(struct table_buffer *buffer, size_t at, const void *from, size_t length);

/* E_HANDOFF_SIZE with the bytes that the table wants when it did not fit. `table` is its name: "iBFT". */
enum status table_buffer_status(const struct table_buffer *buffer, const char *table);

/* Clears a table that its reader has refused: E_HANDOFF_INVALID with the first fault as its detail. */
enum status table_buffer_refuse(struct table_buffer *buffer, const struct handoff_faults *faults);

#endif
