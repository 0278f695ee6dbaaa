/* SPDX-License-Identifier: BSD-2-Clause */
/* !PXE and PXENV+ as ROMs leave them in memory: right ones are read, damaged ones refused, none read beyond its end. */
#include "tests/unit/firmware_tables.h"

#include "bios/low_memory.h"
#include "bios/pxe_structures.h"
#include "platform/bytes.h"

static void make_pxe(uint8_t bytes[0x58])
{
    memset(bytes, 0, 0x58);
    memcpy(bytes, "!PXE", 4);
    bytes[4] = 0x58;

    put_le16(bytes + 0x10, 0x1234);
    put_le16(bytes + 0x12, 0x9C40);

    bytes[0x1D] = 2;
    put_le16(bytes + 0x22, 0xC400); /* stack at 9C400h */
    put_le16(bytes + 0x24, 0x0009);
    put_le16(bytes + 0x26, 0x0800);
    put_le16(bytes + 0x2A, 0xCC00);
    put_le16(bytes + 0x2C, 0x0009);
    put_le16(bytes + 0x2E, 0x3000);

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
    put_le16(bytes + 0x12, 0); /* no entry point */
    seal(bytes, sizeof bytes, 5);
    assert_false(pxe_read_bounded(bytes, sizeof bytes, &rom));
    assert_int_equal(rom.segment_count, 99);
}

static void segment_count_is_bounded(void **state)
{
    (void)state;
    uint8_t bytes[0x58];
    make_pxe(bytes);
    memset(bytes + 0x20, 0x11, 0x38);
    bytes[0x1D] = 255;
    seal(bytes, sizeof bytes, 5);
    struct pxe_rom rom;
    assert_true(pxe_read_bounded(bytes, sizeof bytes, &rom));
    assert_int_equal(rom.segment_count, PXE_SEGMENTS_MAX);
}

static void make_pxenv(uint8_t bytes[0x2C], uint16_t version)
{
    memset(bytes, 0, 0x2C);
    memcpy(bytes, "PXENV+", 6);
    put_le16(bytes + 6, version);
    bytes[8] = 0x2C;
    put_le16(bytes + 0x0A, 0x55);
    put_le16(bytes + 0x0C, 0x9D00);
    put_le16(bytes + 0x20, 0x9E00);
    put_le16(bytes + 0x22, 0x400);
    put_le16(bytes + 0x28, 0x10);
    put_le16(bytes + 0x2A, 0x9C40);
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

#define KIB_625 0x9C400u

static const struct end_case {
    const char *name;
    uint32_t limit;
    unsigned count;
    struct pxe_segment segments[3];
    uint32_t end;
} end_cases[] = {
    {"from the limit on", KIB_625, 2, {{0x9C400, 0x8C0}, {0x9CCC0, 0x2F40}}, 0x9FC00},
    {"in any order, the last KiB used in part", KIB_625, 2, {{0x9CCC0, 0x2B41}, {0x9C7FF, 0x4C1}}, 0x9FC00},
    {"taken a KiB below by somebody else", KIB_625 - 1024, 2, {{0x9C400, 0x8C0}, {0x9CCC0, 0x2F40}}, KIB_625 - 1024},
    {"given back already", 0x9FC00, 2, {{0x9C400, 0x8C0}, {0x9CCC0, 0x2F40}}, 0x9FC00},
    {"segments in option ROMs", KIB_625, 3, {{0xC9000, 0x4000}, {0x9C400, 0x8C0}, {0xA0000, 0x400}}, 0x9D000},
    {"all of them in option ROMs", KIB_625, 1, {{0xC9000, 0x4000}}, KIB_625},
    {"no segments", KIB_625, 0, {{0}}, KIB_625},
    {"no more base memory", BASE_MEMORY_TOP, 1, {{0x9C400, 0x8C0}}, BASE_MEMORY_TOP},
};

static void base_memory_ends_where_the_roms_did(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof end_cases / sizeof *end_cases; i++) {
        const struct end_case *c = &end_cases[i];
        struct pxe_rom rom = {.segment_count = c->count};
        memcpy(rom.segments, c->segments, sizeof c->segments);
        uint32_t end = pxe_base_memory_end(&rom, c->limit);
        if (end != c->end)
            fail_msg("%s: %05x, not %05x", c->name, end, c->end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pxe_is_read),
        cmocka_unit_test(damaged_pxe_is_refused),
        cmocka_unit_test(segment_count_is_bounded),
        cmocka_unit_test(pxenv_is_read),
        cmocka_unit_test(base_memory_ends_where_the_roms_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
