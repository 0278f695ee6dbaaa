/* SPDX-License-Identifier: BSD-2-Clause */
/* Head and trailer of an area: read, judged, written. */
#include "tools/savecore/area.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/bytes.h"
#include "platform/status.h"
#include "tools/common/complain.h"
#include "tools/savecore/elf_core.h"

__attribute__((format(printf, 3, 4))) static void judge(struct area *area, enum area_condition condition, const char *problem,
                                                        ...)
{
    va_list arguments;
    va_start(arguments, problem);
    vsnprintf(area->problem, sizeof area->problem, problem, arguments);
    va_end(arguments);
    area->condition = condition;
}

/* What the trailer tells of a dump that did not end well. */
static void judge_incomplete(struct area *area)
{
    const struct dump_area_trailer *trailer = &area->trailer;
    if (!area->has_trailer)
        judge(area, AREA_INCOMPLETE, "it has no trailer: the machine stopped, or lost the disk, before the dump's end");
    else if (trailer->status != OK)
        judge(area, AREA_INCOMPLETE, "it ended after %" PRIu64 " bytes with S%" PRIu32 ", %s%s%.*s", trailer->length,
              trailer->status, status_what((enum status)trailer->status), *trailer->detail ? ": " : "",
              (int)strnlen(trailer->detail, sizeof trailer->detail), trailer->detail);
    else
        judge(area, AREA_INCOMPLETE, "all %" PRIu64 " bytes were written, but the head was not: the machine stopped right then",
              trailer->length);
}

static void judge_complete(struct area *area)
{
    const struct dump_area_trailer *trailer = &area->trailer;
    uint64_t capacity = dump_area_capacity(area->blocks, area->disk.block_size);
    if (!area->has_trailer)
        judge(area, AREA_DAMAGED, "its head says that it is complete, and it has no trailer");
    else if (trailer->status != OK)
        judge(area, AREA_DAMAGED, "its head says that it is complete, and its trailer that it ended with S%" PRIu32,
              trailer->status);
    else if (trailer->length == 0 || trailer->length > capacity)
        judge(area, AREA_DAMAGED, "its trailer says that it has %" PRIu64 " bytes; the area holds 1 to %" PRIu64, trailer->length,
              capacity);
    else
        judge(area, AREA_COMPLETE, "%s", "");
}

void area_judge(struct area *area)
{
    const struct dump_area_head *head = &area->head;
    enum dump_area_state state = dump_area_state(head);
    area->has_trailer = dump_area_trailer_is_valid(&area->trailer, head) && state != DUMP_AREA_IS_FREE;

    if (state == DUMP_AREA_IS_UNMARKED)
        judge(area, AREA_UNMARKED, "it is not marked: sanstrap-savecore --prepare marks it");
    else if (!dump_area_is_here(head, area->first_lba, area->blocks, area->disk.block_size))
        judge(area, AREA_ELSEWHERE,
              "its mark is for %" PRIu64 " blocks of %" PRIu32 " bytes from block %" PRIu64 " on, and here are %" PRIu64
              " of %" PRIu32 " from %" PRIu64 " on: it was moved or copied; --prepare marks it anew",
              head->blocks, head->block_size, head->first_lba, area->blocks, area->disk.block_size, area->first_lba);
    else if (state == DUMP_AREA_IS_FREE)
        judge(area, AREA_FREE, "%s", "");
    else if (state == DUMP_AREA_IS_INCOMPLETE)
        judge_incomplete(area);
    else
        judge_complete(area);
}

bool area_read(struct area *area)
{
    size_t size = device_whole_blocks(&area->disk, DUMP_AREA_SECTOR);
    uint8_t *block = device_buffer(size);
    bool good = dump_area_capacity(area->blocks, area->disk.block_size) > 0;
    if (!good)
        complain("%s is too small for any dump", area->name);

    good = good && device_read(&area->disk, area->first_lba, block, size);
    memcpy(&area->head, block, sizeof area->head);
    good = good && device_read(&area->disk, area->first_lba + DUMP_AREA_TRAILER_OFFSET / area->disk.block_size, block, size);
    memcpy(&area->trailer, block, sizeof area->trailer);
    free(block);

    if (good)
        area_judge(area);
    else
        judge(area, AREA_UNREADABLE, "it cannot be read");
    return good;
}

/* The disk is open for writing only here: whoever writes to one has udev look at it anew when he closes it. */
static bool write_block(const struct area *area, uint64_t lba, const void *block, size_t size)
{
    struct device writer;
    bool good = device_open_writer(&writer, &area->disk) && device_write(&writer, lba, block, size) && device_flush(&writer);
    device_close(&writer);
    return good;
}

bool area_write_head(struct area *area, const struct dump_area_head *head)
{
    size_t size = device_whole_blocks(&area->disk, sizeof *head);
    uint8_t *block = device_buffer(size), *again = device_buffer(size);
    memcpy(block, head, sizeof *head);
    bool good = write_block(area, area->first_lba, block, size) && device_read(&area->disk, area->first_lba, again, size);
    if (good && memcmp(block, again, size) != 0) {
        complain("%s does not hold what was written to it", area->name);
        good = false;
    }

    free(block);
    free(again);
    return good && area_read(area);
}

bool area_free(struct area *area)
{
    struct dump_area_head head = {.first_lba = area->head.first_lba, .blocks = area->head.blocks};
    memcpy(head.area_id, area->head.area_id, sizeof head.area_id);
    head.block_size = area->head.block_size;
    dump_area_seal_head(&head, DUMP_AREA_IS_FREE);
    return area_write_head(area, &head);
}

uint64_t area_dump_length(const struct area *area)
{
    uint64_t capacity = dump_area_capacity(area->blocks, area->disk.block_size), length = area->trailer.length;
    if (!area->has_trailer)
        length = elf_core_length_on_disk(&area->disk, area->first_lba + DUMP_AREA_DATA_OFFSET / area->disk.block_size);
    if (!area->has_trailer && length == 0)
        length = area->head.memory;
    return length < capacity ? length : capacity;
}

const char *area_condition_word(enum area_condition condition)
{
    static const char *const words[] = {"unreadable", "unmarked", "elsewhere", "free", "incomplete", "damaged", "complete"};
    return words[condition];
}

void area_close(struct area *area)
{
    device_close(&area->disk);
    free(area->name);
    *area = (struct area){.disk = {.file = -1}};
}
