/* SPDX-License-Identifier: BSD-2-Clause */
/* What load options and sanstrap.conf become on their way to the loader. */
#include "efi/settings_text.h"
#include "tests/unit/unit.h"

struct text_case {
    const char *name;
    const char *bytes;
    size_t size;
    const char *expected;
};

#define BYTES(literal) literal, sizeof literal - 1

static const struct text_case options_cases[] = {
    {"none", BYTES(""), ""},
    {"UTF-16 with its NUL", BYTES("r\0=\0i\0\0\0"), "r=i "},
    {"UTF-16 without a NUL", BYTES("r\0=\0i\0"), "r=i "},
    {"UTF-16, something behind the NUL", BYTES("a\0\0\0\xFF\xFF"), "a "},
    {"UTF-16, an odd byte at the end", BYTES("a\0b\0c"), "ab "},
    {"UTF-16 of an alphabet that settings have not", BYTES("a\0\x31\x04\0\0"), ""},
    {"bytes, as efibootmgr writes without -u", BYTES("r=i x"), "r=i x "},
    {"bytes with their NUL", BYTES("r=i\0"), "r=i "},
    {"bytes, an odd number", BYTES("r=ix0"), "r=ix0 "},
    {"a GUID, as EDK2 marks its own boot options", BYTES("\x4E\xAC\x08\x81\x11\x9F\x59\x4D\x85\x0E\xE2\x1A\x52\x2C\x59\xB2"), ""},
    {"a control character", BYTES("a\0\x1B\0"), ""},
    {"one byte", BYTES("a"), ""},
};

typedef void adder(struct settings_text *line, const void *bytes, size_t size);

static void check_cases(const struct text_case *cases, size_t count, adder *add)
{
    for (const struct text_case *one = cases; one < cases + count; one++) {
        char text[64] = "";
        struct settings_text line = {.text = text, .size = sizeof text};
        print_message("  %s\n", one->name);
        add(&line, one->bytes, one->size);
        assert_string_equal(text, one->expected);
        assert_false(line.cut);
    }
}

static void load_options(void **state)
{
    (void)state;
    check_cases(options_cases, sizeof options_cases / sizeof options_cases[0], settings_text_add_options);
}

static const struct text_case file_cases[] = {
    {"empty", BYTES(""), " "},
    {"lines", BYTES("a=1\r\nb=2\n"), "a=1\r\nb=2\n "},
    {"no newline at the end", BYTES("a=1"), "a=1 "},
    {"UTF-8's byte order mark",
     BYTES("\xEF\xBB\xBF"
           "a=1"),
     "a=1 "},
    {"a comment line", BYTES("# a=0\nb=1\n"), "\nb=1\n "},
    {"a comment behind a value", BYTES("a=1 # b=2\nc=3"), "a=1 \nc=3 "},
    {"a # inside a word is the word's", BYTES("chap=u:s#cret"), "chap=u:s#cret "},
    {"a # between quotes, too", BYTES("chap=\"u:s #c\\\" #d\" #e\nb=1 # \"c\nd=1 # e"), "chap=\"u:s #c\\\" #d\" \nb=1 \nd=1  "},
    {"an escaped backslash ends no quote", BYTES("file=\"c:\\\\\" #d"), "file=\"c:\\\\\"  "},
    {"a quote that is left open ends with its line", BYTES("a=\"1\nb=2 #c"), "a=\"1\nb=2  "},
    {"a NUL ends the file", BYTES("a=1\0b=2"), "a=1 "},
    {"UTF-16, as the UEFI shell writes it",
     BYTES("\xFF\xFE"
           "a\0=\0\x31\0 \0#\0b\0\r\0\n\0c\0=\0\x32\0"),
     "a=1 \nc=2 "},
    {"UTF-16 of another alphabet, and an odd byte",
     BYTES("\xFF\xFE"
           "a\0=\0\x31\x04"
           "b"),
     "a=? "},
    {"UTF-16's byte order mark alone", BYTES("\xFF\xFE"), " "},
};

static void file(void **state)
{
    (void)state;
    check_cases(file_cases, sizeof file_cases / sizeof file_cases[0], settings_text_add_file);
}

static void file_then_options(void **state)
{
    (void)state;
    char text[64] = "";
    struct settings_text line = {.text = text, .size = sizeof text};
    settings_text_add_file(&line, BYTES("a=1"));
    settings_text_add_options(&line, BYTES("a\0=\0\x32\0"));
    assert_string_equal(text, "a=1 a=2 ");
}

static void too_long(void **state)
{
    (void)state;
    char text[4] = "";
    struct settings_text line = {.text = text, .size = sizeof text};
    settings_text_add_file(&line, BYTES("abcdef"));
    assert_string_equal(text, "abc");
    assert_true(line.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_options),
        cmocka_unit_test(file),
        cmocka_unit_test(file_then_options),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
