/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot#### variables, good ones and cut ones, byte for byte. */
#include "efi/load_option.h"
#include "platform/bytes.h"
#include "tests/unit/unit.h"

#define DISK       2, 1, 6, 0, 0, 3 /* ACPI, PCI: the lengths are what counts */
#define END        0x7F, 0xFF, 4, 0
#define NAMED      'H', 0, 'D', 0, 0, 0
#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})
#define OF(...)    BYTES(__VA_ARGS__), sizeof BYTES(__VA_ARGS__)

#define LONG_NAME 300 /* characters */

struct option_case {
    const char *clause;
    const uint8_t *bytes;
    size_t size;
    bool good, bootable;
    const char *name;
    size_t path;
};

static const struct option_case cases[] = {
    {"active", OF(1, 0, 0, 0, 10, 0, NAMED, DISK, END), true, true, "HD", 12},
    {"active and hidden from menus", OF(9, 0, 0, 0, 10, 0, NAMED, DISK, END), true, true, "HD", 12},
    {"not active", OF(0, 0, 0, 0, 10, 0, NAMED, DISK, END), true, false, "HD", 12},
    {"an application", OF(1, 1, 0, 0, 10, 0, NAMED, DISK, END), true, false, "HD", 12},
    {"without a name", OF(1, 0, 0, 0, 10, 0, 0, 0, DISK, END), true, true, "", 8},
    {"a name in another alphabet", OF(1, 0, 0, 0, 10, 0, 0x16, 4, 'a', 0, 0, 0, DISK, END), true, true, "?a", 12},
    {"with optional data", OF(1, 0, 0, 0, 10, 0, NAMED, DISK, END, 'x', 'y'), true, true, "HD", 12},
    {"two paths", OF(1, 0, 0, 0, 20, 0, NAMED, DISK, END, DISK, END), true, true, "HD", 12},
    {"one byte", OF(1), false, false, NULL, 0},
    {"header cut", OF(1, 0, 0, 0, 10), false, false, NULL, 0},
    {"name without end", OF(1, 0, 0, 0, 10, 0, 'H', 0, 'D', 0), false, false, NULL, 0},
    {"name cut in a character", OF(1, 0, 0, 0, 10, 0, 'H', 0, 'D'), false, false, NULL, 0},
    {"path longer than the variable", OF(1, 0, 0, 0, 11, 0, NAMED, DISK, END), false, false, NULL, 0},
    {"no path", OF(1, 0, 0, 0, 0, 0, NAMED), false, false, NULL, 0},
    {"path without its end node", OF(1, 0, 0, 0, 6, 0, NAMED, DISK, END), false, false, NULL, 0},
    {"a node longer than the path", OF(1, 0, 0, 0, 10, 0, NAMED, 2, 1, 60, 0, 0, 3, END), false, false, NULL, 0},
    {"a node shorter than its header", OF(1, 0, 0, 0, 10, 0, NAMED, 2, 1, 0, 0, 0, 3, END), false, false, NULL, 0},
};

/* From memory of exactly its size, so that the sanitizer sees each byte too many. */
static void each_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct option_case *one = &cases[i];
        print_message("  %s\n", one->clause);
        uint8_t *bytes = malloc(one->size);
        memcpy(bytes, one->bytes, one->size);

        struct load_option option;
        assert_int_equal(load_option_read(bytes, one->size, &option), one->good);
        if (one->good) {
            assert_int_equal(option.bootable, one->bootable);
            assert_string_equal(option.name, one->name);
            assert_ptr_equal(option.path, bytes + one->path);
            assert_ptr_equal(option.data, bytes + one->path + get_le16(bytes + 4));
            assert_ptr_equal((const uint8_t *)option.data + option.data_size, bytes + one->size);
        }
        free(bytes);
    }
}

static void a_long_name_is_cut(void **state)
{
    static const uint8_t path[] = {DISK, END};
    uint8_t bytes[6 + 2 * (LONG_NAME + 1) + sizeof path] = {1, 0, 0, 0, sizeof path, 0};
    (void)state;
    for (int i = 0; i < LONG_NAME; i++)
        put_le16(bytes + 6 + 2 * i, 'a');
    memcpy(bytes + sizeof bytes - sizeof path, path, sizeof path);

    struct load_option option;
    assert_true(load_option_read(bytes, sizeof bytes, &option));
    assert_int_equal(strlen(option.name), LOAD_OPTION_NAME - 1);
    assert_ptr_equal(option.path, bytes + sizeof bytes - sizeof path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option),
        cmocka_unit_test(a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
