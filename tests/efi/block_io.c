/* SPDX-License-Identifier: BSD-2-Clause */
/* BlockIo: a reset, every kind of request, and being called where timers interrupt. */
#include "tests/efi/conformance.h"

static EFI_STATUS read_blocks(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    return subject.io->ReadBlocks(subject.io, media_id, lba, size, buffer);
}

static EFI_STATUS write_blocks(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    return subject.io->WriteBlocks(subject.io, media_id, lba, size, buffer);
}

static EFI_STATUS flush_blocks(void)
{
    return subject.io->FlushBlocks(subject.io);
}

static void test_reset(void)
{
    UINT32 media_id = subject.media->MediaId;
    check_status(subject.io->Reset(subject.io, FALSE), EFI_SUCCESS, "block_io/reset");
    check_status(subject.io->Reset(subject.io, TRUE), EFI_SUCCESS, "block_io/reset-extended");
    check(subject.media->MediaPresent && subject.media->MediaId == media_id, "block_io/reset-keeps-media", "media id %u, not %u",
          subject.media->MediaId, media_id);
    check_status(read_data(subject.config.data_start, PAGE_SIZE, subject.buffer), EFI_SUCCESS, "block_io/read-after-reset");
}

/* UEFI 2.10, 7.1, table of TPL restrictions: BlockIo may be called at TPL_CALLBACK and below; ours at TPL_NOTIFY, too. */
static void test_at_tpl(EFI_TPL tpl, const char *name)
{
    EFI_TPL old = subject.boot->RaiseTPL(tpl);
    EFI_STATUS status = read_data(subject.config.data_start, 64 * KIB, subject.buffer);
    EFI_TPL now = subject.boot->RaiseTPL(TPL_HIGH_LEVEL);
    subject.boot->RestoreTPL(now);
    subject.boot->RestoreTPL(old);
    check_status(status, EFI_SUCCESS, named("block_io/read-at-%s", name));
    check(now == tpl, named("block_io/keeps-%s", name), "%u", (unsigned)now);
}

/* ---- beside a timer ---- */

#define TIMER_100NS     10000u /* a millisecond, in SetTimer()'s unit */
#define TIMER_CALLS     10u    /* that are wanted */
#define READS_LEAST     200u
#define READS_MOST      2000u
#define READ_SIZE       (64 * KIB)
#define READS_IN_A_LOOP 64u /* from that many places */

struct timer_reads {
    unsigned calls, good;
};

static void EFIAPI read_in_event(EFI_EVENT event, void *context)
{
    struct timer_reads *reads = context;
    (void)event;
    reads->calls++;
    if (read_data(subject.config.data_start, PAGE_SIZE, subject.second) == EFI_SUCCESS)
        reads->good++;
}

/* A timer of another driver reads while we read: neither spoils the other. (OVMF's virtio driver hangs.) */
static void test_timer_reads_too(void)
{
    struct timer_reads reads = {0};
    EFI_EVENT timer;
    if (subject.boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, read_in_event, &reads, &timer) != EFI_SUCCESS)
        return;
    subject.boot->SetTimer(timer, TimerPeriodic, TIMER_100NS);

    unsigned wrong = 0;
    for (unsigned i = 0; i < READS_MOST && (i < READS_LEAST || reads.calls < TIMER_CALLS); i++) {
        uint64_t offset = subject.config.data_start + (uint64_t)READ_SIZE * (i % READS_IN_A_LOOP);
        if (read_data(offset, READ_SIZE, subject.buffer) != EFI_SUCCESS)
            wrong++;
    }
    subject.boot->CloseEvent(timer);

    check(wrong == 0, "block_io/read-beside-a-timer", "%u wrong", wrong);
    check(reads.calls >= TIMER_CALLS && reads.good == reads.calls, "block_io/read-in-a-timer", "%u of %u good", reads.good,
          reads.calls);
}

void test_block_io(void)
{
    static const struct way way = {"block_io", read_blocks, write_blocks, flush_blocks};
    test_reset();
    test_refusals(&way);
    test_transfers(&way);
    test_at_tpl(TPL_CALLBACK, "tpl-callback");
    if (subject.config.strict) {
        test_at_tpl(TPL_NOTIFY, "tpl-notify");
        test_timer_reads_too();
    }
}
