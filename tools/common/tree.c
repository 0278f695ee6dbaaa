/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree's nodes, with copies of what they are given. */
#include "tools/common/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/memory.h"

static char *format_copy(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, format, again) + 1;
    va_end(again);
    char *copy = memory_take(size);
    vsnprintf(copy, size, format, arguments);
    return copy;
}

static char *copy_or_null(const char *text)
{
    return text ? memory_copy_text(text) : NULL;
}

static struct node *add_node(struct node *in, enum node_kind kind, const char *name, char *label)
{
    struct node *node = memory_take(sizeof *node);
    *node = (struct node){.kind = kind, .name = name, .label = label};
    if (!in)
        return node;

    if (in->last)
        in->last->next = node;
    else
        in->first = node;
    in->last = node;
    return node;
}

struct node *tree_new(void)
{
    return add_node(NULL, NODE_OBJECT, NULL, NULL);
}

void tree_free(struct node *root)
{
    for (struct node *child = root->first, *next; child; child = next) {
        next = child->next;
        tree_free(child);
    }
    free(root->label);
    free(root->shown);
    free(root->text);
    free(root);
}

struct node *tree_add_object(struct node *in, const char *name, const char *label, ...)
{
    char *copy = NULL;
    if (label) {
        va_list arguments;
        va_start(arguments, label);
        copy = format_copy(label, arguments);
        va_end(arguments);
    }
    return add_node(in, NODE_OBJECT, name, copy);
}

struct node *tree_add_list(struct node *in, const char *name, const char *label)
{
    return add_node(in, NODE_LIST, name, copy_or_null(label));
}

struct node *tree_add_text(struct node *in, const char *name, const char *label, const char *text)
{
    return tree_add_bytes(in, name, label, text, strlen(text));
}

struct node *tree_add_bytes(struct node *in, const char *name, const char *label, const void *bytes, size_t length)
{
    struct node *node = add_node(in, NODE_TEXT, name, copy_or_null(label));
    node->text = memory_take(length + 1);
    node->length = length;
    if (length)
        memcpy(node->text, bytes, length);
    node->text[length] = '\0';
    return node;
}

struct node *tree_add_number(struct node *in, const char *name, const char *label, uint64_t number)
{
    struct node *node = add_node(in, NODE_NUMBER, name, copy_or_null(label));
    node->number = number;
    return node;
}

struct node *tree_add_truth(struct node *in, const char *name, const char *label, bool truth)
{
    struct node *node = add_node(in, NODE_TRUTH, name, copy_or_null(label));
    node->number = truth;
    return node;
}

struct node *tree_add_nothing(struct node *in, const char *name, const char *label)
{
    return add_node(in, NODE_NOTHING, name, copy_or_null(label));
}

void tree_show(struct node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    free(node->shown);
    node->shown = format_copy(format, arguments);
    va_end(arguments);
}

void tree_add_remark(struct node *in, const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_node(in, NODE_TEXT, NULL, copy_or_null(label))->shown = format_copy(format, arguments);
    va_end(arguments);
}
