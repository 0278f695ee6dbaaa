/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of an area, as a tree for tools/common/print.h. */
#ifndef SANSTRAP_TOOLS_SAVECORE_REPORT_H
#define SANSTRAP_TOOLS_SAVECORE_REPORT_H

#include "tools/common/tree.h"
#include "tools/savecore/area.h"

/* Adds it to a list; `saved_to`: the folder with the copy, or NULL. */
void report_area(struct node *list, const struct area *area, const char *saved_to);

#endif
