/* SPDX-License-Identifier: BSD-2-Clause */
/* What load options become on their way to the loader. */
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
    {"UTF-16, some of another alphabet", BYTES("\x31\x04.\0e\0 \0r\0=\0i\0\0\0"), "?.e r=i "},
    {"UTF-8, some of it", BYTES("h=\xC3\xBCxy x"), "h=??xy x "},
    {"bytes, as efibootmgr writes without -u", BYTES("r=i x"), "r=i x "},
    {"bytes with their NUL", BYTES("r=i\0"), "r=i "},
    {"bytes, an odd number", BYTES("r=ix0"), "r=ix0 "},
    {"a GUID, as EDK2 marks its own boot options", BYTES("\x4E\xAC\x08\x81\x11\x9F\x59\x4D\x85\x0E\xE2\x1A\x52\x2C\x59\xB2"), ""},
    {"a control character", BYTES("a\0\x1B\0"), ""},
    {"one byte", BYTES("a"), ""},
};

static void load_options(void **state)
{
    (void)state;
    const size_t count = sizeof options_cases / sizeof options_cases[0];
    for (const struct text_case *one = options_cases; one < options_cases + count; one++) {
        char text[64] = "";
        struct settings_text line = {.text = text, .size = sizeof text};
        print_message("  %s\n", one->name);
        settings_text_add_options(&line, one->bytes, one->size);
        assert_string_equal(text, one->expected);
        assert_false(line.cut);
        assert_int_equal(line.foreign, strchr(one->expected, '?') != NULL);
    }
}

static void too_long(void **state)
{
    (void)state;
    char text[4] = "";
    struct settings_text line = {.text = text, .size = sizeof text};
    settings_text_add_options(&line, BYTES("abcdef"));
    assert_string_equal(text, "abc");
    assert_true(line.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_options),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
