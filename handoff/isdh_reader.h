/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of the ISDH reader: the frame (isdh_read.c) and the records (isdh_read_records.c). Private to handoff/.
 */
#ifndef SANSTRAP_ISDH_READER_H
#define SANSTRAP_ISDH_READER_H

#include "handoff/field_check.h"

struct isdh_reader {
    struct check check;
    struct handoff *to;
    uint32_t flags;                      /* the header's */
    bool newer;                          /* a higher minor version than ours: what we do not know may mean something */
    unsigned seen;                       /* types that may stand but once: bit number is the type's */
    unsigned sessions, authentications;  /* targets that have theirs, a bit each */
    uint32_t target_at[HANDOFF_TARGETS]; /* offsets of the target records */
};

/* Of flags and reserved members, to which a higher minor version may have given a meaning: without fault when reader->newer. */
void isdh_check_flags(struct isdh_reader *reader, size_t offset, uint32_t flags, uint32_t known);
void isdh_check_reserved(struct isdh_reader *reader, size_t offset, const void *bytes, size_t length);

/* Reads the record of this type at reader->check.at into reader->to; its length lies within the table. */
void isdh_read_record(struct isdh_reader *reader, uint16_t type);

#endif
