/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree for people: a label and a value a line, values of an object aligned, objects under headings. */
#include <string.h>

#include "tools/common/print.h"

#define INDENT 2

static void print_text_value(const struct node *node, FILE *to);

static void print_text_list(const struct node *list, FILE *to)
{
    for (const struct node *element = list->first; element; element = element->next) {
        print_text_value(element, to);
        if (element->next)
            fputs(", ", to);
    }
    if (!list->first)
        fputs("none", to);
}

static void print_text_value(const struct node *node, FILE *to)
{
    static const struct print_scalars scalars = {print_escaped, "yes", "no", "none"};
    if (node->shown)
        print_escaped(node->shown, strlen(node->shown), to);
    else if (node->kind == NODE_LIST)
        print_text_list(node, to);
    else
        print_scalar(node, &scalars, to);
}

/* On a line of its own, label and value; the others are headings, or lists of such. */
static bool is_line(const struct node *node)
{
    return node->label && node->kind != NODE_OBJECT;
}

static void print_text_object(const struct node *object, int depth, FILE *to);

static void print_text_lines(const struct node *in, int depth, FILE *to)
{
    size_t width = 0;
    for (const struct node *node = in->first; node; node = node->next)
        if (is_line(node) && strlen(node->label) > width)
            width = strlen(node->label);

    for (const struct node *node = in->first; node; node = node->next)
        if (is_line(node)) {
            fprintf(to, "%*s%s:%*s", depth * INDENT, "", node->label, (int)(width - strlen(node->label) + 2), "");
            print_text_value(node, to);
            fputc('\n', to);
        }
}

/* An empty line stands between the outermost. */
static void print_text_headings(const struct node *in, int depth, FILE *to)
{
    for (const struct node *node = in->first; node; node = node->next) {
        if (node->kind == NODE_OBJECT && node->label) {
            print_text_object(node, depth, to);
            if (!depth && node->next)
                fputc('\n', to);
        } else if (node->kind == NODE_LIST && !node->label) {
            print_text_headings(node, depth, to);
        }
    }
}

static void print_text_object(const struct node *object, int depth, FILE *to)
{
    fprintf(to, "%*s", depth * INDENT, "");
    print_escaped(object->label, strlen(object->label), to);
    fputc('\n', to);
    print_text_lines(object, depth + 1, to);
    print_text_headings(object, depth + 1, to);
}

void print_text(const struct node *root, FILE *to)
{
    print_text_lines(root, 0, to);
    print_text_headings(root, 0, to);
}
