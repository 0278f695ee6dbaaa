/* SPDX-License-Identifier: BSD-2-Clause */
/* BlockIo, and the handle with all protocols of the disk. */
#include "efi/block_io.h"

#include <string.h>

#include "efi/block_queue.h"
#include "efi/disk_info.h"
#include "efi/iscsi_path.h"
#include "platform/format.h"

static struct {
    struct disk *disk;     /* NULL: not published, withdrawn, or the handle is empty */
    EFI_HANDLE handle;     /* NULL: there is none */
    EFI_DEVICE_PATH *path; /* the handle's, from the pool */
    EFI_BLOCK_IO_MEDIA media;
    uint32_t last_media_id; /* of all disks that were published */
    uint32_t call_ms;       /* struct boot_options' */
    enum status failed;     /* the first read that did, until one there succeeds; and why */
    uint64_t failed_at;
    char why[128];
} published;

/* ---- the functions ---- */

static EFI_STATUS efi_status_of(enum block_answer answer)
{
    switch (answer) {
    case BLOCK_GO_ON:
    case BLOCK_NOTHING:
        return EFI_SUCCESS;
    case BLOCK_MEDIA_CHANGED:
        return EFI_MEDIA_CHANGED;
    case BLOCK_WRITE_PROTECTED:
        return EFI_WRITE_PROTECTED;
    case BLOCK_INVALID:
        return EFI_INVALID_PARAMETER;
    case BLOCK_BAD_SIZE:
        return EFI_BAD_BUFFER_SIZE;
    case BLOCK_NO_MEDIA:
        return EFI_NO_MEDIA;
    case BLOCK_DEVICE_ERROR:
        break;
    }

    return EFI_DEVICE_ERROR;
}

bool block_io_has_disk(void)
{
    return published.disk != NULL;
}

EFI_STATUS block_io_check(const struct block_request *request, bool *nothing)
{
    *nothing = false;
    if (!published.disk)
        return EFI_NO_MEDIA;

    const EFI_BLOCK_IO_MEDIA *media = &published.media;
    struct block_medium medium = {.media_id = media->MediaId,
                                  .block_size = media->BlockSize,
                                  .io_align = media->IoAlign,
                                  .block_count = media->LastBlock + 1,
                                  .read_only = media->ReadOnly};
    enum block_answer answer = block_check(&medium, request);
    *nothing = answer == BLOCK_NOTHING;
    return efi_status_of(answer);
}

/* A read's end. What was had at another try was no failure. */
static void note_read(uint64_t lba, enum status status)
{
    if (status == OK && lba == published.failed_at)
        published.failed = OK;
    if (status == OK || published.failed != OK)
        return;
    published.failed = status;
    published.failed_at = lba;
    format_text(published.why, sizeof published.why, "%s", failure_detail(status));
}

enum status block_io_verdict(enum status status)
{
    bool for_want_of_data = status == E_BOOT_ESP || status == E_BOOT_FILE || status == E_BOOT_LOAD;
    return for_want_of_data && published.failed != OK ? fail(published.failed, "%s", published.why) : status;
}

EFI_STATUS block_io_conclude(enum disk_operation operation, uint64_t lba, uint64_t blocks, enum status status)
{
    if (status != OK && operation == DISK_FLUSH)
        log_printf(LOG_WARNING, "flush: %s (S%u) %s", status_what(status), status, failure_detail(status));
    else if (status != OK)
        log_printf(LOG_WARNING, "%s of %llu blocks at %llu: %s (S%u) %s", operation == DISK_WRITE ? "write" : "read",
                   (unsigned long long)blocks, (unsigned long long)lba, status_what(status), status, failure_detail(status));
    if (operation == DISK_READ)
        note_read(lba, status);

    EFI_STATUS answer = efi_status_of(block_answer_of(status));
    if (operation != DISK_FLUSH)
        published.media.MediaPresent = answer != EFI_NO_MEDIA; /* UEFI 2.10, 13.9: as of the most recent transfer */
    return answer;
}

/* As a job of the queue; without a request it is a flush. */
static void describe_job(struct block_job *job, EFI_BLOCK_IO2_TOKEN *token, const struct block_request *request)
{
    job->operation = !request ? DISK_FLUSH : request->write ? DISK_WRITE : DISK_READ;
    job->lba = request ? request->lba : 0;
    job->blocks = request ? request->size / published.disk->block_size : 0;
    job->buffer = request ? (void *)request->buffer : NULL;
    job->token = token;
}

/* Most callers find nobody before them. */
static EFI_STATUS run_job(struct block_job *job)
{
    EFI_TPL old;
    if (!gate_enter(&old))
        return EFI_DEVICE_ERROR;

    EFI_STATUS answer;
    struct disk *disk = published.disk;
    deadline_t deadline = deadline_after_ms(published.call_ms);
    if (block_queue_is_busy()) {
        answer = block_queue_run(job, disk, published.call_ms);
    } else {
        enum status status = job->operation == DISK_FLUSH   ? disk_flush(disk, deadline)
                             : job->operation == DISK_WRITE ? disk_write(disk, job->lba, job->blocks, job->buffer, deadline)
                                                            : disk_read(disk, job->lba, job->blocks, job->buffer, deadline);
        answer = block_io_conclude(job->operation, job->lba, job->blocks, status);
    }
    gate_leave(old);
    block_queue_signal();
    return answer;
}

EFI_STATUS block_io_transfer(const struct block_request *request)
{
    struct block_job job;
    describe_job(&job, NULL, request);
    return run_job(&job);
}

EFI_STATUS block_io_flush(void)
{
    struct block_job job;
    if (!published.disk)
        return EFI_NO_MEDIA;
    if (published.media.ReadOnly)
        return EFI_SUCCESS;
    describe_job(&job, NULL, NULL);
    return run_job(&job);
}

bool block_io_turn(void)
{
    return published.disk && block_queue_turn(published.disk, published.call_ms);
}

/* When somebody is inside, the timer takes it from here. */
EFI_STATUS block_io_begin(EFI_BLOCK_IO2_TOKEN *token, const struct block_request *request)
{
    struct block_job *job;
    if (gate_is_shut())
        return EFI_DEVICE_ERROR;
    if (firmware.boot->AllocatePool(EfiBootServicesData, sizeof *job, (void **)&job) != EFI_SUCCESS)
        return EFI_OUT_OF_RESOURCES;
    describe_job(job, token, request);
    block_queue_add(job);

    EFI_TPL old;
    bool entered = gate_enter(&old), busy = true;
    if (entered) {
        busy = block_io_turn();
        if (busy) {
            published.disk->ops->pump(published.disk);
            busy = block_io_turn();
        }
        gate_leave(old);
    }
    if (busy)
        events_hurry();
    if (entered)
        block_queue_signal();
    return EFI_SUCCESS;
}

EFI_STATUS block_io_reset(void)
{
    return published.disk ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static bool abort_all(void)
{
    EFI_TPL old;
    if (!gate_enter(&old))
        return false;
    block_queue_abort();
    gate_leave(old);
    block_queue_signal();
    return true;
}

EFI_STATUS block_io_abort(void)
{
    return published.disk && abort_all() ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static EFI_STATUS check_and_transfer(const struct block_request *request)
{
    bool nothing;
    EFI_STATUS status = block_io_check(request, &nothing);
    return status != EFI_SUCCESS || nothing ? status : block_io_transfer(request);
}

static EFI_STATUS EFIAPI io_reset(EFI_BLOCK_IO_PROTOCOL *self, BOOLEAN extended)
{
    (void)self, (void)extended;
    return block_io_reset();
}

static EFI_STATUS EFIAPI io_read_blocks(EFI_BLOCK_IO_PROTOCOL *self, UINT32 media_id, EFI_LBA lba, UINTN size, VOID *buffer)
{
    (void)self;
    return check_and_transfer(
        &(struct block_request){.media_id = media_id, .lba = lba, .size = size, .buffer = (uintptr_t)buffer});
}

static EFI_STATUS EFIAPI io_write_blocks(EFI_BLOCK_IO_PROTOCOL *self, UINT32 media_id, EFI_LBA lba, UINTN size, VOID *buffer)
{
    (void)self;
    return check_and_transfer(
        &(struct block_request){.write = true, .media_id = media_id, .lba = lba, .size = size, .buffer = (uintptr_t)buffer});
}

static EFI_STATUS EFIAPI io_flush_blocks(EFI_BLOCK_IO_PROTOCOL *self)
{
    (void)self;
    return block_io_flush();
}

static EFI_BLOCK_IO_PROTOCOL block_io = {
    .Revision = EFI_BLOCK_IO_PROTOCOL_REVISION3,
    .Media = &published.media,
    .Reset = io_reset,
    .ReadBlocks = io_read_blocks,
    .WriteBlocks = io_write_blocks,
    .FlushBlocks = io_flush_blocks,
};

/* ---- publishing ---- */

/*
 * The data is copied out of the card's buffers, so a caller's buffer may lie anywhere. Write caching is claimed for every target,
 * as one that has none answers the flush at once.
 */
static void describe_media(const struct disk *disk)
{
    uint32_t physical_blocks = disk->physical_block_size / disk->block_size;

    published.media = (EFI_BLOCK_IO_MEDIA){
        .MediaId = ++published.last_media_id,
        .RemovableMedia = disk->removable,
        .MediaPresent = TRUE,
        .ReadOnly = disk->read_only,
        .WriteCaching = !disk->read_only,
        .BlockSize = disk->block_size,
        .IoAlign = 1,
        .LastBlock = disk->block_count - 1,
        .LowestAlignedLba = disk->lowest_aligned_lba,
        .LogicalBlocksPerPhysicalBlock = physical_blocks,
        .OptimalTransferLengthGranularity = physical_blocks,
    };
}

/* The card's own path, ours behind it. From the pool; NULL when there is no memory, or the card has no path. */
static EFI_DEVICE_PATH *make_path(const struct boot_options *options)
{
    struct iscsi_session_info info;
    iscsi_session_info(options->session, &info);
    struct iscsi_path_facts facts = {.vlan = options->vlan,
                                     .peer = options->target,
                                     .peer_port = options->target_port,
                                     .portal_group = info.portal_group,
                                     .iscsi = info.settings};
    memcpy(facts.mac, options->nic->mac, sizeof facts.mac);
    uint8_t disk_path[ISCSI_PATH_MAX];
    size_t disk_length = iscsi_path_write(&facts, disk_path);

    const EFI_DEVICE_PATH *card_path = takeover_card_path(options->nic);
    size_t card_length = card_path ? device_path_length(card_path, DEVICE_PATH_MAX) : 0;
    uint8_t *path;
    if (!card_length ||
        firmware.boot->AllocatePool(EfiBootServicesData, card_length + disk_length, (void **)&path) != EFI_SUCCESS)
        return NULL;
    memcpy(path, card_path, card_length);
    memcpy(path + card_length, disk_path, disk_length);
    return (EFI_DEVICE_PATH *)path;
}

/* Before anybody hears of it, so that nobody begins anew from his event. */
static void take_disk_away(void)
{
    published.disk = NULL;
    published.media.MediaPresent = FALSE;
    abort_all(); /* but behind a gate that is shut, where all have ended with boot services */
}

/* The handle is gone, or was never made. */
static void forget_handle(void)
{
    take_disk_away();
    firmware.boot->FreePool(published.path);
    published.handle = NULL;
    published.path = NULL;
}

enum status block_io_publish(struct disk *disk, const struct boot_options *options)
{
    if (!block_io_withdraw())
        return fail(E_BOOT_PUBLISH, "somebody holds the disk of the attempt before");
    published.path = make_path(options);
    if (!published.path)
        return fail(E_BOOT_PUBLISH, "its device path cannot be made");

    published.call_ms = options->call_ms;
    published.failed = OK;
    published.disk = disk;
    describe_media(disk);
    disk_info_describe(disk);
    EFI_STATUS status = firmware.boot->InstallMultipleProtocolInterfaces(
        &published.handle, &guid_device_path, published.path, &guid_block_io, &block_io, &guid_block_io2,
        block_io2_of(&published.media), &guid_disk_info, &disk_info, NULL);
    if (status == EFI_SUCCESS)
        return OK;
    forget_handle();
    return fail(E_BOOT_PUBLISH, "the firmware answers %llxh", (unsigned long long)status);
}

bool block_io_withdraw(void)
{
    if (!published.handle)
        return true;

    firmware.boot->DisconnectController(published.handle, NULL, NULL);
    if (firmware.boot->UninstallMultipleProtocolInterfaces(published.handle, &guid_device_path, published.path, &guid_block_io,
                                                           &block_io, &guid_block_io2, block_io2_of(&published.media),
                                                           &guid_disk_info, &disk_info, NULL) != EFI_SUCCESS)
        return false;
    forget_handle();
    return true;
}

void block_io_empty(void)
{
    take_disk_away();
}

EFI_HANDLE block_io_handle(void)
{
    return published.handle;
}

EFI_DEVICE_PATH *block_io_path(void)
{
    return published.path;
}
