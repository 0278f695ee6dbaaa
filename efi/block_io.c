/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi/block_io.h"

#include <string.h>

#include "efi/device_path.h"
#include "efi/disk_info.h"
#include "platform/format.h"

static struct {
    struct disk *disk; /* NULL: not published, or withdrawn */
    EFI_HANDLE handle;
    EFI_DEVICE_PATH *path;
    EFI_BLOCK_IO_MEDIA media;
    uint32_t media_id;
    uint32_t call_ms;
} published;

static deadline_t deadline_of_call(void)
{
    return deadline_after_ms(published.call_ms);
}

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

bool block_io_is_there(void)
{
    return published.disk != NULL;
}

EFI_STATUS block_io_check(const struct block_request *request, bool *nothing)
{
    const EFI_BLOCK_IO_MEDIA *media = &published.media;
    *nothing = false;
    if (!published.disk)
        return EFI_NO_MEDIA;
    struct block_medium medium = {.media_id = media->MediaId,
                                  .block_size = media->BlockSize,
                                  .io_align = media->IoAlign,
                                  .block_count = media->LastBlock + 1,
                                  .read_only = media->ReadOnly};
    enum block_answer answer = block_check(&medium, request);
    *nothing = answer == BLOCK_NOTHING;
    return efi_status_of(answer);
}

EFI_STATUS block_io_move(const struct block_request *request)
{
    EFI_TPL old;
    enum status status;
    if (!stack_enter(&old))
        return EFI_DEVICE_ERROR;
    struct disk *disk = published.disk;
    uint64_t blocks = request->size / disk->block_size;
    void *buffer = (void *)request->buffer;
    deadline_t deadline = deadline_of_call();
    if (request->write)
        status = disk_write(disk, request->lba, blocks, buffer, deadline);
    else
        status = disk_read(disk, request->lba, blocks, buffer, deadline);
    if (status != OK)
        log_printf(LOG_WARNING, "%s of %llu blocks at %llu: %s (S%u) %s", request->write ? "write" : "read",
                   (unsigned long long)blocks, (unsigned long long)request->lba, status_what(status), status,
                   failure_detail(status));
    EFI_STATUS answer = efi_status_of(block_answer_of(status));
    published.media.MediaPresent = answer != EFI_NO_MEDIA; /* UEFI 2.10, 13.9: as of the most recent transfer */
    stack_leave(old);
    return answer;
}

EFI_STATUS block_io_flush(void)
{
    EFI_TPL old;
    if (!published.disk)
        return EFI_NO_MEDIA;
    if (published.media.ReadOnly)
        return EFI_SUCCESS;
    if (!stack_enter(&old))
        return EFI_DEVICE_ERROR;
    enum status status = disk_flush(published.disk, deadline_of_call());
    if (status != OK)
        log_printf(LOG_WARNING, "flush: %s (S%u) %s", status_what(status), status, failure_detail(status));
    stack_leave(old);
    return efi_status_of(block_answer_of(status));
}

static EFI_STATUS transfer(const struct block_request *request)
{
    bool nothing;
    EFI_STATUS status = block_io_check(request, &nothing);
    return status != EFI_SUCCESS || nothing ? status : block_io_move(request);
}

/* Whether the session is healthy shows at its next command, which mends it: a reset has nothing to add. */
static EFI_STATUS EFIAPI reset(EFI_BLOCK_IO_PROTOCOL *self, BOOLEAN extended)
{
    (void)self;
    (void)extended;
    return block_io_is_there() ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static EFI_STATUS EFIAPI read_blocks(EFI_BLOCK_IO_PROTOCOL *self, UINT32 media_id, EFI_LBA lba, UINTN size, VOID *buffer)
{
    (void)self;
    return transfer(&(struct block_request){.media_id = media_id, .lba = lba, .size = size, .buffer = (uintptr_t)buffer});
}

static EFI_STATUS EFIAPI write_blocks(EFI_BLOCK_IO_PROTOCOL *self, UINT32 media_id, EFI_LBA lba, UINTN size, VOID *buffer)
{
    (void)self;
    return transfer(
        &(struct block_request){.write = true, .media_id = media_id, .lba = lba, .size = size, .buffer = (uintptr_t)buffer});
}

static EFI_STATUS EFIAPI flush_blocks(EFI_BLOCK_IO_PROTOCOL *self)
{
    (void)self;
    return block_io_flush();
}

static EFI_BLOCK_IO_PROTOCOL block_io = {
    .Revision = EFI_BLOCK_IO_PROTOCOL_REVISION3,
    .Media = &published.media,
    .Reset = reset,
    .ReadBlocks = read_blocks,
    .WriteBlocks = write_blocks,
    .FlushBlocks = flush_blocks,
};

/* ---- publishing ---- */

/*
 * The data is copied out of the card's buffers, so a caller's buffer may lie anywhere. Write caching is claimed for every target,
 * as one that has none answers the flush at once.
 */
static void describe_media(const struct disk *disk)
{
    published.media = (EFI_BLOCK_IO_MEDIA){
        .MediaId = ++published.media_id,
        .RemovableMedia = disk->removable,
        .MediaPresent = TRUE,
        .ReadOnly = disk->read_only,
        .WriteCaching = !disk->read_only,
        .BlockSize = disk->block_size,
        .IoAlign = 1,
        .LastBlock = disk->block_count - 1,
        .LowestAlignedLba = disk->lowest_aligned_lba,
        .LogicalBlocksPerPhysicalBlock = disk->physical_block_size / disk->block_size,
        .OptimalTransferLengthGranularity = disk->physical_block_size / disk->block_size,
    };
}

/* The card's own path, ours behind it. From pool memory. */
static EFI_DEVICE_PATH *make_path(const struct boot_options *options, const struct iscsi_session_info *info)
{
    struct device_path_facts facts = {.vlan = options->vlan,
                                      .peer = options->target,
                                      .peer_port = options->target_port,
                                      .portal_group = info->portal_group,
                                      .iscsi = info->settings};
    uint8_t tail[DEVICE_PATH_TAIL_MAX];
    EFI_DEVICE_PATH *nic = nic_device_path(options->nic);
    size_t nic_length = nic ? device_path_length(nic, DEVICE_PATH_MAX) : 0;
    uint8_t *path;

    memcpy(facts.mac, options->nic->mac, sizeof facts.mac);
    size_t tail_length = device_path_tail(&facts, tail);
    if (!nic_length || firmware.boot->AllocatePool(EfiBootServicesData, nic_length + tail_length, (void **)&path) != EFI_SUCCESS)
        return NULL;
    memcpy(path, nic, nic_length);
    memcpy(path + nic_length, tail, tail_length);
    return (EFI_DEVICE_PATH *)path;
}

enum status block_io_publish(struct disk *disk, const struct boot_options *options)
{
    EFI_BOOT_SERVICES *boot = firmware.boot;
    struct iscsi_session_info info;
    if (!block_io_withdraw())
        return fail(E_BOOT_PUBLISH, "somebody holds the disk of the attempt before");
    iscsi_session_info(options->session, &info);
    published.call_ms = options->call_ms;
    published.path = make_path(options, &info);
    if (!published.path)
        return fail(E_BOOT_PUBLISH, "its device path cannot be made");
    describe_media(disk);
    disk_info_describe(disk);
    published.disk = disk;
    EFI_STATUS status = boot->InstallMultipleProtocolInterfaces(
        &published.handle, &guid_device_path, published.path, &guid_block_io, &block_io, &guid_block_io2,
        block_io2_of(&published.media), &guid_disk_info, &disk_info, NULL);
    if (status == EFI_SUCCESS)
        return OK;
    published.disk = NULL;
    published.handle = NULL;
    boot->FreePool(published.path);
    published.path = NULL;
    return fail(E_BOOT_PUBLISH, "the firmware answers %llxh", (unsigned long long)status);
}

bool block_io_withdraw(void)
{
    EFI_BOOT_SERVICES *boot = firmware.boot;
    if (!published.handle)
        return true;
    boot->DisconnectController(published.handle, NULL, NULL);
    if (boot->UninstallMultipleProtocolInterfaces(published.handle, &guid_device_path, published.path, &guid_block_io, &block_io,
                                                  &guid_block_io2, block_io2_of(&published.media), &guid_disk_info, &disk_info,
                                                  NULL) != EFI_SUCCESS)
        return false;
    boot->FreePool(published.path);
    published.disk = NULL;
    published.handle = NULL;
    published.path = NULL;
    return true;
}

void block_io_empty(void)
{
    published.disk = NULL;
    published.media.MediaPresent = FALSE;
}

EFI_HANDLE block_io_handle(void)
{
    return published.handle;
}

EFI_DEVICE_PATH *block_io_path(void)
{
    return published.path;
}
