/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads whose content proves itself, then writes that the host looks for in the image. */
#include "tests/efi/conformance.h"

#define MOST_BLOCKS 16

/* A stretch of the data: its first byte and its length. */
struct stretch {
    uint64_t offset, length;
};

static struct stretch next_stretch(uint32_t *state)
{
    uint32_t block = subject.media->BlockSize, blocks = (uint32_t)(subject.config.data_bytes / block);
    uint32_t count = 1 + next_random(state) % MOST_BLOCKS;
    uint32_t first = next_random(state) % (blocks - count);
    return (struct stretch){subject.config.data_start + (uint64_t)first * block, (uint64_t)count * block};
}

static void random_reads(void)
{
    uint32_t state = subject.config.seed | 1, bad = 0;
    for (uint32_t i = 1; i <= subject.config.reads; i++) {
        struct stretch stretch = next_stretch(&state);
        if (read_data(stretch.offset, stretch.length, subject.buffer) != EFI_SUCCESS)
            bad++;
        if (i % 1000 == 0)
            say("info: %u reads\n", i);
    }
    check(bad == 0, "random/reads", "%u of %u wrong", bad, subject.config.reads);
}

static void random_writes(void)
{
    uint32_t state = written_seed() | 1, bad = 0;
    for (uint32_t i = 1; i <= subject.config.writes; i++) {
        struct stretch stretch = next_stretch(&state);
        put_content(subject.buffer, stretch.offset, stretch.length, written_seed());
        if (write_bytes(stretch.offset, stretch.length, subject.buffer) != EFI_SUCCESS ||
            read_bytes(stretch.offset, stretch.length, subject.second) != EFI_SUCCESS ||
            !has_content(subject.second, stretch.offset, stretch.length, written_seed()))
            bad++;
        if (i % 500 == 0)
            say("info: %u writes\n", i);
    }

    check(bad == 0, "random/writes", "%u of %u wrong", bad, subject.config.writes);
    check_status(subject.io->FlushBlocks(subject.io), EFI_SUCCESS, "random/flush");
}

void test_random(void)
{
    random_reads();
    random_writes();
}
