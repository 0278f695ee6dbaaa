/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk that cannot be written. */
#include <string.h>

#include "tests/efi/conformance.h"

#define LENGTH (64 * KIB)

static void test_writes(void)
{
    EFI_LBA lba = subject.config.data_start / subject.media->BlockSize;
    UINT32 media_id = subject.media->MediaId;
    memset(subject.second, 0, LENGTH);
    check_status(subject.io->WriteBlocks(subject.io, media_id, lba, LENGTH, subject.second), EFI_WRITE_PROTECTED,
                 "read_only/write");
    check_status(subject.io->WriteBlocks(subject.io, media_id + 1, lba, LENGTH, subject.second), EFI_MEDIA_CHANGED,
                 "read_only/write-media-id");
    check_status(subject.io->FlushBlocks(subject.io), EFI_SUCCESS, "read_only/flush");
    check_status(subject.io2->WriteBlocksEx(subject.io2, media_id, lba, NULL, LENGTH, subject.second), EFI_WRITE_PROTECTED,
                 "read_only/write-ex");
    check_status(subject.io2->FlushBlocksEx(subject.io2, NULL), EFI_WRITE_PROTECTED, "read_only/flush-ex");
}

void test_read_only(void)
{
    check(subject.media->ReadOnly && !subject.media->WriteCaching, "read_only/media", "it says that it can be written");
    check(subject.io2, "read_only/block-io2", "there is none");
    if (subject.io2)
        test_writes();
    check_status(read_data(subject.config.data_start, LENGTH, subject.buffer), EFI_SUCCESS, "read_only/read");
}
