/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree for people: a label and a value a line, values of an object aligned, objects under headings. */
#include <inttypes.h>
#include <string.h>

#include "tools/handoff/tree.h"

#define INDENT 2

void print_safely(const char *bytes, size_t length, FILE *to)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\\')
            fputs("\\\\", to);
        else if (byte >= ' ' && byte <= '~')
            fputc(byte, to);
        else
            fprintf(to, "\\x%02x", byte);
    }
}

static void put_value(FILE *to, const struct node *node)
{
    if (node->shown) {
        print_safely(node->shown, strlen(node->shown), to);
        return;
    }
    switch (node->kind) {
    case NODE_TEXT:
        print_safely(node->text, node->length, to);
        break;
    case NODE_NUMBER:
        fprintf(to, "%" PRIu64, node->number);
        break;
    case NODE_TRUTH:
        fputs(node->number ? "yes" : "no", to);
        break;
    case NODE_LIST:
        for (const struct node *element = node->first; element; element = element->next) {
            put_value(to, element);
            if (element->next)
                fputs(", ", to);
        }
        if (!node->first)
            fputs("none", to);
        break;
    case NODE_OBJECT:
    case NODE_NOTHING:
        fputs("none", to);
        break;
    }
}

/* On a line of its own, label and value; the others are headings, or lists of such. */
static bool is_line(const struct node *node)
{
    return node->label && node->kind != NODE_OBJECT;
}

static void put_object(FILE *to, const struct node *object, int depth);

static void put_lines(FILE *to, const struct node *in, int depth)
{
    size_t width = 0;
    for (const struct node *node = in->first; node; node = node->next)
        if (is_line(node) && strlen(node->label) > width)
            width = strlen(node->label);
    for (const struct node *node = in->first; node; node = node->next)
        if (is_line(node)) {
            fprintf(to, "%*s%s:%*s", depth * INDENT, "", node->label, (int)(width - strlen(node->label) + 2), "");
            put_value(to, node);
            fputc('\n', to);
        }
}

/* An empty line stands between the outermost. */
static void put_headings(FILE *to, const struct node *in, int depth)
{
    for (const struct node *node = in->first; node; node = node->next) {
        if (node->kind == NODE_OBJECT && node->label) {
            put_object(to, node, depth);
            if (!depth && node->next)
                fputc('\n', to);
        } else if (node->kind == NODE_LIST && !node->label) {
            put_headings(to, node, depth);
        }
    }
}

static void put_object(FILE *to, const struct node *object, int depth)
{
    fprintf(to, "%*s", depth * INDENT, "");
    print_safely(object->label, strlen(object->label), to);
    fputc('\n', to);
    put_lines(to, object, depth + 1);
    put_headings(to, object, depth + 1);
}

void print_text(const struct node *root, FILE *to)
{
    put_lines(to, root, 0);
    put_headings(to, root, 0);
}
