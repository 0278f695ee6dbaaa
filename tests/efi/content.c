/* SPDX-License-Identifier: BSD-2-Clause */
/* The content scheme of tests/exerciser: a word is its sector's number, its place and the seed. */
#include "tests/efi/conformance.h"

#define WORDS   (SECTOR / 4)
#define STEP    0x9E3779B1u
#define WRITTEN 0xA5A5A5A5u

void put_content(uint8_t *to, uint64_t offset, uint64_t length, uint32_t seed)
{
    uint32_t *word = (uint32_t *)to;
    for (uint64_t i = 0; i < length / 4; i++)
        word[i] = ((uint32_t)((offset + i * 4) / SECTOR) ^ seed) ^ (uint32_t)(i % WORDS) * STEP;
}

bool has_content(const uint8_t *at, uint64_t offset, uint64_t length, uint32_t seed)
{
    const uint32_t *word = (const uint32_t *)at;
    for (uint64_t i = 0; i < length / 4; i++)
        if (word[i] != (((uint32_t)((offset + i * 4) / SECTOR) ^ seed) ^ (uint32_t)(i % WORDS) * STEP))
            return false;
    return true;
}

uint32_t written_seed(void)
{
    return subject.config.seed ^ WRITTEN;
}

uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

bool all_are(const uint8_t *at, size_t length, uint8_t value)
{
    for (size_t i = 0; i < length; i++)
        if (at[i] != value)
            return false;
    return true;
}

EFI_STATUS read_bytes(uint64_t offset, uint64_t length, void *to)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    return subject.io->ReadBlocks(subject.io, media->MediaId, offset / media->BlockSize, (UINTN)length, to);
}

EFI_STATUS write_bytes(uint64_t offset, uint64_t length, const void *from)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    return subject.io->WriteBlocks(subject.io, media->MediaId, offset / media->BlockSize, (UINTN)length, (void *)(uintptr_t)from);
}
