/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts as people write them down. */
#ifndef SANSTRAP_TOOLS_HANDOFF_NOTATION_H
#define SANSTRAP_TOOLS_HANDOFF_NOTATION_H

#include "tools/handoff/tree.h"

/* A bit of a flags field and its word; a list of them ends with bit 0. */
struct flag_word {
    uint32_t bit;
    const char *word;
};

/* Each adds a node. `label` NULL: for programs only. */
struct node *put_ip(struct node *in, const char *name, const char *label, const uint8_t address[16]); /* RFC 5952, or null */
void put_mac(struct node *in, const char *name, const char *label, const uint8_t mac[6]);             /* null for zeros */
void put_hex(struct node *in, const char *name, const char *label, const uint8_t *bytes, size_t length);
void put_flags(struct node *in, const char *name, const char *label, uint32_t flags, const struct flag_word *words);
void put_physical(struct node *in, const char *name, const char *label, uint64_t address); /* null for 0 */

/* The text; null when it is empty. */
void put_name(struct node *in, const char *name, const char *label, const char *text);

/* Two members: the LUN as root paths have it, and `name`_bytes with its eight bytes. */
void put_lun(struct node *in, const uint8_t lun[8]);

#endif
