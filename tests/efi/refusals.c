/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that cannot be, and the status that the specification names for each. None of them moves a byte. */
#include <string.h>

#include "tests/efi/conformance.h"

#define FILLER         0x5A
#define WATCHED_BLOCKS 8 /* at the disk's end, where what is refused would have gone */

/* One request. The block numbers count from the first one that does not exist. */
struct refusal {
    const char *name;
    bool other_media, no_buffer, misaligned;
    int64_t lba_from_end; /* with far: the LBA itself */
    bool far;
    int64_t blocks, extra_bytes;
    EFI_STATUS expected;
    bool strict; /* due of sanstrap alone: EDK2's drivers ask the device */
};

static const struct refusal refusals[] = {
    {"media-id", .other_media = true, .lba_from_end = -1, .blocks = 1, .expected = EFI_MEDIA_CHANGED},
    {"media-id-and-lba", .other_media = true, .blocks = 1, .expected = EFI_MEDIA_CHANGED},
    {"media-id-and-size", .other_media = true, .lba_from_end = -2, .blocks = 1, .extra_bytes = 1, .expected = EFI_MEDIA_CHANGED},
    {"media-id-and-no-bytes", .other_media = true, .lba_from_end = -1, .expected = EFI_MEDIA_CHANGED},
    {"size-one-less", .lba_from_end = -8, .blocks = 1, .extra_bytes = -1, .expected = EFI_BAD_BUFFER_SIZE},
    {"size-one-more", .lba_from_end = -8, .blocks = 1, .extra_bytes = 1, .expected = EFI_BAD_BUFFER_SIZE},
    {"size-half-block", .lba_from_end = -8, .blocks = 2, .extra_bytes = 256, .expected = EFI_BAD_BUFFER_SIZE},
    {"first-behind-the-end", .blocks = 1, .expected = EFI_INVALID_PARAMETER},
    {"second-behind-the-end", .lba_from_end = 1, .blocks = 1, .expected = EFI_INVALID_PARAMETER},
    {"across-the-end", .lba_from_end = -1, .blocks = 2, .expected = EFI_INVALID_PARAMETER},
    {"far-across-the-end", .lba_from_end = -7, .blocks = 100, .expected = EFI_INVALID_PARAMETER},
    {"highest-lba", .far = true, .lba_from_end = -1, .blocks = 1, .expected = EFI_INVALID_PARAMETER},
    {"highest-lba-wraps", .far = true, .lba_from_end = -1, .blocks = 2, .expected = EFI_INVALID_PARAMETER, .strict = true},
    {"lba-above-63-bits", .far = true, .lba_from_end = INT64_MIN, .blocks = 1, .expected = EFI_INVALID_PARAMETER},
    {"all-of-memory", .lba_from_end = -1, .blocks = -1, .expected = EFI_INVALID_PARAMETER},
    {"no-buffer", .no_buffer = true, .lba_from_end = -1, .blocks = 1, .expected = EFI_INVALID_PARAMETER},
    {"misaligned", .misaligned = true, .lba_from_end = -1, .blocks = 1, .expected = EFI_INVALID_PARAMETER},
    {"no-bytes", .lba_from_end = -1, .expected = EFI_SUCCESS},
};

static EFI_STATUS ask(const struct way *way, const struct refusal *refusal, bool write)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    EFI_LBA lba = (refusal->far ? 0 : media->LastBlock + 1) + (EFI_LBA)refusal->lba_from_end;
    UINTN size = (UINTN)(refusal->blocks * media->BlockSize + refusal->extra_bytes);
    uint8_t *buffer = refusal->no_buffer ? NULL : subject.buffer + (refusal->misaligned ? 1 : 0);
    return (write ? way->write : way->read)(media->MediaId + refusal->other_media, lba, size, buffer);
}

static bool is_due(const struct refusal *refusal)
{
    return !(refusal->misaligned && subject.media->IoAlign <= 1) && !(refusal->strict && !subject.config.strict);
}

static EFI_STATUS read_watched(uint8_t *to)
{
    const EFI_BLOCK_IO_MEDIA *media = subject.media;
    return read_bytes((media->LastBlock + 1 - WATCHED_BLOCKS) * media->BlockSize, WATCHED_BLOCKS * media->BlockSize, to);
}

void test_refusals(const struct way *way)
{
    EFI_STATUS before = read_watched(subject.second);
    memset(subject.buffer, FILLER, MIB);

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        for (int write = 0; write <= 1 && is_due(&refusals[i]); write++)
            check_status(ask(way, &refusals[i], write), refusals[i].expected,
                         named("%s/%s/%s", way->name, write ? "write" : "read", refusals[i].name));

    check(all_are(subject.buffer, MIB, FILLER), named("%s/refused-reads-touch-nothing", way->name), "the buffer has changed");
    EFI_STATUS after = read_watched(subject.buffer);
    check(before == EFI_SUCCESS && after == EFI_SUCCESS &&
              !memcmp(subject.buffer, subject.second, WATCHED_BLOCKS * subject.media->BlockSize),
          named("%s/refused-writes-touch-nothing", way->name), "the disk's end has changed");
}
