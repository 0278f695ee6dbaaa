/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder: the last few thousand lines of what happened, in memory that stays when the OS runs, so that a memory
 * image of a machine that died tells them (format: handoff/isdh.h). There is one, as there is one thread. What the screen shows
 * is a view of it: every line of the screen and of the layers' log goes in here first. Numbers and the slots' own fields are in
 * the byte order of the machine, which is the format's.
 */
#ifndef SANSTRAP_RECORDER_H
#define SANSTRAP_RECORDER_H

#include <stddef.h>

#include "handoff/isdh.h"
#include "platform/bytes.h"
#include "platform/platform.h"

#define RECORDER_SIZE (256 * KIB) /* of what images give it: 4095 slots */

/*
 * Begins an empty record in `size` bytes at `memory`, aligned for uint64_t, which stay the recorder's until it is opened again. A
 * size that holds no slot, or NULL, closes it: lines are then dropped. `boot_id` is copied, and not looked at when it closes.
 */
void recorder_open(void *memory, size_t size, const uint8_t boot_id[16]);

/* Adds a line in as many slots as it takes, over the oldest ones; other than printable ASCII becomes '?'. */
void recorder_add(enum log_level level, const char *line);

/* ---- reading, also what a dead machine left ---- */

/* True when `memory`, of any alignment, begins with a header that makes sense and its slots lie within `size` bytes. */
bool recorder_is_sound(const void *memory, size_t size);

/*
 * Copies the oldest slot of a sound record with a number above `after` to *slot and returns its number; 0 when there is none. A
 * slot whose number is not that of its place was being written or was overwritten, and is passed over, as is one whose length is
 * above RECORDER_TEXT. Its text may hold any bytes.
 */
uint64_t recorder_next(const void *memory, uint64_t after, struct recorder_slot *slot);

#endif
