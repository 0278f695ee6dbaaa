/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzzers of tools that print share: a tree comes out as ASCII without control characters. */
#ifndef SANSTRAP_TESTS_FUZZ_PRINT_H
#define SANSTRAP_TESTS_FUZZ_PRINT_H

#include <stdio.h>

#include "tests/fuzz/fuzz_handoff.h"
#include "tools/common/print.h"

static inline void check_output(const struct node *root, void (*print)(const struct node *, FILE *))
{
    char *text;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    must(to != NULL);
    print(root, to);
    must(fclose(to) == 0 && length > 0);
    for (size_t i = 0; i < length; i++)
        must(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
    free(text);
}

#endif
