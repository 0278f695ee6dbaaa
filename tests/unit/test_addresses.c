/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses in the image and distances to them, as bios/mkimage.py leaves them and as they are for one base. */
#include "tests/unit/unit.h"

#include "bios/stub/addresses.h"

#define TAG  0x12300000u
#define BASE 0x7FC01000u

static const struct addresses_case {
    const char *name;
    uint8_t tagged[12], image[12];
    uint32_t length;
} addresses_cases[] = {
    {"an address", {0x12, 0x30, 0x12, 0x34}, {0x34, 0x22, 0xC0, 0x7F}, 4},
    {"the first byte, unaligned, and what is around it",
     {0x12, 0x12, 0x30, 0x00, 0x00, 0x30},
     {0x12, 0x00, 0x10, 0xC0, 0x7F, 0x30},
     6},
    {"two, one behind the other",
     {0x12, 0x30, 0x00, 0x00, 0x12, 0x30, 0x00, 0x01},
     {0x00, 0x10, 0xC0, 0x7F, 0x01, 0x10, 0xC0, 0x7F},
     8},
    {"a call forward", {0xE8, 0x12, 0x38, 0x00, 0x09, 1, 2, 3, 4, 5}, {0xE8, 4, 0, 0, 0, 1, 2, 3, 4, 5}, 10},
    {"a jump back to the start", {1, 0xE9, 0x12, 0x38, 0x00, 0x00}, {1, 0xE9, 0xFA, 0xFF, 0xFF, 0xFF}, 6},
    {"two calls of one function",
     {0xE8, 0x12, 0x38, 0x00, 0x0A, 0xE8, 0x12, 0x38, 0x00, 0x0A, 0xC3},
     {0xE8, 5, 0, 0, 0, 0xE8, 0, 0, 0, 0, 0xC3},
     11},
    {"the last address", {0x12, 0x37, 0xFF, 0xFF}, {0xFF, 0x0F, 0xC8, 0x7F}, 4},
    {"the last distance", {0x12, 0x3F, 0xFF, 0xFF}, {0xFB, 0xFF, 0x07, 0x00}, 4},
    {"one more", {0x12, 0x40, 0x00, 0x00}, {0x12, 0x40, 0x00, 0x00}, 4},
    {"one less", {0x12, 0x2F, 0xFF, 0xFF}, {0x12, 0x2F, 0xFF, 0xFF}, 4},
    {"cut by the end", {0x00, 0x00, 0x12, 0x30, 0x00}, {0x00, 0x00, 0x12, 0x30, 0x00}, 5},
    {"shorter than a word", {0x12, 0x30, 0x00}, {0x12, 0x30, 0x00}, 3},
    {"nothing", {0}, {0}, 0},
};

static void tagged_words_are_restored(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof addresses_cases / sizeof *addresses_cases; i++) {
        const struct addresses_case *c = &addresses_cases[i];
        uint8_t *image = malloc(c->length ? c->length : 1);
        memcpy(image, c->tagged, c->length);
        addresses_restore(image, c->length, TAG, BASE);
        if (memcmp(image, c->image, c->length) != 0)
            fail_msg("%s", c->name);
        free(image);
    }
}

/* What is made of an offset may look like a tagged word, alone or with its neighbours: it is none. */
static void an_address_is_not_taken_for_an_offset(void **state)
{
    (void)state;
    uint8_t image[8] = {0x12, 0x30, 0x12, 0x30, 0x12, 0x30, 0x12, 0x30};
    static const uint8_t expected[8] = {0x12, 0x30, 0x12, 0x30, 0x12, 0x30, 0x12, 0x30};
    addresses_restore(image, sizeof image, 0x12300000, 0x30123012 - 0x1230);
    assert_memory_equal(image, expected, sizeof image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tagged_words_are_restored),
        cmocka_unit_test(an_address_is_not_taken_for_an_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
