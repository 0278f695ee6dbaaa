/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a machine of the benchmarks does with its disk, and how fast it went. The plan stands on the disk (tests/bench/plan.py);
 * works.c carries it out under a BIOS (int13_home.c) and under UEFI (block_io_home.c). Numbers are little-endian.
 *
 * Before it is written, word i of sector LBA of the data is (LBA ^ seed) ^ i * WORKS_STEP. Of a sector that was written the first
 * and the last word are that with seed ^ WORKS_WRITTEN; those between are the same of the data's first sector. While time runs
 * these two words of each sector that was read are looked at: comparing all would be most of the time, and a caller that
 * thinks. A work of kind VERIFY compares all of them.
 */
#ifndef SANSTRAP_TESTS_WORKS_H
#define SANSTRAP_TESTS_WORKS_H

#include <stdbool.h>
#include <stdint.h>

#define WORKS_STEP      0x9E3779B1u
#define WORKS_WRITTEN   0xA5A5A5A5u
#define WORKS_MAX       25
#define WORKS_SPAN_MAX  131072u /* sectors of data */
#define WORKS_CALL_MAX  2048u   /* sectors */
#define WORKS_OPS_MAX   5400u   /* of a trace */
#define WORKS_OP_WRITES (1u << 31)
#define WORKS_MAGIC     0x48434E42u /* "BNCH" */

enum work_kind { WORK_READ, WORK_READ_RANDOM, WORK_WRITE, WORK_WRITE_RANDOM, WORK_VERIFY, WORK_TRACE };

/* One work. Sectors have 512 bytes; places are sectors from the data's start. */
struct work {
    char name[16];
    uint32_t kind;
    uint32_t call_sectors;
    uint32_t ms;      /* it begins no call later; 0: it does so many calls */
    uint32_t calls;   /* of a trace: operations */
    uint32_t first;   /* where a sequence begins; of a trace: the LBA of its operations */
    uint32_t writing; /* the region that writes stay in: its first sector; it has a quarter of the data */
};

/* An operation of a trace: its place, and whether it writes; its sectors; how long the caller computes before it. */
struct work_op {
    uint32_t place;
    uint32_t sectors;
    uint32_t think_us; /* a second at most */
};

/* In 1024 bytes at home_plan_lba. */
struct plan {
    uint32_t magic, seed;
    uint32_t data_lba, data_sectors;
    uint32_t count;
    struct work works[WORKS_MAX];
};

/* ---- works.c ---- */

/*
 * Prints a line for each work: "work", its name, calls, sectors, how long it took and how much of that the caller computed, in
 * units of 1024 cycles, and how many calls failed or brought wrong data, the sum of which is returned. First a line "units per
 * second N".
 */
uint32_t works_run(void);

/* ---- the home's ---- */

extern const uint32_t home_plan_lba;

void say(const char *format, ...); /* %s %u */

/* Between the disk and a buffer of WORKS_CALL_MAX sectors, or as many as the home's calls may have. */
bool home_transfer(bool writes, uint32_t lba, uint32_t sectors);

/* A word of that buffer, by its number. */
uint32_t home_word(uint32_t index);
void home_put_word(uint32_t index, uint32_t value);

/* The same of memory that holds a trace. */
uint32_t home_trace_word(uint32_t index);
void home_put_trace_word(uint32_t index, uint32_t value);

/* How far now() gets in a second of the machine's clock. */
uint32_t home_measure_second(uint32_t (*now)(void));

#endif
