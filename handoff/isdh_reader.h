/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of the ISDH reader: the frame (isdh_read.c) and its records (isdh_records.c). Private to handoff/. */
#ifndef SANSTRAP_ISDH_READER_H
#define SANSTRAP_ISDH_READER_H

#include "handoff/check.h"

struct isdh_reader {
    struct check check;
    struct handoff *to;
    uint32_t flags;                         /* the header's */
    unsigned seen;                          /* types that may stand but once: bit number is the type's */
    unsigned sessions, authentications;     /* targets that have theirs, a bit each */
    uint32_t address_at[HANDOFF_ADDRESSES]; /* where the records are: what they refer to is checked when all are known */
    uint32_t target_at[HANDOFF_TARGETS];
};

/* Reads the record of this type at reader->check.at, whose length lies within the table. */
void isdh_read_record(struct isdh_reader *reader, uint16_t type);

#endif
