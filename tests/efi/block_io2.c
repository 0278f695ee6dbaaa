/* SPDX-License-Identifier: BSD-2-Clause */
/* BlockIo2 in its three ways: without a token, with a token without event, with an event that is waited for. */
#include "tests/efi/conformance.h"

#define IN_FLIGHT    16u
#define PIECE        (16 * KIB)
#define NOTIFY_SIZE  (64 * KIB)
#define WAIT_TURNS   20000u
#define WAIT_STEP_US 1000u

/* ---- blocking ---- */

static EFI_BLOCK_IO2_TOKEN empty_token;
static EFI_BLOCK_IO2_TOKEN *blocking_token; /* NULL or &empty_token */

static EFI_STATUS read_blocking(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    return subject.io2->ReadBlocksEx(subject.io2, media_id, lba, blocking_token, size, buffer);
}

static EFI_STATUS write_blocking(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    return subject.io2->WriteBlocksEx(subject.io2, media_id, lba, blocking_token, size, buffer);
}

static EFI_STATUS flush_blocking(void)
{
    return subject.io2->FlushBlocksEx(subject.io2, blocking_token);
}

/* ---- with an event ---- */

static EFI_EVENT event;

/* A request that is refused at once must not signal. */
static EFI_STATUS outcome_of(EFI_STATUS status, const EFI_BLOCK_IO2_TOKEN *token)
{
    if (status != EFI_SUCCESS)
        return subject.boot->CheckEvent(event) == EFI_NOT_READY ? status : EFI_ABORTED;
    return event_comes(event) ? token->TransactionStatus : EFI_TIMEOUT;
}

static EFI_STATUS read_event(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = event, .TransactionStatus = EFI_NOT_STARTED};
    return outcome_of(subject.io2->ReadBlocksEx(subject.io2, media_id, lba, &token, size, buffer), &token);
}

static EFI_STATUS write_event(UINT32 media_id, EFI_LBA lba, UINTN size, void *buffer)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = event, .TransactionStatus = EFI_NOT_STARTED};
    return outcome_of(subject.io2->WriteBlocksEx(subject.io2, media_id, lba, &token, size, buffer), &token);
}

static EFI_STATUS flush_event(void)
{
    EFI_BLOCK_IO2_TOKEN token = {.Event = event, .TransactionStatus = EFI_NOT_STARTED};
    return outcome_of(subject.io2->FlushBlocksEx(subject.io2, &token), &token);
}

/* Where the n-th read begins: backwards, with gaps between them. */
static uint64_t in_flight_offset(unsigned n)
{
    return subject.config.data_start + 3 * PIECE * (IN_FLIGHT - n);
}

/* Starts a read into its piece of the buffer; false when there is no event, or it is refused. */
static bool start_read(unsigned n, EFI_BLOCK_IO2_TOKEN *token)
{
    token->TransactionStatus = EFI_NOT_STARTED;
    if (subject.boot->CreateEvent(0, 0, NULL, NULL, &token->Event) != EFI_SUCCESS)
        return false;
    if (subject.io2->ReadBlocksEx(subject.io2, subject.media->MediaId, in_flight_offset(n) / subject.media->BlockSize, token,
                                  PIECE, subject.buffer + n * PIECE) == EFI_SUCCESS)
        return true;
    subject.boot->CloseEvent(token->Event);
    return false;
}

static void test_many_in_flight(void)
{
    EFI_BLOCK_IO2_TOKEN tokens[IN_FLIGHT];
    unsigned started = 0, good = 0;
    while (started < IN_FLIGHT && start_read(started, &tokens[started]))
        started++;

    for (unsigned n = 0; n < started; n++) {
        good += event_comes(tokens[n].Event) && tokens[n].TransactionStatus == EFI_SUCCESS &&
                is_data(subject.buffer + n * PIECE, in_flight_offset(n), PIECE);
        subject.boot->CloseEvent(tokens[n].Event);
    }
    check(good == IN_FLIGHT, "block_io2/many-in-flight", "%u started, %u good", started, good);
}

static void EFIAPI count_signals(EFI_EVENT signalled, void *context)
{
    (void)signalled;
    ++*(unsigned *)context;
}

/* An event that calls somebody is signalled once, and at TPL_NOTIFY (UEFI 2.10, 7.1) he is called when it is over. */
static void test_at_notify(void)
{
    unsigned calls = 0;
    EFI_BLOCK_IO2_TOKEN token = {.TransactionStatus = EFI_NOT_STARTED};
    if (subject.boot->CreateEvent(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count_signals, &calls, &token.Event) != EFI_SUCCESS)
        return;

    EFI_LBA lba = subject.config.data_start / subject.media->BlockSize;
    EFI_TPL old = subject.boot->RaiseTPL(TPL_NOTIFY);
    EFI_STATUS status = subject.io2->ReadBlocksEx(subject.io2, subject.media->MediaId, lba, &token, NOTIFY_SIZE, subject.buffer);
    bool early = calls != 0;
    subject.boot->RestoreTPL(old);
    for (unsigned turn = 0; turn < WAIT_TURNS && !calls; turn++)
        subject.boot->Stall(WAIT_STEP_US);
    subject.boot->CloseEvent(token.Event);

    check(status == EFI_SUCCESS && !early && calls == 1, "block_io2/signals-once", "%llx, %u calls, early %d",
          (unsigned long long)status, calls, early);
    check(token.TransactionStatus == EFI_SUCCESS && is_data(subject.buffer, subject.config.data_start, NOTIFY_SIZE),
          "block_io2/read-at-tpl-notify", "%llx", (unsigned long long)token.TransactionStatus);
}

/* ---- all ways ---- */

static void test_blocking(const char *name, EFI_BLOCK_IO2_TOKEN *token)
{
    struct way way = {name, read_blocking, write_blocking, flush_blocking};
    blocking_token = token;
    test_refusals(&way);
    test_transfers(&way);
}

static void test_with_event(void)
{
    static const struct way way = {"block_io2-event", read_event, write_event, flush_event};
    if (subject.boot->CreateEvent(0, 0, NULL, NULL, &event) != EFI_SUCCESS) {
        check(false, "block_io2/event", "none can be made");
        return;
    }
    test_refusals(&way);
    test_transfers(&way);
    subject.boot->CloseEvent(event);

    test_many_in_flight();
    test_at_notify();
}

void test_block_io2(void)
{
    if (subject.config.strict)
        check(subject.io2, "block_io2/present", "it is not");
    if (!subject.io2) {
        say("info: no BlockIo2 on this disk\n");
        return;
    }

    check(subject.io2->Media->MediaId == subject.media->MediaId && subject.io2->Media->LastBlock == subject.media->LastBlock,
          "block_io2/same-media", "they differ");
    check_status(subject.io2->Reset(subject.io2, FALSE), EFI_SUCCESS, "block_io2/reset");
    check_status(subject.io2->Reset(subject.io2, TRUE), EFI_SUCCESS, "block_io2/reset-extended");
    test_blocking("block_io2-no-token", NULL);
    test_blocking("block_io2-no-event", &empty_token);
    test_with_event();
    if (subject.config.strict)
        test_background();
}
