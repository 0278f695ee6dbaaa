/* SPDX-License-Identifier: BSD-2-Clause */
/* The stub's decoder: lz4_Block_format.md, and blocks that break it. */
#include "tests/unit/unit.h"

#include "bios/stub/lz4.h"

/* Token: high nibble literals, low nibble match length - 4. */
static const struct lz4_case {
    const char *name;
    uint8_t block[24];
    uint32_t length;
    uint32_t room;
    int32_t result;
    const char *text;
} lz4_cases[] = {
    {"literals alone", {0x30, 'a', 'b', 'c'}, 4, 16, 3, "abc"},
    {"overlapping match", {0x12, 'x', 1, 0, 0x10, 'y'}, 6, 16, 8, "xxxxxxxy"},
    {"long match", {0x1F, 'x', 1, 0, 1, 0x10, 'y'}, 7, 32, 22, "xxxxxxxxxxxxxxxxxxxxxy"},
    {"distance 0", {0x12, 'x', 0, 0, 0x10, 'y'}, 6, 16, -1, ""},
    {"distance before the start", {0x12, 'x', 2, 0, 0x10, 'y'}, 6, 16, -1, ""},
    {"match beyond the room", {0x12, 'x', 1, 0, 0x10, 'y'}, 6, 6, -1, ""},
    {"literals beyond the room", {0x30, 'a', 'b', 'c'}, 4, 2, -1, ""},
    {"literals beyond the block", {0x40, 'a', 'b', 'c'}, 4, 16, -1, ""},
    {"half a distance", {0x12, 'x', 1}, 3, 16, -1, ""},
    {"length that never ends", {0xF0, 255, 255}, 3, 16, -1, ""},
    {"no end", {0x12, 'x', 1, 0}, 4, 16, -1, ""},
    {"empty", {0}, 0, 16, -1, ""},
};

static void lz4_block_format(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof lz4_cases / sizeof *lz4_cases; i++) {
        const struct lz4_case *c = &lz4_cases[i];
        uint8_t *from = malloc(c->length ? c->length : 1), *to = malloc(c->room);
        memcpy(from, c->block, c->length);
        int32_t result = lz4_decode(from, c->length, to, c->room);
        if (result != c->result || (result > 0 && memcmp(to, c->text, (size_t)result) != 0))
            fail_msg("%s: %d", c->name, result);
        free(from);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lz4_block_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
