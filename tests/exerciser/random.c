/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads whose content proves itself, then writes that the host looks for in the image. */
#include "exerciser.h"

static void progress(uint32_t done, const char *what)
{
    if (done % 1000 == 0)
        say("info: %u %s\n", done, what);
}

static void random_reads(uint32_t *state)
{
    uint32_t bad = 0, first = 0;
    for (uint32_t i = 1; i <= config.reads; i++) {
        uint16_t count = (uint16_t)(1 + next_random(state) % 16);
        uint32_t lba = DATA_START + next_random(state) % (config.sectors - DATA_START - count);
        uint8_t status = transfer(0x42, lba, count, BUFFER);
        if ((status || !has_content(BUFFER, lba, count, config.seed)) && !bad++)
            first = lba;
        progress(i, "reads");
    }
    check(bad == 0, "random/reads", "%u of %u wrong, first at %u", bad, config.reads, first);
}

static void random_writes(uint32_t *state)
{
    uint32_t bad = 0;
    for (uint32_t i = 1; i <= config.writes; i++) {
        uint16_t count = (uint16_t)(1 + next_random(state) % 16);
        uint32_t lba = DATA_START + next_random(state) % (config.sectors - DATA_START - count);
        for (uint16_t k = 0; k < count; k++)
            put_content(BUFFER + k * 512u, lba + k, written_seed());
        uint8_t status = transfer(0x43, lba, count, BUFFER);
        if (status || transfer(0x42, lba, count, BUFFER + 0x10000) || !has_content(BUFFER + 0x10000, lba, count, written_seed()))
            bad++;
        progress(i, "writes");
    }
    check(bad == 0, "random/writes", "%u of %u wrong", bad, config.writes);
}

void test_random(void)
{
    uint32_t state = config.seed | 1;
    random_reads(&state);
    state = written_seed() | 1;
    random_writes(&state);
}
