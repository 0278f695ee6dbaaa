/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's home for the three layers: platform.h's services for unit tests and host programs, and the knobs that tests turn. */
#ifndef SANSTRAP_TESTS_HOST_H
#define SANSTRAP_TESTS_HOST_H

#include "platform/platform.h"

/* From now on time stands still but for host_clock_advance_us() and platform_stall_us(). A tick is a nanosecond either way. */
void host_clock_use_virtual(void);
void host_clock_advance_us(uint64_t microseconds);

/* Called by platform_idle(), for tests that let a peer act while the code under test waits. NULL for none. */
extern void (*host_idle_hook)(void);

/* Makes platform_random() repeatable. */
void host_random_seed(uint64_t seed);

/* Lines up to this level go to standard error; LOG_WARNING at the start. All lines are kept in host_log_text(), the newest last.
 */
extern enum log_level host_log_level;
const char *host_log_text(void);
void host_log_clear(void);

/* An arena of `size` bytes from malloc(), aligned to a page, its bus addresses equal to the virtual ones; and its end. */
struct arena host_arena_new(size_t size);
void host_arena_free(struct arena *arena);

#endif
