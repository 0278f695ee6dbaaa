/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump in an area. What is appended may change while it is read, as a dying system's memory does: it is copied first, and the
 * checksum is that of the copy, which is also what is written.
 */
#include "dump/file.h"

#include <string.h>

#include "platform/bytes.h"
#include "platform/crc32c.h"
#include "platform/format.h"

#define ALIGN_MOST (64 * KIB)
#define STRUCTURE  512u /* bytes of head and trailer */

static enum status write_block(struct dump_file *file, uint64_t offset, uint32_t bytes)
{
    struct dump_span span = {file->block, bytes};
    return dump_write(file->dump, file->area.lba + offset / file->block_size, bytes / file->block_size, &span, 1);
}

/* Head or trailer at `offset`, with zeros behind it; on the disk when this returns. */
static enum status write_structure(struct dump_file *file, uint64_t offset, const void *structure)
{
    memset(file->block, 0, sizeof file->block);
    memcpy(file->block, structure, STRUCTURE);
    enum status status = write_block(file, offset, file->block_size);
    return status == OK ? dump_flush(file->dump) : status;
}

static enum status read_mark(struct dump_file *file, struct dump_area_head *found)
{
    enum status status = dump_read(file->dump, file->area.lba, 1, file->block);
    if (status != OK)
        return status;

    memcpy(found, file->block, sizeof *found);
    if (dump_area_state(found) == DUMP_AREA_IS_UNMARKED)
        return fail(E_DUMP_UNMARKED, "block %llu holds no mark", (unsigned long long)file->area.lba);
    if (!dump_area_is_here(found, file->area.lba, file->area.blocks, file->block_size))
        return fail(E_DUMP_UNMARKED, "block %llu has the mark of blocks %llu + %llu of %u bytes, and not of these %llu",
                    (unsigned long long)file->area.lba, (unsigned long long)found->first_lba, (unsigned long long)found->blocks,
                    (unsigned)found->block_size, (unsigned long long)file->area.blocks);
    return OK;
}

enum status dump_file_begin(struct dump_file *file, struct dump *dump, const struct dump_area_head *head)
{
    const struct dump_target *target = dump_target(dump);
    memset(file, 0, sizeof *file);
    file->dump = dump;
    file->area = target->extents[0];
    file->block_size = target->block_size;
    file->capacity = dump_area_capacity(file->area.blocks, file->block_size);
    if (file->block_size > DUMP_FILE_PIECE)
        return fail(E_DUMP_MEMORY, "blocks of %u bytes, at most %u", (unsigned)file->block_size, DUMP_FILE_PIECE);
    if (!file->capacity)
        return fail(E_DUMP_FULL, "%llu blocks of %u bytes", (unsigned long long)file->area.blocks, (unsigned)file->block_size);

    /* Of the mark stays what says whose area this is. */
    enum status status = read_mark(file, &file->head);
    if (status != OK)
        return status;
    struct dump_area_head *own = &file->head;
    own->format = head->format;
    own->started = head->started;
    own->memory = head->memory;
    memcpy(own->dump_id, head->dump_id, sizeof own->dump_id);
    memcpy(own->boot_id, head->boot_id, sizeof own->boot_id);
    memcpy(own->producer, head->producer, sizeof own->producer);
    memcpy(own->system, head->system, sizeof own->system);
    memcpy(own->reason, head->reason, sizeof own->reason);

    struct dump_progress progress;
    dump_progress(dump, &progress);
    file->began = progress.milliseconds;
    dump_area_seal_head(own, DUMP_AREA_IS_INCOMPLETE);
    return write_structure(file, 0, own);
}

/* The piece is full, or the dump at its end. */
static enum status write_piece(struct dump_file *file)
{
    uint32_t held = file->held, blocks = (held + file->block_size - 1) / file->block_size;
    if (!held)
        return OK;

    file->crc32c = crc32c(file->crc32c, file->block, held);
    memset(file->block + held, 0, blocks * file->block_size - held);
    file->held = 0;
    enum status status = write_block(file, DUMP_AREA_DATA_OFFSET + file->length - held, blocks * file->block_size);
    if (file->failure == OK)
        file->failure = status;
    return status;
}

/* From `bytes`, or zeros where that is NULL. */
static enum status append(struct dump_file *file, const uint8_t *bytes, uint64_t length)
{
    if (length > file->capacity - file->length)
        return fail(E_DUMP_FULL, "%llu bytes, of which %llu are used, and %llu are to be appended",
                    (unsigned long long)file->capacity, (unsigned long long)file->length, (unsigned long long)length);

    while (length) {
        uint32_t left = DUMP_FILE_PIECE - file->held, part = length < left ? (uint32_t)length : left;
        if (bytes)
            memmove(file->block + file->held, bytes, part); /* it may be our own memory that is dumped */
        else
            memset(file->block + file->held, 0, part);
        bytes = bytes ? bytes + part : NULL;
        file->held += part;
        file->length += part;
        length -= part;

        enum status status = file->held == DUMP_FILE_PIECE ? write_piece(file) : OK;
        if (status != OK)
            return status;
    }
    return OK;
}

enum status dump_file_append(struct dump_file *file, const void *bytes, uint64_t length)
{
    return append(file, bytes, length);
}

enum status dump_file_align(struct dump_file *file, uint32_t alignment)
{
    if (!alignment || alignment & (alignment - 1) || alignment > ALIGN_MOST)
        return fail(E_INVALID_ARGUMENT, "an alignment of %u", (unsigned)alignment);
    return append(file, NULL, (0 - file->length) & (alignment - 1));
}

static enum status write_trailer(struct dump_file *file, enum status outcome)
{
    struct dump_area_trailer *trailer = &file->trailer;
    struct dump_progress progress;
    dump_progress(file->dump, &progress);
    trailer->status = (uint32_t)outcome;
    trailer->length = file->length;
    trailer->data_crc32c = file->crc32c;
    trailer->reconnects = progress.reconnects;
    trailer->milliseconds = progress.milliseconds - file->began;

    dump_area_seal_trailer(trailer, &file->head);
    return write_structure(file, DUMP_AREA_TRAILER_OFFSET, trailer);
}

enum status dump_file_end(struct dump_file *file, enum status outcome)
{
    format_text(file->trailer.detail, sizeof file->trailer.detail, "%s", failure_detail(outcome));

    /* A part is worth its last bytes, too. */
    enum status status = write_piece(file);
    if (status == OK)
        status = dump_flush(file->dump);

    /* What has failed once is missing, however the rest went. */
    enum status untold = file->failure == OK ? status : file->failure;
    if (outcome == OK && untold != OK) {
        format_text(file->trailer.detail, sizeof file->trailer.detail, "%s", failure_detail(untold));
        (void)write_trailer(file, untold);
        return untold;
    }

    status = write_trailer(file, outcome);
    if (outcome != OK || status != OK)
        return status;
    dump_area_seal_head(&file->head, DUMP_AREA_IS_COMPLETE);
    return write_structure(file, 0, &file->head);
}
