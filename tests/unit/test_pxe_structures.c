/* SPDX-License-Identifier: BSD-2-Clause */
/* !PXE, PXENV+ and SMBIOS, as ROMs leave them in memory: right ones are read, damaged ones refused, none read beyond its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bios/pxe_structures.h"
#include "bios/smbios.h"
#include "bios/stub/lz4.h"

static void seal(uint8_t *bytes, size_t length, size_t checksum)
{
    uint8_t sum = 0;
    bytes[checksum] = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[checksum] = (uint8_t)-sum;
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void make_pxe(uint8_t bytes[0x58])
{
    memset(bytes, 0, 0x58);
    memcpy(bytes, "!PXE", 4);
    bytes[4] = 0x58;
    put16(bytes + 0x10, 0x1234);
    put16(bytes + 0x12, 0x9C40);
    bytes[0x1D] = 2;
    put16(bytes + 0x22, 0xC400); /* stack at 9C400h */
    put16(bytes + 0x24, 0x0009);
    put16(bytes + 0x26, 0x0800);
    put16(bytes + 0x2A, 0xCC00);
    put16(bytes + 0x2C, 0x0009);
    put16(bytes + 0x2E, 0x3000);
    seal(bytes, 0x58, 5);
}

/* A copy in memory that ends where `available` does, so that the sanitizer sees any read beyond it. */
static bool pxe_read_bounded(const uint8_t *bytes, size_t available, struct pxe_rom *rom)
{
    uint8_t *copy = malloc(available ? available : 1);
    memcpy(copy, bytes, available);
    bool result = pxe_read(copy, available, rom);
    free(copy);
    return result;
}

static void pxe_is_read(void **state)
{
    (void)state;
    uint8_t bytes[0x58];
    struct pxe_rom rom;
    make_pxe(bytes);
    assert_true(pxe_read_bounded(bytes, sizeof bytes, &rom));
    assert_true(rom.has_pxe);
    assert_int_equal(rom.entry.offset, 0x1234);
    assert_int_equal(rom.entry.segment, 0x9C40);
    assert_int_equal(rom.segment_count, 2);
    assert_int_equal(rom.segments[1].base, 0x9CC00);
    assert_int_equal(rom.segments[1].size, 0x3000);
}

static void damaged_pxe_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[0x58];
    struct pxe_rom rom = {.segment_count = 99};
    for (size_t i = 0; i < sizeof bytes; i++) {
        make_pxe(bytes);
        bytes[i] ^= 0x10;
        assert_false(pxe_read_bounded(bytes, sizeof bytes, &rom));
    }
    make_pxe(bytes);
    for (size_t available = 0; available < sizeof bytes; available++)
        assert_false(pxe_read_bounded(bytes, available, &rom));
    make_pxe(bytes);
    put16(bytes + 0x12, 0); /* no entry point */
    seal(bytes, sizeof bytes, 5);
    assert_false(pxe_read_bounded(bytes, sizeof bytes, &rom));
    assert_int_equal(rom.segment_count, 99);
}

static void segment_count_is_bounded(void **state)
{
    (void)state;
    uint8_t bytes[0x58];
    struct pxe_rom rom;
    make_pxe(bytes);
    memset(bytes + 0x20, 0x11, 0x38);
    bytes[0x1D] = 255;
    seal(bytes, sizeof bytes, 5);
    assert_true(pxe_read_bounded(bytes, sizeof bytes, &rom));
    assert_int_equal(rom.segment_count, PXE_SEGMENTS_MAX);
}

static void make_pxenv(uint8_t bytes[0x2C], uint16_t version)
{
    memset(bytes, 0, 0x2C);
    memcpy(bytes, "PXENV+", 6);
    put16(bytes + 6, version);
    bytes[8] = 0x2C;
    put16(bytes + 0x0A, 0x55);
    put16(bytes + 0x0C, 0x9D00);
    put16(bytes + 0x20, 0x9E00);
    put16(bytes + 0x22, 0x400);
    put16(bytes + 0x28, 0x10);
    put16(bytes + 0x2A, 0x9C40);
    seal(bytes, 0x2C, 9);
}

static void pxenv_is_read(void **state)
{
    (void)state;
    uint8_t bytes[0x2C];
    struct pxe_rom rom;
    struct pxe_pointer pxe;
    make_pxenv(bytes, 0x0201);
    assert_true(pxenv_read(bytes, sizeof bytes, &rom, &pxe));
    assert_false(rom.has_pxe);
    assert_int_equal(rom.entry.segment, 0x9D00);
    assert_int_equal(pxe.segment, 0x9C40);
    assert_int_equal(rom.segment_count, 1);
    assert_int_equal(rom.segments[0].base, 0x9E000);
    make_pxenv(bytes, 0x0200); /* has no !PXE yet */
    assert_true(pxenv_read(bytes, sizeof bytes, &rom, &pxe));
    assert_int_equal(pxe.segment, 0);
    for (size_t i = 0; i < sizeof bytes; i++) {
        make_pxenv(bytes, 0x0201);
        bytes[i] ^= 0x40;
        assert_false(pxenv_read(bytes, sizeof bytes, &rom, &pxe));
    }
}

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
    {"type 0, then type 1", {0, 4, 0, 0, 'a', 0, 0, 1, 0x19, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 40, true},
    {"no strings", {0, 4, 0, 0, 0, 0, 1, 0x19, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 31, true},
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

/* Token: high nibble literals, low nibble match length - 4. */
static const struct lz4_case {
    const char *name;
    uint8_t block[24];
    uint32_t length;
    uint32_t room;
    int32_t result;
    const char *text;
} lz4_cases[] = {
    {"literals alone", {0x30, 'a', 'b', 'c'}, 4, 16, 3, "abc"},
    {"overlapping match", {0x12, 'x', 1, 0, 0x10, 'y'}, 6, 16, 8, "xxxxxxxy"},
    {"long match", {0x1F, 'x', 1, 0, 1, 0x10, 'y'}, 7, 32, 22, "xxxxxxxxxxxxxxxxxxxxxy"},
    {"distance 0", {0x12, 'x', 0, 0, 0x10, 'y'}, 6, 16, -1, ""},
    {"distance before the start", {0x12, 'x', 2, 0, 0x10, 'y'}, 6, 16, -1, ""},
    {"match beyond the room", {0x12, 'x', 1, 0, 0x10, 'y'}, 6, 6, -1, ""},
    {"literals beyond the room", {0x30, 'a', 'b', 'c'}, 4, 2, -1, ""},
    {"literals beyond the block", {0x40, 'a', 'b', 'c'}, 4, 16, -1, ""},
    {"half a distance", {0x12, 'x', 1}, 3, 16, -1, ""},
    {"length that never ends", {0xF0, 255, 255}, 3, 16, -1, ""},
    {"no end", {0x12, 'x', 1, 0}, 4, 16, -1, ""},
    {"empty", {0}, 0, 16, -1, ""},
};

static void lz4_block_format(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof lz4_cases / sizeof *lz4_cases; i++) {
        const struct lz4_case *c = &lz4_cases[i];
        uint8_t *from = malloc(c->length ? c->length : 1), *to = malloc(c->room);
        memcpy(from, c->block, c->length);
        int32_t result = lz4_decode(from, c->length, to, c->room);
        if (result != c->result || (result > 0 && memcmp(to, c->text, (size_t)result) != 0))
            fail_msg("%s: %d", c->name, result);
        free(from);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pxe_is_read),   cmocka_unit_test(damaged_pxe_is_refused), cmocka_unit_test(segment_count_is_bounded),
        cmocka_unit_test(pxenv_is_read), cmocka_unit_test(smbios_entry_is_found),  cmocka_unit_test(system_uuid),
        cmocka_unit_test(lz4_block_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
