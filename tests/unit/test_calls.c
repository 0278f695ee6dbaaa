/* SPDX-License-Identifier: BSD-2-Clause */
/* CALL and JMP operands, as bios/mkimage.py leaves them and as the CPU wants them. */
#include "tests/unit/unit.h"

#include "bios/stub/calls.h"

static const struct calls_case {
    const char *name;
    uint8_t packed[16], image[16];
    uint32_t length;
} calls_cases[] = {
    {"CALL forward", {0xE8, 9, 0, 0, 0, 1, 2, 3, 4, 5}, {0xE8, 4, 0, 0, 0, 1, 2, 3, 4, 5}, 10},
    {"JMP back to the start", {1, 0xE9, 0, 0, 0, 0}, {1, 0xE9, 0xFA, 0xFF, 0xFF, 0xFF}, 6},
    {"two calls of one function",
     {0xE8, 12, 0, 0, 0, 0xE8, 12, 0, 0, 0, 0x90, 0x90, 0xC3},
     {0xE8, 7, 0, 0, 0, 0xE8, 2, 0, 0, 0, 0x90, 0x90, 0xC3},
     13},
    {"an operand is no opcode", {0xE8, 0xE8, 0xE8, 0, 0, 1, 2}, {0xE8, 0xE8, 0xE8, 0, 0, 1, 2}, 7},
    {"beyond the image, but a distance below its length", {0xE8, 0xFE, 0xFF, 0xFF, 0xFF, 0}, {0xE8, 4, 0, 0, 0, 0}, 6},
    {"distance of the image's length", {0xE8, 6, 0, 0, 0, 0}, {0xE8, 6, 0, 0, 0, 0}, 6},
    {"one byte before the image", {0xE8, 0xFA, 0xFF, 0xFF, 0xFF, 0}, {0xE8, 0xFA, 0xFF, 0xFF, 0xFF, 0}, 6},
    {"other opcodes", {0xE7, 9, 0, 0, 0, 0xEA, 9, 0, 0, 0}, {0xE7, 9, 0, 0, 0, 0xEA, 9, 0, 0, 0}, 10},
    {"operand cut by the end", {0, 0xE8, 1, 0, 0}, {0, 0xE8, 1, 0, 0}, 5},
    {"shorter than a call", {0xE8, 1, 0, 0}, {0xE8, 1, 0, 0}, 4},
    {"nothing", {0}, {0}, 0},
};

static void calls_are_relative_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof calls_cases / sizeof *calls_cases; i++) {
        const struct calls_case *c = &calls_cases[i];
        uint8_t *image = malloc(c->length ? c->length : 1);
        memcpy(image, c->packed, c->length);
        calls_restore(image, c->length);
        if (memcmp(image, c->image, c->length) != 0)
            fail_msg("%s", c->name);
        free(image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_relative_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
