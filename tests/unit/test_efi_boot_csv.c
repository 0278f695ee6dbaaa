/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of shim's fallback: which program they name, and what it is to be told. */
#include "efi/boot_csv.h"
#include "tests/unit/unit.h"

#define ROOM 12

struct csv_case {
    const char *clause;
    const char *text; /* each byte a character of UTF-16 */
    bool marked;
    size_t cut; /* bytes that are missing at its end */
    const char *name, *options;
};

static const struct csv_case cases[] = {
    {"Debian's", "shimx64.efi,debian,,This is the boot entry for debian\n", false, 0, "shimx64.efi", ""},
    {"with a byte order mark", "shim.efi,opensuse,,\n", true, 0, "shim.efi", ""},
    {"two lines", "a.efi,A,,\nb.efi,B,,\n", false, 0, "a.efi", ""},
    {"a name as long as there is room", "12345678901,x", false, 0, "12345678901", ""},
    {"a longer one", "123456789012,x", false, 0, NULL, ""},
    {"no comma", "shim.efi", false, 0, NULL, ""},
    {"cut in the comma", "shim.efi,", false, 1, NULL, ""},
    {"an empty field", ",debian,,\n", false, 0, NULL, ""},
    {"an empty line", "\nshim.efi,debian,,\n", false, 0, NULL, ""},
    {"another folder's", "..\\a.efi,x", false, 0, NULL, ""},
    {"another alphabet", "\xE9.efi,x", false, 0, NULL, ""},
    {"nothing but a mark", "", true, 0, NULL, ""},
    {"nothing", "", false, 0, NULL, ""},
    {"with options", "a.efi,A,-r \xE9,\n", false, 0, "a.efi", "-r \xE9"},
    {"options, and nothing behind them", "a.efi,A,-r", false, 0, "a.efi", "-r"},
    {"options, cut", "a.efi,A,-r", false, 1, "a.efi", "-"},
    {"options, to a line's end", "a.efi,A,-r\r\nb.efi,B,-s,\n", true, 0, "a.efi", "-r"},
    {"options of the next line", "a.efi,A\nb.efi,B,-s,\n", false, 0, "a.efi", ""},
};

/* From memory of exactly its size, so that the sanitizer sees each byte too many. */
static void each_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct csv_case *one = &cases[i];
        print_message("  %s\n", one->clause);
        size_t mark = one->marked ? 2 : 0, size = mark + 2 * strlen(one->text) - one->cut;
        uint8_t whole[256] = {0xFF, 0xFE}, *bytes = malloc(size ? size : 1);
        for (size_t j = 0; one->text[j]; j++)
            whole[mark + 2 * j] = (uint8_t)one->text[j], whole[mark + 2 * j + 1] = 0;
        memcpy(bytes, whole, size);

        char name[ROOM];
        struct boot_csv line;
        assert_int_equal(boot_csv_read(bytes, size, &line, name, sizeof name), one->name != NULL);
        if (one->name) {
            assert_string_equal(name, one->name);
            assert_int_equal(line.options_size, 2 * strlen(one->options));
            for (size_t j = 0; one->options[j]; j++)
                assert_int_equal(((const uint8_t *)line.options)[2 * j], (uint8_t)one->options[j]);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
