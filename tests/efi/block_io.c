/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "platform/format.h"
#include "tests/efi/conformance.h"

static EFI_STATUS read_blocks(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    return subject.io->ReadBlocks(subject.io, media_id, lba, size, buffer);
}

static EFI_STATUS write_blocks(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    return subject.io->WriteBlocks(subject.io, media_id, lba, size, buffer);
}

static EFI_STATUS flush(void)
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
    EFI_STATUS status = read_bytes(subject.config.data_start, 4096, subject.buffer);
    check(status == EFI_SUCCESS && has_content(subject.buffer, subject.config.data_start, 4096, subject.config.seed),
          "block_io/read-after-reset", "%llx", (unsigned long long)status);
}

/* UEFI 2.10, 7.1, table of TPL restrictions: BlockIo may be called at TPL_CALLBACK and below; ours at TPL_NOTIFY, too. */
static void test_at_tpl(EFI_TPL tpl, const char *name)
{
    char label[80];
    EFI_TPL old = subject.boot->RaiseTPL(tpl);
    EFI_STATUS status = read_bytes(subject.config.data_start, 65536, subject.buffer);
    EFI_TPL now = subject.boot->RaiseTPL(TPL_HIGH_LEVEL);
    subject.boot->RestoreTPL(now);
    subject.boot->RestoreTPL(old);
    format_text(label, sizeof label, "block_io/read-at-%s", name);
    check(status == EFI_SUCCESS && has_content(subject.buffer, subject.config.data_start, 65536, subject.config.seed), label,
          "%llx", (unsigned long long)status);
    format_text(label, sizeof label, "block_io/keeps-%s", name);
    check(now == tpl, label, "%u", (unsigned)now);
}

struct nested {
    unsigned calls, good;
    uint8_t *buffer;
};

static void EFIAPI read_in_event(EFI_EVENT event, void *context)
{
    struct nested *nested = context;
    (void)event;
    nested->calls++;
    if (read_bytes(subject.config.data_start, 4096, nested->buffer) == EFI_SUCCESS &&
        has_content(nested->buffer, subject.config.data_start, 4096, subject.config.seed))
        nested->good++;
}

/* A timer of another driver reads while we read: neither spoils the other. (OVMF's virtio driver hangs.) */
static void test_timer_reads_too(void)
{
    struct nested nested = {.buffer = subject.second};
    EFI_EVENT timer;
    unsigned wrong = 0;
    if (subject.boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, read_in_event, &nested, &timer) != EFI_SUCCESS)
        return;
    subject.boot->SetTimer(timer, TimerPeriodic, 10000);
    for (unsigned i = 0; i < 2000 && (i < 200 || nested.calls < 10); i++) {
        uint64_t offset = subject.config.data_start + 65536ull * (i % 64);
        if (read_bytes(offset, 65536, subject.buffer) != EFI_SUCCESS ||
            !has_content(subject.buffer, offset, 65536, subject.config.seed))
            wrong++;
    }
    subject.boot->CloseEvent(timer);
    check(wrong == 0, "block_io/read-beside-a-timer", "%u wrong", wrong);
    check(nested.calls >= 10 && nested.good == nested.calls, "block_io/read-in-a-timer", "%u of %u good", nested.good,
          nested.calls);
}

void test_block_io(void)
{
    static const struct way way = {"block_io", read_blocks, write_blocks, flush};
    test_reset();
    test_refusals(&way);
    test_transfers(&way);
    test_at_tpl(TPL_CALLBACK, "tpl-callback");
    if (subject.config.strict) {
        test_at_tpl(TPL_NOTIFY, "tpl-notify");
        test_timer_reads_too();
    }
}
