/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which members of a record are which members of struct handoff: those that both hold as the same bytes, named once and copied by
 * reader and writer. Strings, flags and indices are not among them. Private to handoff/.
 */
#ifndef SANSTRAP_HANDOFF_ISDH_MEMBERS_H
#define SANSTRAP_HANDOFF_ISDH_MEMBERS_H

#include "handoff/handoff.h"

/* Offsets and size in bytes. A list ends with size 0. */
struct isdh_member {
    uint16_t in_record, in_facts, size;
};

/* The record's own structure, and that of the facts. */
extern const struct isdh_member isdh_clock_members[];     /* isdh_clock, handoff */
extern const struct isdh_member isdh_log_members[];       /* isdh_log, handoff */
extern const struct isdh_member isdh_nic_members[];       /* isdh_nic, handoff_nic */
extern const struct isdh_member isdh_address_members[];   /* isdh_address, handoff_address */
extern const struct isdh_member isdh_target_members[];    /* isdh_target, handoff_target */
extern const struct isdh_member isdh_session_members[];   /* isdh_session, handoff_target */
extern const struct isdh_member isdh_dump_area_members[]; /* isdh_dump_area, handoff_dump_area */

void isdh_members_read(const struct isdh_member *members, const void *record, void *facts);
void isdh_members_write(const struct isdh_member *members, void *record, const void *facts);

#endif
