/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a memory image has the flight recorder (handoff/recorder.h). */
#ifndef SANSTRAP_TOOLS_HANDOFF_LOG_H
#define SANSTRAP_TOOLS_HANDOFF_LOG_H

#include "tools/handoff/tables.h"

struct log_place {
    const uint8_t *memory;       /* a sound record, in the image */
    uint64_t address;            /* physical */
    const struct table *told_by; /* the ISDH that tells of it, or NULL */
    bool of_another_boot;        /* its boot id is not that ISDH's */
};

/*
 * Where the ISDH that counts says that it is; without one, or when it tells of none, the first sound record of the `size` bytes
 * at `memory`, whose first has the physical address `base`. NULL, or why there is none, in memory that holds until the next call.
 */
const char *log_find(struct log_place *place, const struct tables *tables, const uint8_t *memory, size_t size, uint64_t base);

#endif
