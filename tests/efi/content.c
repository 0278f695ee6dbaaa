/* SPDX-License-Identifier: BSD-2-Clause */
/* The content scheme of tests/exerciser: a word is its sector's number, its place and the seed. */
#include "tests/efi/conformance.h"

#define WORDS   (SECTOR / sizeof(uint32_t))
#define STEP    0x9E3779B1u
#define WRITTEN 0xA5A5A5A5u

/* The word at `offset`; both functions begin at a sector's first. */
static uint32_t word_at(uint64_t offset, uint32_t seed)
{
    return (uint32_t)(offset / SECTOR) ^ seed ^ (uint32_t)(offset / sizeof(uint32_t) % WORDS) * STEP;
}

void put_content(uint8_t *to, uint64_t offset, uint64_t length, uint32_t seed)
{
    uint32_t *words = (uint32_t *)to;
    for (uint64_t i = 0; i < length / sizeof *words; i++)
        words[i] = word_at(offset + i * sizeof *words, seed);
}

bool has_content(const uint8_t *at, uint64_t offset, uint64_t length, uint32_t seed)
{
    const uint32_t *words = (const uint32_t *)at;
    for (uint64_t i = 0; i < length / sizeof *words; i++)
        if (words[i] != word_at(offset + i * sizeof *words, seed))
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

bool is_data(const uint8_t *at, uint64_t offset, uint64_t length)
{
    return has_content(at, offset, length, subject.config.seed);
}

EFI_STATUS read_data(uint64_t offset, uint64_t length, void *to)
{
    EFI_STATUS status = read_bytes(offset, length, to);
    return status != EFI_SUCCESS || is_data(to, offset, length) ? status : EFI_CRC_ERROR;
}

EFI_STATUS write_bytes(uint64_t offset, uint64_t length, const void *from)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    return subject.io->WriteBlocks(subject.io, media->MediaId, offset / media->BlockSize, (UINTN)length, (void *)(uintptr_t)from);
}
