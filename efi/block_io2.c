/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BlockIo2 (UEFI 2.10, 13.10): with an event the request is begun, and the call returns; without one it is BlockIo's.
 */
#include "efi/block_io.h"

static bool is_asynchronous(const EFI_BLOCK_IO2_TOKEN *token)
{
    return token && token->Event;
}

/* Refusals are the call's own answer; how the transfer went is the token's. */
static EFI_STATUS transfer_with_token(EFI_BLOCK_IO2_TOKEN *token, const struct block_request *request)
{
    bool nothing;
    EFI_STATUS status = block_io_check(request, &nothing);
    if (status != EFI_SUCCESS)
        return status;
    if (!is_asynchronous(token))
        return nothing ? EFI_SUCCESS : block_io_transfer(request);
    if (!nothing)
        return block_io_begin(token, request);

    token->TransactionStatus = EFI_SUCCESS;
    firmware.boot->SignalEvent(token->Event);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI io2_reset(EFI_BLOCK_IO2_PROTOCOL *self, BOOLEAN extended)
{
    (void)self, (void)extended;
    return block_io_abort();
}

static EFI_STATUS EFIAPI io2_read_blocks(EFI_BLOCK_IO2_PROTOCOL *self, UINT32 media_id, EFI_LBA lba, EFI_BLOCK_IO2_TOKEN *token,
                                         UINTN size, VOID *buffer)
{
    (void)self;
    return transfer_with_token(
        token, &(struct block_request){.media_id = media_id, .lba = lba, .size = size, .buffer = (uintptr_t)buffer});
}

static EFI_STATUS EFIAPI io2_write_blocks(EFI_BLOCK_IO2_PROTOCOL *self, UINT32 media_id, EFI_LBA lba, EFI_BLOCK_IO2_TOKEN *token,
                                          UINTN size, VOID *buffer)
{
    (void)self;
    return transfer_with_token(
        token,
        &(struct block_request){.write = true, .media_id = media_id, .lba = lba, .size = size, .buffer = (uintptr_t)buffer});
}

static EFI_STATUS EFIAPI io2_flush_blocks(EFI_BLOCK_IO2_PROTOCOL *self, EFI_BLOCK_IO2_TOKEN *token)
{
    if (!block_io_has_disk())
        return EFI_NO_MEDIA;
    if (self->Media->ReadOnly)
        return EFI_WRITE_PROTECTED; /* which BlockIo's flush does not know */
    return is_asynchronous(token) ? block_io_begin(token, NULL) : block_io_flush();
}

EFI_BLOCK_IO2_PROTOCOL *block_io2_of(EFI_BLOCK_IO_MEDIA *media)
{
    static EFI_BLOCK_IO2_PROTOCOL block_io2 = {
        .Reset = io2_reset,
        .ReadBlocksEx = io2_read_blocks,
        .WriteBlocksEx = io2_write_blocks,
        .FlushBlocksEx = io2_flush_blocks,
    };
    block_io2.Media = media;
    return &block_io2;
}
