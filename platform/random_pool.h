/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes for a home's platform_random(): SHA-256 over a pool that the home feeds with what an outsider cannot know. After
 * each request the key is replaced by a hash of itself, so that what was given out cannot be found from what is kept.
 */
#ifndef SANSTRAP_RANDOM_POOL_H
#define SANSTRAP_RANDOM_POOL_H

#include <stddef.h>

/* Stirs `length` bytes into the pool. */
void random_pool_add(const void *bytes, size_t length);

/* Stirs the CPU's own generator in, when there is one. */
void random_pool_add_cpu(void);

/* Fills `buffer` from the pool. */
void random_pool_read(void *buffer, size_t length);

#endif
