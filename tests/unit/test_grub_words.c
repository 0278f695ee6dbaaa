/* SPDX-License-Identifier: BSD-2-Clause */
/* GRUB's command line arrives as it was typed. */
#include "bios/grub_words.h"
#include "loader/command_line.h"
#include "tests/unit/unit.h"

struct words {
    const char *grub;     /* as GRUB 2 hands it over */
    const char *expected; /* values, with '|' behind each */
};

static const struct words words[] = {
    {"/sanstrap.lkrn a=1 b=2 ", "|1|2|"},
    {"a=it\\'s b=2", "it's|2|"},
    {"a=x\\\\y b=2", "x\\y|2|"},
    {"a=x\\\"y b=2", "x\"y|2|"},
    {"\"a=x y\" b=2", "x y|2|"},
    {"\"a=x \\\"y\\'\\\\ z\" b=2", "x \"y'\\ z|2|"},
    {"\"a=x y\\\\\" b=2", "x y\\|2|"},
    {"a=\\\\\\\" b=2", "\\\"|2|"},
    {"a=x\\y b=2", "x\\y|2|"},
    {"a=x\\", "x\\|"},
};

static void as_typed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char line[256], got[256] = "";
        const char *at = line;
        struct word word;
        print_message("  %s\n", words[i].grub);
        grub_words_copy(line, sizeof line, words[i].grub);
        while (command_line_next(&at, &word)) {
            assert_null(word.error);
            strcat(got, word.value);
            strcat(got, "|");
        }
        assert_string_equal(got, words[i].expected);
    }
}

/* However little room there is. */
static void never_past_the_end(void **state)
{
    (void)state;
    for (size_t size = 1; size < 40; size++) {
        char line[48];
        memset(line, 'x', sizeof line);
        grub_words_copy(line, size, "a=\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\" b=12345678901234567890");
        assert_true(strnlen(line, size) < size);
        assert_int_equal(line[size], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_typed),
        cmocka_unit_test(never_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
