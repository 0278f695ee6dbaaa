/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host's programs of the bench share. */
#ifndef SANSTRAP_BENCH_HOST_H
#define SANSTRAP_BENCH_HOST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SEC 1000000000ull

/* Says what the last call of the system's that failed was for, and ends. */
static inline void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Nanoseconds of a clock that only goes forward. */
static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_SEC + (uint64_t)time.tv_nsec;
}

#endif
