/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads and writes in all orders (walk.h) of the disk's end, beside a model of it: a byte a block says how often that was
 * written. The host looks for the same in the image. mixed.c is the row; what moves the blocks is a home's: INT 13h's
 * (mixed_int13.c), and BlockIo's and BlockIo2's (tests/efi/mixed_block_io.c).
 */
#ifndef EXERCISER_MIXED_H
#define EXERCISER_MIXED_H

#include <stdbool.h>
#include <stdint.h>

struct mixed {
    uint32_t steps;
    uint32_t seed;   /* of the disk's content */
    uint32_t blocks; /* from the first that the row has to the disk's last */
    uint32_t most;   /* at a time */
};

/* ---- mixed.c ---- */

void test_mixed(void);

/* The seed of a block's content when it was written so often; 1 is what random.c has written. */
uint32_t mixed_seed_of(uint8_t version);

/* The version that a write leaves. */
uint8_t mixed_next_version(uint8_t version);

/* ---- a home ---- */

/* The model as random.c has left the blocks. */
struct mixed mixed_begin(void);

/*
 * False when the answer, or what was read, is wrong. Of those that nobody waits for it is told later: mixed_end() waits for the
 * last of them.
 */
bool mixed_write(uint32_t first, uint32_t count);
bool mixed_read(uint32_t first, uint32_t count);
bool mixed_end(void);

/* The caller computes, and calls nothing, for longer than a connection stays as it is without looking (cache.c). */
void mixed_rest(void);

/* The console's; formats know %s %u %x. */
void say(const char *format, ...);
void check(bool good, const char *name, const char *format, ...);
uint32_t written_seed(void);

#endif
