/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads and writes in all orders (walk.h) of the disk's end, beside a model of it: a byte a sector says how often that was
 * written. The host looks for the same in the image.
 */
#include "exerciser.h"
#include "walk.h"

#define MODEL      (BUFFER + 0x30000u)
#define REGION_MAX 16384u
#define MOST       127u
#define PASS       64u /* sectors at a time, of the last look at all of them */
#define SEED       0x6D697865u

static uint32_t region, region_start;

static uint32_t seed_of(uint8_t version)
{
    return version == 1 ? written_seed() : config.seed ^ (uint32_t)version << 20;
}

/* random.c has written some of it. */
static void begin_model(void)
{
    region = config.sectors - DATA_START < REGION_MAX ? config.sectors - DATA_START : REGION_MAX;
    region_start = config.sectors - region;
    fill8(MODEL, region, 0);

    uint32_t state = written_seed() | 1;
    for (uint32_t i = 0; i < config.writes; i++) {
        uint32_t count = 1 + next_random(&state) % 16;
        uint32_t lba = DATA_START + next_random(&state) % (config.sectors - DATA_START - count);
        for (uint32_t k = lba; k < lba + count; k++)
            if (k >= region_start)
                poke8(MODEL + k - region_start, 1);
    }
}

static bool write_some(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t version = (uint8_t)(peek8(MODEL + first + i) + 1);
        if (version < 2)
            version = 2;
        poke8(MODEL + first + i, version);
        put_content(BUFFER + i * 512, region_start + first + i, seed_of(version));
    }
    return transfer(0x43, region_start + first, (uint16_t)count, BUFFER) == 0;
}

static bool read_some(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        poke8(BUFFER + i * 512, (uint8_t)~peek8(BUFFER + i * 512)); /* what is left of an earlier read is no content */
    if (transfer(0x42, region_start + first, (uint16_t)count, BUFFER) != 0)
        return false;

    for (uint32_t i = 0; i < count; i++)
        if (!has_content(BUFFER + i * 512, region_start + first + i, 1, seed_of(peek8(MODEL + first + i))))
            return false;
    return true;
}

void test_mixed(void)
{
    begin_model();
    struct walk walk = {.random = config.seed ^ SEED, .blocks = region, .most = MOST};
    uint32_t bad = 0, first_bad = 0;
    for (uint32_t i = 1; i <= config.mixed; i++) {
        struct walk_step step = walk_next(&walk);
        bool good = step.write ? write_some(step.first, step.count) : read_some(step.first, step.count);
        if (!good && !bad++)
            first_bad = i;
        if (i % 10000 == 0)
            say("info: %u mixed\n", i);
    }
    check(bad == 0, "mixed/operations", "%u of %u wrong, the first is number %u", bad, config.mixed, first_bad);

    bad = 0;
    for (uint32_t first = 0; first + PASS <= region; first += PASS)
        bad += !read_some(first, PASS);
    check(bad == 0, "mixed/all", "%u of %u wrong", bad, region / PASS);
}
