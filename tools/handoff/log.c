/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the flight recorder in a memory image. */
#include "tools/handoff/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "handoff/recorder.h"

#define LOG_SCAN_STEP 16 /* arenas and pages begin at such addresses */

static char why[256];

static bool is_in_image(const struct handoff *facts, uint64_t base, size_t size)
{
    uint64_t start = facts->log_address;
    return start >= base && start - base <= size && facts->log_size <= size - (start - base);
}

static const char *no_log_where_told(const struct handoff *facts, uint64_t base, size_t size)
{
    uint64_t start = facts->log_address;
    if (!is_in_image(facts, base, size))
        snprintf(why, sizeof why,
                 "ISDH says that the log is at 0x%" PRIx64 ", %" PRIu32 " bytes, but the image has 0x%" PRIx64
                 " and %zu bytes from there: take a larger one, or tell its --base",
                 start, facts->log_size, base, size);
    else
        snprintf(why, sizeof why,
                 "at 0x%" PRIx64 ", where ISDH says that the log is, there is none: was the image taken from that machine, "
                 "and is its --base right?",
                 start);
    return why;
}

/* Where the ISDH tells of it. */
static const char *find_told(struct log_place *place, const struct handoff *facts, const uint8_t *memory, size_t size,
                             uint64_t base)
{
    if (!is_in_image(facts, base, size))
        return no_log_where_told(facts, base, size);

    uint64_t start = facts->log_address;
    place->memory = memory + (start - base);
    place->address = start;
    if (!recorder_is_sound(place->memory, facts->log_size))
        return no_log_where_told(facts, base, size);

    struct recorder_header header;
    memcpy(&header, place->memory, sizeof header);
    place->of_another_boot = memcmp(header.boot_id, facts->boot_id, sizeof header.boot_id) != 0;
    return NULL;
}

static const char *find_first(struct log_place *place, const uint8_t *memory, size_t size, uint64_t base)
{
    for (size_t at = (size_t)(0 - base) % LOG_SCAN_STEP; at < size && size - at >= sizeof(struct recorder_header);
         at += LOG_SCAN_STEP)
        if (!memcmp(memory + at, RECORDER_MAGIC, 4) && recorder_is_sound(memory + at, size - at)) {
            place->memory = memory + at;
            place->address = base + at;
            return NULL;
        }
    snprintf(why, sizeof why, "no ISDH that tells of a log, and no log, in %zu bytes: is it a memory image of that machine?",
             size);
    return why;
}

const char *log_find(struct log_place *place, const struct tables *tables, const uint8_t *memory, size_t size, uint64_t base)
{
    struct handoff facts;
    struct handoff_faults faults;
    *place = (struct log_place){.told_by = tables_isdh(tables)};
    if (place->told_by && table_read(place->told_by, &facts, &faults) && facts.log_address)
        return find_told(place, &facts, memory, size, base);
    place->told_by = NULL;
    return find_first(place, memory, size, base);
}
