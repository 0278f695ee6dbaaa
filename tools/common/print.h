/* SPDX-License-Identifier: BSD-2-Clause */
/* Two printers of the tree. Both write ASCII only, and no control characters but newlines. */
#ifndef SANSTRAP_TOOLS_COMMON_PRINT_H
#define SANSTRAP_TOOLS_COMMON_PRINT_H

#include "tools/common/tree.h"

/* For people: what has a label. */
void print_text(const struct node *root, FILE *to);

/* For programs: what has a name, as JSON (RFC 8259). */
void print_json(const struct node *root, FILE *to);

/* Bytes from anywhere, which must not reach a terminal as commands: other than printable ASCII becomes "\\x1b". */
void print_escaped(const char *bytes, size_t length, FILE *to);

/* ---- what the printers share ---- */

/* How a printer writes a node that has no others in it. */
struct print_scalars {
    void (*string)(const char *bytes, size_t length, FILE *to);
    const char *true_word, *false_word, *nothing;
};

/* A node other than a list or an object. */
void print_scalar(const struct node *node, const struct print_scalars *as, FILE *to);

#endif
