/* SPDX-License-Identifier: BSD-2-Clause */
/* The flight recorder's ring of slots: lines in, and out again of any memory that holds one. */
#include "handoff/recorder.h"

#include <string.h>

#include "platform/bytes.h"

static struct recorder_header *header; /* NULL while closed */

static struct recorder_slot *slots_of(const struct recorder_header *of)
{
    return (struct recorder_slot *)(uintptr_t)(of + 1);
}

void recorder_open(void *memory, size_t size, const uint8_t boot_id[16])
{
    header = NULL;
    if (!memory || size < sizeof(struct recorder_header) + sizeof(struct recorder_slot))
        return;

    uint32_t count = (uint32_t)((size - sizeof(struct recorder_header)) / sizeof(struct recorder_slot));
    memset(memory, 0, size);
    header = memory;
    *header = (struct recorder_header){
        .slot_size = sizeof(struct recorder_slot), .slot_count = count, .ticks_per_ms = platform_ticks_per_ms()};
    memcpy(header->magic, RECORDER_MAGIC, sizeof header->magic);
    memcpy(header->boot_id, boot_id, sizeof header->boot_id);
}

/* The slot's number is written last: of a slot that was being written it is not that of its place. */
static void add_slot(enum log_level level, uint64_t ticks, const char *text, size_t length, uint8_t flags)
{
    uint64_t number = header->last + 1;
    struct recorder_slot *slot = &slots_of(header)[header->last % header->slot_count];
    slot->number = 0;
    platform_barrier();

    slot->ticks = ticks;
    slot->level = (uint8_t)level;
    slot->flags = flags;
    slot->length = (uint8_t)length;
    for (size_t i = 0; i < length; i++)
        slot->text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';

    platform_barrier();
    slot->number = (uint32_t)number;
    header->last = number;
}

void recorder_add(enum log_level level, const char *line)
{
    if (!header)
        return;

    uint64_t ticks = platform_ticks();
    uint32_t left = (uint32_t)strlen(line);
    uint8_t continued = 0;
    do {
        uint32_t length = smaller_of(left, RECORDER_TEXT);
        left -= length;
        add_slot(level, ticks, line, length, (uint8_t)((left ? RECORDER_CONTINUES : 0) | continued));
        continued = RECORDER_CONTINUED;
        line += length;
    } while (left);
}

/* ---- reading ---- */

bool recorder_is_sound(const void *memory, size_t size)
{
    struct recorder_header read;
    if (size < sizeof read)
        return false;

    memcpy(&read, memory, sizeof read);
    return !memcmp(read.magic, RECORDER_MAGIC, sizeof read.magic) && read.slot_size == sizeof(struct recorder_slot) &&
           read.slot_count && read.slot_count <= (size - sizeof read) / sizeof(struct recorder_slot) && read.ticks_per_ms;
}

uint64_t recorder_next(const void *memory, uint64_t after, struct recorder_slot *slot)
{
    struct recorder_header read;
    memcpy(&read, memory, sizeof read);
    uint64_t number = read.last > read.slot_count ? read.last - read.slot_count : 0;
    if (number < after)
        number = after;

    while (number < read.last) {
        uint64_t index = number++ % read.slot_count;
        memcpy(slot, (const uint8_t *)memory + sizeof read + index * sizeof *slot, sizeof *slot);
        if (slot->number == (uint32_t)number && slot->length <= RECORDER_TEXT)
            return number;
    }
    return 0;
}
