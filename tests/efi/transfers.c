/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that can be: of every size, to every alignment that is allowed, at both ends of the disk. */
#include <string.h>

#include "platform/format.h"
#include "tests/efi/conformance.h"

#define GUARD  64
#define FILLER 0xC3

static const uint32_t sizes[] = {1, 2, 3, 7, 8, 16, 63, 64, 127, 128, 129, 255, 256, 257};

/* Where the transfer's first byte goes: behind a guard, and `skew` bytes beside what pages are aligned to. */
static uint8_t *place(uint32_t skew)
{
    return subject.buffer + 4096 + skew;
}

static bool guarded(const uint8_t *at, uint64_t length)
{
    return all_are(at - GUARD, GUARD, FILLER) && all_are(at + length, GUARD, FILLER);
}

static void read_size(const struct way *way, uint32_t blocks, uint32_t skew)
{
    char name[80];
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    uint64_t length = (uint64_t)blocks * media->BlockSize,
             offset = subject.config.data_start + blocks * (uint64_t)media->BlockSize;
    uint8_t *at = place(skew);
    memset(subject.buffer, FILLER, (size_t)length + 2 * 4096);
    EFI_STATUS status = way->read(media->MediaId, offset / media->BlockSize, (UINTN)length, at);
    bool guards = guarded(at, length);
    memmove(subject.buffer, at, (size_t)length);
    format_text(name, sizeof name, "%s/read/%u-blocks-at-%u", way->name, blocks, skew);
    check(status == EFI_SUCCESS && guards && has_content(subject.buffer, offset, length, subject.config.seed), name,
          "%llx, guards %s", (unsigned long long)status, guards ? "good" : "overwritten");
}

static void write_size(const struct way *way, uint32_t blocks, uint32_t skew)
{
    char name[80];
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    uint64_t length = (uint64_t)blocks * media->BlockSize, offset = subject.config.scratch;
    uint8_t *at = place(skew);
    if (length + 2 * media->BlockSize > (1u << 20))
        return;
    memset(subject.second, FILLER, (size_t)length + 2 * media->BlockSize);
    EFI_STATUS status = write_bytes(offset, length + 2 * media->BlockSize, subject.second);
    put_content(subject.second, offset, length, blocks + skew);
    memcpy(at, subject.second, (size_t)length);
    if (status == EFI_SUCCESS)
        status = way->write(media->MediaId, offset / media->BlockSize + 1, (UINTN)length, at);
    bool kept = !memcmp(at, subject.second, (size_t)length);
    EFI_STATUS again = read_bytes(offset, length + 2 * media->BlockSize, subject.buffer);
    bool good = again == EFI_SUCCESS && all_are(subject.buffer, media->BlockSize, FILLER) &&
                all_are(subject.buffer + media->BlockSize + length, media->BlockSize, FILLER) &&
                !memcmp(subject.buffer + media->BlockSize, subject.second, (size_t)length);
    format_text(name, sizeof name, "%s/write/%u-blocks-at-%u", way->name, blocks, skew);
    check(status == EFI_SUCCESS && kept && good, name, "%llx, buffer %s, disk %s", (unsigned long long)status,
          kept ? "kept" : "changed", good ? "good" : "wrong");
}

/* More than a command of any transport takes; written again with what stands there. */
static void beyond_one_command(const struct way *way)
{
    char name[80];
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    uint64_t length = (3u << 20) + media->BlockSize, offset = subject.config.data_start + 5 * media->BlockSize;
    memset(subject.buffer, FILLER, BUFFER_SIZE);
    EFI_STATUS status = way->read(media->MediaId, offset / media->BlockSize, (UINTN)length, place(0));
    format_text(name, sizeof name, "%s/read/3-mib-and-a-block", way->name);
    check(status == EFI_SUCCESS && guarded(place(0), length) && has_content(place(0), offset, length, subject.config.seed), name,
          "%llx", (unsigned long long)status);
    put_content(place(0), offset, length, subject.config.seed);
    status = way->write(media->MediaId, offset / media->BlockSize, (UINTN)length, place(0));
    format_text(name, sizeof name, "%s/write/3-mib-and-a-block", way->name);
    check_status(status, EFI_SUCCESS, name);
}

/* The first block and the last, alone. */
static void ends(const struct way *way)
{
    char name[80];
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    EFI_STATUS status = way->read(media->MediaId, 0, media->BlockSize, subject.buffer);
    format_text(name, sizeof name, "%s/read/first-block", way->name);
    check(status == EFI_SUCCESS && subject.buffer[510] == 0x55 && subject.buffer[511] == 0xAA, name, "%llx",
          (unsigned long long)status);
    status = way->read(media->MediaId, media->LastBlock, media->BlockSize, subject.buffer);
    format_text(name, sizeof name, "%s/read/last-block", way->name);
    check(status == EFI_SUCCESS && !memcmp(subject.buffer, "EFI PART", 8), name, "%llx", (unsigned long long)status);
    status = way->write(media->MediaId, media->LastBlock, media->BlockSize, subject.buffer);
    format_text(name, sizeof name, "%s/write/last-block", way->name);
    check_status(status, EFI_SUCCESS, name);
}

void test_transfers(const struct way *way)
{
    static const uint32_t skews[] = {0, 1, 2, 4, 8, 16, 510, 512, 2047};
    char name[80];
    uint32_t align = subject.media->IoAlign ? subject.media->IoAlign : 1;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        read_size(way, sizes[i], 0);
        write_size(way, sizes[i], 0);
    }
    for (size_t i = 0; i < sizeof skews / sizeof skews[0]; i++) {
        if (skews[i] % align)
            continue;
        read_size(way, 9, skews[i]);
        write_size(way, 9, skews[i]);
    }
    beyond_one_command(way);
    ends(way);
    format_text(name, sizeof name, "%s/flush", way->name);
    check_status(way->flush(), EFI_SUCCESS, name);
}
