/* SPDX-License-Identifier: BSD-2-Clause */
/* Copying with holes, and a CRC on the way. */
#include "tools/savecore/copy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/bytes.h"
#include "platform/crc32c.h"
#include "tools/common/complain.h"

#define PIECE (1 * MIB)

static bool write_page(int file, uint64_t offset, const uint8_t *page, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t put = pwrite(file, page + at, length - at, (off_t)(offset + at));
        if (put < 0 && errno != EINTR) {
            complain("the copy cannot be written: %s", strerror(errno));
            return false;
        }
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool copy_piece(int file, const uint8_t *bytes, size_t length, struct copied *copied)
{
    for (size_t at = 0, size; at < length; at += size) {
        size = length - at < PAGE_SIZE ? length - at : PAGE_SIZE;
        if (bytes_are_zero(bytes + at, size))
            continue;
        copied->filled += PAGE_SIZE;
        if (file != COPY_NOWHERE && !write_page(file, copied->length + at, bytes + at, size))
            return false;
    }

    copied->crc32c = crc32c(copied->crc32c, bytes, length);
    copied->length += length;
    return true;
}

bool copy_dump(const struct area *area, uint64_t length, int file, struct copied *copied)
{
    uint8_t *piece = disk_buffer(PIECE);
    uint64_t lba = area->first_lba + DUMP_AREA_DATA_OFFSET / area->disk.block_size;
    bool good = true;
    *copied = (struct copied){.length = 0};

    while (good && copied->length < length) {
        uint64_t left = length - copied->length;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        good = disk_read(&area->disk, lba, piece, disk_whole_blocks(&area->disk, size)) && copy_piece(file, piece, size, copied);
        lba += PIECE / area->disk.block_size;
    }
    free(piece);

    if (file != COPY_NOWHERE && (ftruncate(file, (off_t)copied->length) < 0 || fsync(file) < 0)) {
        complain("the copy cannot be written: %s", strerror(errno));
        good = false;
    }
    return good;
}

void copy_judge(struct area *area, const struct copied *copied)
{
    if (copied->crc32c == area->trailer.data_crc32c)
        return;
    area->condition = AREA_DAMAGED;
    snprintf(area->problem, sizeof area->problem,
             "its %" PRIu64 " bytes have the CRC-32C %08" PRIx32 ", and its trailer has %08" PRIx32, copied->length,
             copied->crc32c, area->trailer.data_crc32c);
}

bool copy_verify(struct area *area)
{
    struct copied copied;
    if (!copy_dump(area, area->trailer.length, COPY_NOWHERE, &copied))
        return false;
    copy_judge(area, &copied);
    return true;
}
