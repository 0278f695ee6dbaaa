/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts as people write them down. */
#ifndef SANSTRAP_TOOLS_HANDOFF_NOTATION_H
#define SANSTRAP_TOOLS_HANDOFF_NOTATION_H

#include "tools/common/tree.h"

/* A bit of a flags field and its word; a list of them ends with bit 0. */
struct flag_word {
    uint32_t bit;
    const char *word;
};

/*
 * Each adds a node to `in`: its name for programs, its label for people; either may be NULL (tools/common/tree.h). Addresses
 * have 16 bytes as in struct handoff.
 */
struct node *notation_add_ip(struct node *in, const char *name, const char *label,
                             const uint8_t address[16]);                                           /* RFC 5952, or null */
void notation_add_mac(struct node *in, const char *name, const char *label, const uint8_t mac[6]); /* null for zeros */
void notation_add_hex(struct node *in, const char *name, const char *label, const uint8_t *bytes, size_t length);
void notation_add_flags(struct node *in, const char *name, const char *label, uint32_t flags, const struct flag_word *words);
void notation_add_physical(struct node *in, const char *name, const char *label, uint64_t address); /* null for 0 */

/* The text; null when it is empty. */
void notation_add_name(struct node *in, const char *name, const char *label, const char *text);

/* Two members: `lun` as root paths have it (iscsi/lun.h), and `lun_bytes` with its eight bytes. */
void notation_add_lun(struct node *in, const uint8_t lun[8]);

#endif
