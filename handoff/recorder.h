/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder: the last few thousand lines of what happened, in memory that stays when the OS runs, so that a memory
 * image of a machine that died tells them (format: handoff/isdh.h). There is one, as there is one thread. What the screen shows
 * is a view of it: every line of the screen and of the layers' log goes in here first.
 */
#ifndef SANSTRAP_RECORDER_H
#define SANSTRAP_RECORDER_H

#include <stddef.h>

#include "handoff/isdh.h"
#include "platform/platform.h"

#define RECORDER_SIZE (256u << 10) /* 4095 slots */

/*
 * Begins an empty record in `size` bytes at `memory`, which stay its own; a size that holds no slot, or NULL, leaves it closed,
 * and lines are then dropped.
 */
void recorder_open(void *memory, size_t size, const uint8_t boot_id[16]);

/* Adds a line, in as many slots as it takes; other than printable ASCII becomes '?'. Level as in enum log_level. */
void recorder_add(enum log_level level, const char *line);

/* ---- reading, also what a dead machine left ---- */

/* True when the header makes sense and all of its slots lie within `size` bytes. */
bool recorder_is_sound(const void *memory, size_t size);

/*
 * Copies the oldest slot of a sound record with a number above `after` to *slot and returns its number; 0 when there is none. A
 * slot whose number is not that of its place was overwritten, and is passed over.
 */
uint64_t recorder_next(const void *memory, uint64_t after, struct recorder_slot *slot);

#endif
