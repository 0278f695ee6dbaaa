/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of a request in the order of EDK2's drivers, and what a disk's failure is to its caller. */
#include "efi/block_rules.h"

enum block_answer block_check(const struct block_medium *medium, const struct block_request *request)
{
    if (request->media_id != medium->media_id)
        return BLOCK_MEDIA_CHANGED;
    if (request->write && medium->read_only)
        return BLOCK_WRITE_PROTECTED;
    if (!request->buffer)
        return BLOCK_INVALID;

    if (request->size == 0)
        return BLOCK_NOTHING;
    if (request->size % medium->block_size)
        return BLOCK_BAD_SIZE;

    if (request->lba >= medium->block_count || request->size / medium->block_size > medium->block_count - request->lba)
        return BLOCK_INVALID;
    if (medium->io_align > 1 && request->buffer & (medium->io_align - 1))
        return BLOCK_INVALID;
    return BLOCK_GO_ON;
}

enum block_answer block_answer_of(enum status status)
{
    switch (status_class(status)) {
    case CLASS_DONE:
        return BLOCK_GO_ON;
    case CLASS_PROTECTED:
        return BLOCK_WRITE_PROTECTED;
    case CLASS_RANGE:
    case CLASS_INVALID:
        return BLOCK_INVALID;
    case CLASS_NOT_READY:
        return BLOCK_NO_MEDIA;
    case CLASS_TIMEOUT:
    case CLASS_MEDIUM:
    case CLASS_DEVICE:
        break;
    }
    return BLOCK_DEVICE_ERROR;
}
