/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes in all orders of the data's end, beside a model of it, as tests/exerciser/mixed.c has them. */
#include <string.h>

#include "tests/efi/conformance.h"
#include "tests/exerciser/walk.h"

#define REGION_BYTES (8 * MIB)
#define MOST         512u
#define PASS         64u /* blocks at a time, of the last look at all of them */
#define SEED         0x6D697865u

static uint8_t versions[REGION_BYTES / SECTOR]; /* how often each block was written */
static uint32_t blocks, size;

static uint64_t offset_of(uint32_t block)
{
    return subject.config.data_start + subject.config.data_bytes - REGION_BYTES + (uint64_t)block * size;
}

static uint32_t seed_of(uint8_t version)
{
    return version == 1 ? written_seed() : subject.config.seed ^ (uint32_t)version << 20;
}

/* random.c has written some of it. */
static void begin_model(void)
{
    size = subject.media->BlockSize;
    blocks = (uint32_t)(REGION_BYTES / size);
    memset(versions, 0, sizeof versions);

    uint32_t state = written_seed() | 1, all = (uint32_t)(subject.config.data_bytes / size);
    for (uint32_t i = 0; i < subject.config.writes; i++) {
        uint32_t count = 1 + next_random(&state) % 16, first = next_random(&state) % (all - count);
        for (uint32_t k = first; k < first + count; k++)
            if (k >= all - blocks)
                versions[k - (all - blocks)] = 1;
    }
}

static bool write_some(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t version = (uint8_t)(versions[first + i] + 1);
        versions[first + i] = version < 2 ? 2 : version;
        put_content(subject.buffer + (size_t)i * size, offset_of(first + i), size, seed_of(versions[first + i]));
    }
    return write_bytes(offset_of(first), (uint64_t)count * size, subject.buffer) == EFI_SUCCESS;
}

static bool read_some(uint32_t first, uint32_t count)
{
    memset(subject.buffer, 0x55, (size_t)count * size);
    if (read_bytes(offset_of(first), (uint64_t)count * size, subject.buffer) != EFI_SUCCESS)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!has_content(subject.buffer + (size_t)i * size, offset_of(first + i), size, seed_of(versions[first + i])))
            return false;
    return true;
}

void test_mixed(void)
{
    begin_model();
    struct walk walk = {.random = subject.config.seed ^ SEED, .blocks = blocks, .most = MOST};
    uint32_t bad = 0, first_bad = 0;
    for (uint32_t i = 1; i <= subject.config.mixed; i++) {
        struct walk_step step = walk_next(&walk);
        bool good = step.write ? write_some(step.first, step.count) : read_some(step.first, step.count);
        if (!good && !bad++)
            first_bad = i;
        if (i % 10000 == 0)
            say("info: %u mixed\n", i);
    }
    check(bad == 0, "mixed/operations", "%u of %u wrong, the first is number %u", bad, subject.config.mixed, first_bad);

    bad = 0;
    for (uint32_t first = 0; first + PASS <= blocks; first += PASS)
        bad += !read_some(first, PASS);
    check(bad == 0, "mixed/all", "%u of %u wrong", bad, blocks / PASS);
    check_status(subject.io->FlushBlocks(subject.io), EFI_SUCCESS, "mixed/flush");
}
