/* SPDX-License-Identifier: BSD-2-Clause */
/* BlockIo2's requests in the background: what sanstrap promises beyond the specification, and how they end before their time. */
#include <string.h>

#include "tests/efi/conformance.h"

#define REQUESTS 4u
#define FILLER   0xC3

static EFI_BLOCK_IO2_TOKEN tokens[REQUESTS];

static bool make_events(void)
{
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (subject.boot->CreateEvent(0, 0, NULL, NULL, &tokens[i].Event) != EFI_SUCCESS)
            return false;
        tokens[i].TransactionStatus = EFI_NOT_STARTED;
    }
    return true;
}

static void close_events(void)
{
    for (unsigned i = 0; i < REQUESTS; i++)
        subject.boot->CloseEvent(tokens[i].Event);
}

static bool comes(unsigned which)
{
    return event_comes(tokens[which].Event);
}

/* Of 1 MiB each, which nobody has read before: the end of the data. */
static uint64_t far_offset(unsigned which)
{
    return subject.config.data_start + subject.config.data_bytes - (which + 1) * (uint64_t)MIB;
}

static EFI_STATUS begin_far_read(unsigned which)
{
    return subject.io2->ReadBlocksEx(subject.io2, subject.media->MediaId, far_offset(which) / subject.media->BlockSize,
                                     &tokens[which], MIB, subject.buffer + (size_t)which * MIB);
}

/* No timer comes at TPL_NOTIFY, so that what is there when the call returns is what the call has waited for. */
static void test_returns_before_the_data(void)
{
    memset(subject.buffer, FILLER, REQUESTS * MIB);
    EFI_TPL old = subject.boot->RaiseTPL(TPL_NOTIFY);
    EFI_STATUS status = begin_far_read(0);
    EFI_STATUS state = subject.boot->CheckEvent(tokens[0].Event);
    bool there = is_data(subject.buffer, far_offset(0), MIB);
    subject.boot->RestoreTPL(old);

    check(status == EFI_SUCCESS && state == EFI_NOT_READY && !there, "block_io2/returns-before-the-data", "%llx, event %llx, %s",
          (unsigned long long)status, (unsigned long long)state, there ? "all data" : "not all data");
    check(comes(0) && tokens[0].TransactionStatus == EFI_SUCCESS && is_data(subject.buffer, far_offset(0), MIB),
          "block_io2/data-comes-by-itself", "%llx", (unsigned long long)tokens[0].TransactionStatus);
}

/* The level that a caller may have (UEFI 2.10, 7.1). */
static void test_comes_at_callback(void)
{
    EFI_TPL old = subject.boot->RaiseTPL(TPL_CALLBACK);
    EFI_STATUS status = begin_far_read(1);
    bool came = status == EFI_SUCCESS && comes(1);
    subject.boot->RestoreTPL(old);
    check(came && tokens[1].TransactionStatus == EFI_SUCCESS && is_data(subject.buffer + MIB, far_offset(1), MIB),
          "block_io2/comes-at-tpl-callback", "%llx, %scame", (unsigned long long)status, came ? "" : "not ");
}

/* A read sees the write that was begun before it, and a flush ends behind it. */
static void test_keeps_the_order(void)
{
    EFI_BLOCK_IO2_PROTOCOL *io2 = subject.io2;
    UINT32 media_id = subject.media->MediaId;
    EFI_LBA lba = subject.config.scratch / subject.media->BlockSize;
    UINTN size = SCRATCH_SIZE / 2;
    uint8_t *second = subject.second + SCRATCH_SIZE;
    unsigned good = 0;

    put_content(subject.second, subject.config.scratch, size, 1);
    put_content(second, subject.config.scratch, size, 2);
    memset(subject.buffer, FILLER, size);
    EFI_STATUS status = io2->WriteBlocksEx(io2, media_id, lba, &tokens[0], size, subject.second);
    status |= io2->WriteBlocksEx(io2, media_id, lba, &tokens[1], size, second);
    status |= io2->ReadBlocksEx(io2, media_id, lba, &tokens[2], size, subject.buffer);
    status |= io2->FlushBlocksEx(io2, &tokens[3]);
    bool flushed = status == EFI_SUCCESS && comes(3), behind = subject.boot->CheckEvent(tokens[0].Event) == EFI_SUCCESS &&
                                                               subject.boot->CheckEvent(tokens[1].Event) == EFI_SUCCESS;
    bool came = status == EFI_SUCCESS && comes(2);
    for (unsigned i = 0; i < REQUESTS; i++)
        good += tokens[i].TransactionStatus == EFI_SUCCESS;

    check(flushed && behind && good == REQUESTS, "block_io2/flush-behind-writes", "%llx, %u good", (unsigned long long)status,
          good);
    check(came && has_content(subject.buffer, subject.config.scratch, size, 2), "block_io2/read-behind-writes", "%llx",
          (unsigned long long)status);
}

/* When a reset has returned all is over, and buffers are the caller's. */
static void test_reset_aborts(void)
{
    unsigned begun = 0, aborted = 0;
    EFI_TPL old = subject.boot->RaiseTPL(TPL_NOTIFY); /* so that none ends before */
    while (begun < REQUESTS && begin_far_read(begun) == EFI_SUCCESS)
        begun++;
    EFI_STATUS status = subject.io2->Reset(subject.io2, FALSE);
    for (unsigned i = 0; i < begun; i++)
        aborted += subject.boot->CheckEvent(tokens[i].Event) == EFI_SUCCESS && tokens[i].TransactionStatus == EFI_ABORTED;
    memset(subject.buffer, FILLER, REQUESTS * MIB);
    subject.boot->RestoreTPL(old);

    check(status == EFI_SUCCESS && begun == REQUESTS && aborted >= REQUESTS - 1, "block_io2/reset-aborts", "%llx, %u of %u",
          (unsigned long long)status, aborted, begun);
    status = read_data(far_offset(REQUESTS), MIB, subject.second);
    check(status == EFI_SUCCESS && all_are(subject.buffer, REQUESTS * MIB, FILLER), "block_io2/untouched-after-reset", "%llx",
          (unsigned long long)status);
}

void test_background(void)
{
    static void (*const tests[])(void) = {test_returns_before_the_data, test_comes_at_callback, test_keeps_the_order,
                                          test_reset_aborts};
    for (unsigned i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (!make_events()) {
            check(false, "block_io2/events", "none can be made");
            return;
        }
        tests[i]();
        close_events();
    }
}
