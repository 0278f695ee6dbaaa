/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that are addresses in the image, as bios/mkimage.py leaves them and as they are for one base. */
#include "tests/unit/unit.h"

#include "bios/stub/addresses.h"

#define TAG  0x12300000u
#define BASE 0x7FC01000u

static const struct addresses_case {
    const char *name;
    uint8_t tagged[12], image[12];
    uint32_t length;
} addresses_cases[] = {
    {"an address", {0x34, 0x12, 0x30, 0x12}, {0x34, 0x22, 0xC0, 0x7F}, 4},
    {"the first byte, unaligned, and what is around it",
     {0x12, 0x00, 0x00, 0x30, 0x12, 0x30},
     {0x12, 0x00, 0x10, 0xC0, 0x7F, 0x30},
     6},
    {"two, one behind the other",
     {0x00, 0x00, 0x30, 0x12, 0x01, 0x00, 0x30, 0x12},
     {0x00, 0x10, 0xC0, 0x7F, 0x01, 0x10, 0xC0, 0x7F},
     8},
    {"the last offset", {0xFF, 0xFF, 0x3F, 0x12}, {0xFF, 0x0F, 0xD0, 0x7F}, 4},
    {"one more", {0x00, 0x00, 0x40, 0x12}, {0x00, 0x00, 0x40, 0x12}, 4},
    {"one less", {0xFF, 0xFF, 0x2F, 0x12}, {0xFF, 0xFF, 0x2F, 0x12}, 4},
    {"cut by the end", {0x00, 0x00, 0x00, 0x30, 0x12}, {0x00, 0x00, 0x00, 0x30, 0x12}, 4},
    {"shorter than a word", {0x00, 0x30, 0x12}, {0x00, 0x30, 0x12}, 3},
    {"nothing", {0}, {0}, 0},
};

static void tagged_words_are_addresses(void **state)
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

/* What is made of an offset may look like a tagged word: it is none. */
static void a_base_in_the_tags_range_is_no_tag(void **state)
{
    (void)state;
    uint8_t image[8] = {0x00, 0x00, 0x30, 0x12, 0x30, 0x12, 0x30, 0x12};
    static const uint8_t expected[8] = {0x00, 0x00, 0x30, 0x12, 0x30, 0x12, 0x30, 0x12};
    addresses_restore(image, sizeof image, TAG, TAG);
    assert_memory_equal(image, expected, sizeof image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tagged_words_are_addresses),
        cmocka_unit_test(a_base_in_the_tags_range_is_no_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
