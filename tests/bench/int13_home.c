/* SPDX-License-Identifier: BSD-2-Clause */
/* The works by INT 13h: the exerciser's boot sector loads this, its entry, console and calls are used. */
#include "tests/bench/works.h"
#include "tests/exerciser/exerciser.h"

#define TRACE (BUFFER + 0x10000u) /* 64 KiB of operations, behind as much of buffer */

struct config config;
bool strict;
const uint32_t home_plan_lba = 128;

/* Within 64 KiB from `base`, which is a paragraph's. */
static uint32_t word_at(uint32_t base, uint32_t index)
{
    uint32_t value;
    __asm__ volatile("movw %w1, %%fs; movl %%fs:(%2), %0" : "=r"(value) : "r"(base >> 4), "r"(index * 4) : "memory");
    return value;
}

static void put_word_at(uint32_t base, uint32_t index, uint32_t value)
{
    __asm__ volatile("movw %w1, %%fs; movl %0, %%fs:(%2)" : : "r"(value), "r"(base >> 4), "r"(index * 4) : "memory");
}

uint32_t home_word(uint32_t index)
{
    return word_at(BUFFER, index);
}

void home_put_word(uint32_t index, uint32_t value)
{
    put_word_at(BUFFER, index, value);
}

uint32_t home_trace_word(uint32_t index)
{
    return word_at(TRACE, index);
}

void home_put_trace_word(uint32_t index, uint32_t value)
{
    put_word_at(TRACE, index, value);
}

bool home_transfer(bool writes, uint32_t lba, uint32_t sectors)
{
    return sectors <= 128 && transfer(writes ? 0x43 : 0x42, lba, (uint16_t)sectors, BUFFER) == 0;
}

uint32_t home_measure_second(uint32_t (*now)(void))
{
    uint32_t tick = peek32(BDA_TICKS);
    while (peek32(BDA_TICKS) == tick)
        ;
    uint32_t start = now();
    while (peek32(BDA_TICKS) < tick + 10)
        ;
    return (now() - start) / 4943 * 10000; /* 9 ticks are 0.4943 s */
}

void exerciser_main(void)
{
    config.drive = peek8(NOTE_DX);
    strict = false;
    say("\nbench: begins\n");
    uint32_t wrong = works_run();
    check(wrong == 0, "works", "%u calls", wrong);
    power_off();
}
