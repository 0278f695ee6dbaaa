/* SPDX-License-Identifier: BSD-2-Clause */
/* The row, and a last look at all of its blocks. */
#include "tests/exerciser/mixed.h"

#include "tests/exerciser/walk.h"

#define PASS      64u  /* blocks at a time, of the last look */
#define REST_EACH 301u /* steps */
#define SEED      0x6D697865u

static struct mixed mixed;

uint32_t mixed_seed_of(uint8_t version)
{
    return version == 1 ? written_seed() : mixed.seed ^ (uint32_t)version << 20;
}

uint8_t mixed_next_version(uint8_t version)
{
    version++;
    return version < 2 ? 2 : version;
}

void test_mixed(void)
{
    mixed = mixed_begin();
    struct walk walk = {.random = mixed.seed ^ SEED, .blocks = mixed.blocks, .most = mixed.most};
    uint32_t bad = 0, first_bad = 0;
    for (uint32_t i = 1; i <= mixed.steps; i++) {
        struct walk_step step = walk_next(&walk);
        bool good = step.write ? mixed_write(step.first, step.count) : mixed_read(step.first, step.count);
        if (!good && !bad++)
            first_bad = i;
        if (i % REST_EACH == 0)
            mixed_rest();
        if (i % 10000 == 0)
            say("info: %u mixed\n", i);
    }
    check(bad == 0, "mixed/operations", "%u of %u wrong, the first is number %u", bad, mixed.steps, first_bad);

    bad = 0;
    for (uint32_t first = 0; first + PASS <= mixed.blocks; first += PASS)
        bad += !mixed_read(first, PASS);
    bad += !mixed_end();
    check(bad == 0, "mixed/all", "%u of %u wrong", bad, mixed.blocks / PASS);
}
