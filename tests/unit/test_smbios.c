/* SPDX-License-Identifier: BSD-2-Clause */
/* The SMBIOS entry points and the system UUID, from good tables and damaged ones. */
#include "tests/unit/firmware_tables.h"

#include "loader/smbios.h"

static void make_smbios(uint8_t entry[0x20])
{
    memset(entry, 0, 0x20);
    memcpy(entry, "_SM_", 4);
    entry[5] = 0x1F;
    memcpy(entry + 0x10, "_DMI_", 5);
    put16(entry + 0x16, 0x150);
    put16(entry + 0x18, 0x5980);
    put16(entry + 0x1A, 0x000F);
    seal(entry, 0x1F, 4);
}

static void smbios_entry_is_found(void **state)
{
    (void)state;
    uint8_t area[256];
    struct smbios_table table;
    memset(area, 0xCC, sizeof area);
    assert_false(smbios_find(area, sizeof area, &table));
    make_smbios(area + 0x60);
    assert_true(smbios_find(area, sizeof area, &table));
    assert_int_equal(table.address, 0xF5980);
    assert_int_equal(table.length, 0x150);
    area[0x6C] ^= 1;
    assert_false(smbios_find(area, sizeof area, &table));

    memset(area, 0, sizeof area);
    memcpy(area + 0xE0, "_SM3_", 5);
    area[0xE6] = 0x18;
    put16(area + 0xEC, 0x1000);
    put16(area + 0xF2, 0x000E);
    seal(area + 0xE0, 0x18, 5);
    assert_true(smbios_find(area, sizeof area, &table));
    assert_int_equal(table.address, 0xE0000);
    assert_false(smbios_find(area, 0xF0, &table)); /* its end is not in the area */
}

static const struct uuid_case {
    const char *name;
    uint8_t table[64];
    size_t length;
    bool found;
} uuid_cases[] = {
    {"type 0, then type 1",
     {0, 4, 0, 0, 'a', 0, 0, 1, 0x19, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
     40,
     true},
    {"no strings",
     {0, 4, 0, 0, 0, 0, 1, 0x19, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
     31,
     true},
    {"all zero is not set", {1, 0x19, 0, 0}, 40, false},
    {"type 1 older than its UUID", {1, 8, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 40, false},
    {"type 1 beyond the end", {0, 4, 0, 0, 0, 0, 1, 0x19, 1, 0, 0, 0, 0, 0, 1, 2, 3}, 17, false},
    {"length 0 does not loop", {0, 0, 0, 0}, 40, false},
    {"end of table", {127, 4, 0, 0, 0, 0, 1, 0x19, 1, 0, 0, 0, 0, 0, 1, 2, 3}, 40, false},
    {"strings without an end", {0, 4, 0, 0, 'a', 'b', 'c'}, 7, false},
    {"empty", {0}, 0, false},
};

static void system_uuid(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof uuid_cases / sizeof *uuid_cases; i++) {
        const struct uuid_case *c = &uuid_cases[i];
        uint8_t uuid[16], *copy = malloc(c->length ? c->length : 1);
        memcpy(copy, c->table, c->length);
        bool found = smbios_uuid(copy, c->length, uuid);
        free(copy);
        if (found != c->found)
            fail_msg("%s", c->name);
        for (uint8_t n = 0; found && n < 16; n++)
            assert_int_equal(uuid[n], n + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smbios_entry_is_found),
        cmocka_unit_test(system_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
