/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree for programs: JSON (RFC 8259), in ASCII. */
#include <inttypes.h>
#include <string.h>

#include "tools/common/print.h"

#define INDENT         2
#define REPLACEMENT    0xFFFDu
#define FIRST_OF_PAIRS 0x10000u

/*
 * The code point that begins at `bytes`, and its length in *used. What is not UTF-8 (RFC 3629: shortest form, no surrogates) is
 * replaced byte by byte.
 */
static uint32_t code_point(const unsigned char *bytes, size_t length, size_t *used)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, FIRST_OF_PAIRS}; /* of a sequence of so many bytes */
    unsigned char first = bytes[0];
    size_t size = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    uint32_t point = size == 1 ? first : first & (0x7Fu >> size);
    *used = 1;
    if (!size || size > length)
        return REPLACEMENT;

    for (size_t i = 1; i < size; i++) {
        if (bytes[i] >> 6 != 2)
            return REPLACEMENT;
        point = point << 6 | (bytes[i] & 0x3F);
    }

    if (point < least[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return REPLACEMENT;
    *used = size;
    return point;
}

static void print_json_string(const char *text, size_t length, FILE *to)
{
    fputc('"', to);

    for (size_t at = 0, used; at < length; at += used) {
        uint32_t point = code_point((const unsigned char *)text + at, length - at, &used);
        if (point == '"' || point == '\\')
            fprintf(to, "\\%c", (char)point);
        else if (point >= ' ' && point <= '~')
            fputc((int)point, to);
        else if (point < FIRST_OF_PAIRS)
            fprintf(to, "\\u%04" PRIx32, point);
        else
            fprintf(to, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD800 + ((point - FIRST_OF_PAIRS) >> 10), 0xDC00 + (point & 0x3FF));
    }

    fputc('"', to);
}

static void print_json_node(const struct node *node, int depth, FILE *to);

static void print_json_members(const struct node *node, int depth, FILE *to)
{
    bool list = node->kind == NODE_LIST;
    const char *separator = "";
    fputc(list ? '[' : '{', to);

    for (const struct node *child = node->first; child; child = child->next) {
        if (!list && !child->name)
            continue;
        fprintf(to, "%s\n%*s", separator, (depth + 1) * INDENT, "");
        separator = ",";
        if (!list) {
            print_json_string(child->name, strlen(child->name), to);
            fputs(": ", to);
        }
        print_json_node(child, depth + 1, to);
    }

    if (*separator)
        fprintf(to, "\n%*s", depth * INDENT, "");
    fputc(list ? ']' : '}', to);
}

static void print_json_node(const struct node *node, int depth, FILE *to)
{
    static const struct print_scalars scalars = {print_json_string, "true", "false", "null"};
    if (node->kind == NODE_OBJECT || node->kind == NODE_LIST)
        print_json_members(node, depth, to);
    else
        print_scalar(node, &scalars, to);
}

void print_json(const struct node *root, FILE *to)
{
    print_json_node(root, 0, to);
    fputc('\n', to);
}
