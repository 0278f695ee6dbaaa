/* SPDX-License-Identifier: BSD-2-Clause */
/* From tables and log to the tree that is printed. Members are documented in sanstrap-handoff.8 and never renamed. */
#ifndef SANSTRAP_TOOLS_HANDOFF_DECODE_H
#define SANSTRAP_TOOLS_HANDOFF_DECODE_H

#include "tools/common/tree.h"
#include "tools/handoff/log.h"
#include "tools/handoff/tables.h"

/* An object for each table, added to the list. CHAP secrets are left out but for their length, unless `secrets`. */
void decode_tables(struct node *list, const struct tables *tables, bool secrets);

/* What a valid table says, into its object; private to decode.c. */
void decode_ibft(struct node *in, const struct table *table, const struct handoff *facts, bool secrets);
void decode_isdh(struct node *in, const struct table *table, const struct handoff *facts, bool secrets);

/* Adds the member `log`: the flight recorder's header and its lines. */
void decode_log(struct node *in, const struct log_place *place);

#endif
