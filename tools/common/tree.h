/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found, as a tree that two printers walk (tools/common/print.h): text for people, JSON for programs. A node has a name
 * for JSON, a label for people, or both; a printer passes over those without its own. Nodes own copies of all that they are given
 * but names, which are constants; they are freed with their root. Without memory the program ends.
 */
#ifndef SANSTRAP_TOOLS_COMMON_TREE_H
#define SANSTRAP_TOOLS_COMMON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum node_kind { NODE_OBJECT, NODE_LIST, NODE_TEXT, NODE_NUMBER, NODE_TRUTH, NODE_NOTHING };

struct node {
    enum node_kind kind;
    const char *name; /* a constant; NULL: an element of a list, or for people only */
    char *label;      /* NULL: for programs only */
    char *shown;      /* how people read the value */
    char *text;       /* of NODE_TEXT: `length` bytes, any, and a NUL */
    size_t length;
    uint64_t number; /* of NODE_NUMBER and NODE_TRUTH */
    struct node *first, *last, *next;
};

struct node *tree_new(void);
void tree_free(struct node *root);

/*
 * Add a node at the end of `in`, an object or a list, and return it. The labels of objects and what is shown are printf formats.
 * Texts and bytes may be of any kind: printers escape them.
 */
struct node *tree_add_object(struct node *in, const char *name, const char *label, ...) __attribute__((format(printf, 3, 4)));
struct node *tree_add_list(struct node *in, const char *name, const char *label);
struct node *tree_add_text(struct node *in, const char *name, const char *label, const char *text);
struct node *tree_add_bytes(struct node *in, const char *name, const char *label, const void *bytes, size_t length);
struct node *tree_add_number(struct node *in, const char *name, const char *label, uint64_t number);
struct node *tree_add_truth(struct node *in, const char *name, const char *label, bool truth);
struct node *tree_add_nothing(struct node *in, const char *name, const char *label);

/* Sets what people read instead of the value itself. */
void tree_show(struct node *node, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a line that only people see. */
void tree_add_remark(struct node *in, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
