/* SPDX-License-Identifier: BSD-2-Clause */
/* LUNs as text: RFC 4173 section 5. */
#include "tests/unit/unit.h"

#include "iscsi/lun.h"

struct good {
    const char *text, *shortest; /* as typed, and as it is written */
    uint8_t lun[8];
};

static const struct good good[] = {
    {"", "0", {0}},
    {"0", "0", {0}},
    {"0000", "0", {0}},
    {"0-0-0-0", "0", {0}},
    {"1", "1", {0, 1}},
    {"16", "16", {0, 0x16}}, /* hexadecimal: LUN 22 */
    {"10", "10", {0, 0x10}},
    {"00FF", "ff", {0, 0xFF}},
    {"100", "100", {1, 0}},
    {"4100", "4100", {0x41, 0}}, /* 256 in flat space addressing */
    {"4186-9", "4186-9", {0x41, 0x86, 0, 9}},
    {"1-0", "1", {0, 1}},
    {"0-1", "0-1", {0, 0, 0, 1}},
    {"0-0-0-1", "0-0-0-1", {0, 0, 0, 0, 0, 0, 0, 1}},
    {"6734-9-156f-127", "6734-9-156f-127", {0x67, 0x34, 0, 9, 0x15, 0x6F, 0x01, 0x27}},
    {"4752-3A4F-6b7e-2F99", "4752-3a4f-6b7e-2f99", {0x47, 0x52, 0x3A, 0x4F, 0x6B, 0x7E, 0x2F, 0x99}},
    {"FFFF-FFFF-FFFF-FFFF", "ffff-ffff-ffff-ffff", {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
};

static void luns_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint8_t lun[8];
        size_t wrong;

        print_message("  \"%s\"\n", good[i].text);
        assert_true(lun_parse(good[i].text, strlen(good[i].text), lun, &wrong));
        assert_memory_equal(lun, good[i].lun, 8);
    }
}

/* In the shortest form, from which the same LUN is read. */
static void luns_are_written_as_they_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[LUN_TEXT_SIZE];
        uint8_t lun[8];
        size_t wrong;

        lun_format(good[i].lun, text);
        assert_string_equal(text, good[i].shortest);
        assert_true(lun_parse(text, strlen(text), lun, &wrong));
        assert_memory_equal(lun, good[i].lun, 8);
    }
}

struct bad {
    const char *text;
    size_t wrong; /* the offset to blame */
};

static void what_is_no_lun(void **state)
{
    static const struct bad bad[] = {
        {"g", 0},  {"0x1", 1},  {" 1", 0},    {"1 ", 1},      {"-", 0},         {"-2", 0},
        {"2-", 2}, {"1--2", 2}, {"12345", 4}, {"1-12345", 6}, {"1-2-3-4-5", 7}, {"1-2-3-4-", 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t lun[8];
        size_t wrong = 999;

        print_message("  \"%s\"\n", bad[i].text);
        assert_false(lun_parse(bad[i].text, strlen(bad[i].text), lun, &wrong));
        assert_int_equal(wrong, bad[i].wrong);
    }
}

/* The text has a length and no end. */
static void no_byte_behind_the_text_is_read(void **state)
{
    uint8_t lun[8], expected[8] = {0x41, 0x86};
    size_t wrong;

    (void)state;
    assert_true(lun_parse("4186-9", 4, lun, &wrong));
    assert_memory_equal(lun, expected, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(luns_are_read),
        cmocka_unit_test(luns_are_written_as_they_are_read),
        cmocka_unit_test(what_is_no_lun),
        cmocka_unit_test(no_byte_behind_the_text_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
