/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that can be: of every size, to every alignment that is allowed, at both ends of the disk. */
#include <string.h>

#include "tests/efi/conformance.h"

#define GUARD  64
#define FILLER 0xC3

static const uint32_t sizes[] = {1, 2, 3, 7, 8, 16, 63, 64, 127, 128, 129, 255, 256, 257}; /* blocks */
static const uint32_t skews[] = {0, 1, 2, 4, 8, 16, 510, 512, 2047};
#define SKEWED_BLOCKS 9

/* Where the transfer's first byte goes: behind a guard, and `skew` bytes beside what pages are aligned to. */
static uint8_t *place(uint32_t skew)
{
    return subject.buffer + PAGE_SIZE + skew;
}

static bool guards_stand(const uint8_t *at, uint64_t length)
{
    return all_are(at - GUARD, GUARD, FILLER) && all_are(at + length, GUARD, FILLER);
}

/* Moves blocks by byte offset, the way that is tested. */
static EFI_STATUS way_read(const struct way *way, uint64_t offset, uint64_t length, void *to)
{
    return way->read(subject.media->MediaId, offset / subject.media->BlockSize, (UINTN)length, to);
}

static EFI_STATUS way_write(const struct way *way, uint64_t offset, uint64_t length, void *from)
{
    return way->write(subject.media->MediaId, offset / subject.media->BlockSize, (UINTN)length, from);
}

/* A read moves the data, and not a byte around it. */
static void read_size(const struct way *way, uint32_t blocks, uint32_t skew)
{
    uint64_t length = (uint64_t)blocks * subject.media->BlockSize, offset = subject.config.data_start + length;
    uint8_t *at = place(skew);
    memset(subject.buffer, FILLER, (size_t)length + 2 * PAGE_SIZE);

    EFI_STATUS status = way_read(way, offset, length, at);
    bool guards = guards_stand(at, length);
    memmove(subject.buffer, at, (size_t)length); /* where words are aligned */
    check(status == EFI_SUCCESS && guards && is_data(subject.buffer, offset, length),
          named("%s/read/%u-blocks-at-%u", way->name, blocks, skew), "%llx, guards %s", (unsigned long long)status,
          guards ? "good" : "overwritten");
}

/* A write changes its blocks of the disk, not those around them, and not the buffer. */
static void write_size(const struct way *way, uint32_t blocks, uint32_t skew)
{
    uint32_t block = subject.media->BlockSize;
    uint64_t length = (uint64_t)blocks * block, around = length + 2 * block, offset = subject.config.scratch;
    if (around > SCRATCH_SIZE)
        return;
    memset(subject.second, FILLER, (size_t)around);
    EFI_STATUS status = write_bytes(offset, around, subject.second);

    uint8_t *at = place(skew);
    put_content(subject.second, offset, length, blocks + skew);
    memcpy(at, subject.second, (size_t)length);
    if (status == EFI_SUCCESS)
        status = way_write(way, offset + block, length, at);
    bool kept = !memcmp(at, subject.second, (size_t)length);

    EFI_STATUS again = read_bytes(offset, around, subject.buffer);
    bool good = again == EFI_SUCCESS && all_are(subject.buffer, block, FILLER) &&
                !memcmp(subject.buffer + block, subject.second, (size_t)length) &&
                all_are(subject.buffer + block + length, block, FILLER);
    check(status == EFI_SUCCESS && kept && good, named("%s/write/%u-blocks-at-%u", way->name, blocks, skew),
          "%llx, buffer %s, disk %s", (unsigned long long)status, kept ? "kept" : "changed", good ? "good" : "wrong");
}

/* More than a command of any transport takes; written again with what stands there. */
static void beyond_one_command(const struct way *way)
{
    uint64_t length = 3 * MIB + subject.media->BlockSize, offset = subject.config.data_start + 5 * subject.media->BlockSize;
    uint8_t *at = place(0);
    memset(subject.buffer, FILLER, BUFFER_SIZE);

    EFI_STATUS status = way_read(way, offset, length, at);
    check(status == EFI_SUCCESS && guards_stand(at, length) && is_data(at, offset, length),
          named("%s/read/3-mib-and-a-block", way->name), "%llx", (unsigned long long)status);

    put_content(at, offset, length, subject.config.seed);
    check_status(way_write(way, offset, length, at), EFI_SUCCESS, named("%s/write/3-mib-and-a-block", way->name));
}

/* The first block and the last, alone: the signatures of the protective MBR and of the GPT's second header. */
static void first_and_last_block(const struct way *way)
{
    uint32_t block = subject.media->BlockSize;
    uint64_t last = subject.media->LastBlock * block;
    const uint8_t *signature = subject.buffer + 510;

    EFI_STATUS status = way_read(way, 0, block, subject.buffer);
    check(status == EFI_SUCCESS && signature[0] == 0x55 && signature[1] == 0xAA, named("%s/read/first-block", way->name), "%llx",
          (unsigned long long)status);
    status = way_read(way, last, block, subject.buffer);
    check(status == EFI_SUCCESS && !memcmp(subject.buffer, "EFI PART", 8), named("%s/read/last-block", way->name), "%llx",
          (unsigned long long)status);
    check_status(way_write(way, last, block, subject.buffer), EFI_SUCCESS, named("%s/write/last-block", way->name));
}

void test_transfers(const struct way *way)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        read_size(way, sizes[i], 0);
        write_size(way, sizes[i], 0);
    }

    uint32_t align = subject.media->IoAlign ? subject.media->IoAlign : 1;
    for (size_t i = 0; i < sizeof skews / sizeof skews[0]; i++) {
        if (skews[i] % align)
            continue;
        read_size(way, SKEWED_BLOCKS, skews[i]);
        write_size(way, SKEWED_BLOCKS, skews[i]);
    }

    beyond_one_command(way);
    first_and_last_block(way);
    check_status(way->flush(), EFI_SUCCESS, named("%s/flush", way->name));
}
