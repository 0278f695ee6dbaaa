/* SPDX-License-Identifier: BSD-2-Clause */
/* What both printers write alike. */
#include "tools/common/print.h"

#include <inttypes.h>

void print_escaped(const char *bytes, size_t length, FILE *to)
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

void print_scalar(const struct node *node, const struct print_scalars *as, FILE *to)
{
    if (node->kind == NODE_TEXT)
        as->string(node->text, node->length, to);
    else if (node->kind == NODE_NUMBER)
        fprintf(to, "%" PRIu64, node->number);
    else if (node->kind == NODE_TRUTH)
        fputs(node->number ? as->true_word : as->false_word, to);
    else
        fputs(as->nothing, to);
}
