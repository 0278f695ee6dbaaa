/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What EFI_BLOCK_IO_PROTOCOL answers a request with before the disk is asked (UEFI 2.10, 13.9 and 13.10). The order of the checks
 * is that of EDK2's drivers, which the self-certification test was written beside. Pure: knows no firmware.
 */
#ifndef SANSTRAP_EFI_BLOCK_RULES_H
#define SANSTRAP_EFI_BLOCK_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/status.h"

enum block_answer {
    BLOCK_GO_ON,           /* the request is good */
    BLOCK_NOTHING,         /* of no bytes: EFI_SUCCESS, and nothing to move */
    BLOCK_MEDIA_CHANGED,   /* EFI_MEDIA_CHANGED: MediaId is not the current one */
    BLOCK_WRITE_PROTECTED, /* EFI_WRITE_PROTECTED */
    BLOCK_INVALID,         /* EFI_INVALID_PARAMETER: buffer missing or not aligned, blocks that are not there */
    BLOCK_BAD_SIZE,        /* EFI_BAD_BUFFER_SIZE: no multiple of the block size */
    BLOCK_NO_MEDIA,        /* EFI_NO_MEDIA */
    BLOCK_DEVICE_ERROR     /* EFI_DEVICE_ERROR */
};

/* What a request is held against. */
struct block_medium {
    uint32_t media_id;
    uint32_t block_size; /* bytes, not 0 */
    uint32_t io_align;   /* bytes, a power of two; 0 and 1 are any address */
    uint64_t block_count;
    bool read_only;
};

/* A read or a write as its caller put it; nothing in it has been checked. */
struct block_request {
    bool write;
    uint32_t media_id;
    uint64_t lba, size; /* blocks, bytes */
    uintptr_t buffer;
};

/* BLOCK_GO_ON, BLOCK_NOTHING or what is wrong with the request; never BLOCK_NO_MEDIA or BLOCK_DEVICE_ERROR. Sums do not wrap. */
enum block_answer block_check(const struct block_medium *medium, const struct block_request *request);

/* What a disk's status is to the caller of BlockIo. OK gives BLOCK_GO_ON. */
enum block_answer block_answer_of(enum status status);

#endif
