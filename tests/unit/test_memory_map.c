/* SPDX-License-Identifier: BSD-2-Clause */
/* What the OS is told of memory once our pages are taken out of the BIOS's map. */
#include "tests/unit/unit.h"

#include "bios/memory_map.h"
#include "platform/bytes.h"

#define GIB      (1024ull * MIB)
#define ACPI     3
#define ROWS_MAX 12

struct row {
    uint64_t base, end;
    uint32_t type;
};

/* `in` is the BIOS's map, from which [base, end) is reserved; `out` what must come of it. A row with end 0 ends a list. */
static const struct reserve_case {
    const char *name;
    struct row in[ROWS_MAX];
    uint64_t base, end;
    struct row out[ROWS_MAX];
} reserve_cases[] = {
    {"in the middle: three pieces",
     {{MIB, 128 * MIB, 1}},
     64 * MIB,
     68 * MIB,
     {{MIB, 64 * MIB, 1}, {64 * MIB, 68 * MIB, 2}, {68 * MIB, 128 * MIB, 1}}},
    {"at the end: two pieces, none empty",
     {{MIB, 128 * MIB, 1}},
     124 * MIB,
     128 * MIB,
     {{MIB, 124 * MIB, 1}, {124 * MIB, 128 * MIB, 2}}},
    {"at the start", {{MIB, 128 * MIB, 1}}, MIB, 5 * MIB, {{MIB, 5 * MIB, 2}, {5 * MIB, 128 * MIB, 1}}},
    {"the whole entry", {{MIB, 5 * MIB, 1}}, MIB, 5 * MIB, {{MIB, 5 * MIB, 2}}},
    {"base memory under the EBDA",
     {{0, 0x9FC00, 1}, {0x9FC00, 0xA0000, 2}, {MIB, 128 * MIB, 1}},
     0x9F000,
     0xA0000,
     {{0, 0x9F000, 1}, {0x9F000, 0x9FC00, 2}, {0x9FC00, 0xA0000, 2}, {MIB, 128 * MIB, 1}}},
    {"ACPI tables next to us stay ACPI's",
     {{MIB, 126 * MIB, 1}, {126 * MIB, 127 * MIB, ACPI}, {127 * MIB, 128 * MIB, 4}},
     122 * MIB,
     126 * MIB,
     {{MIB, 122 * MIB, 1}, {122 * MIB, 126 * MIB, 2}, {126 * MIB, 127 * MIB, ACPI}, {127 * MIB, 128 * MIB, 4}}},
    {"an entry that is not RAM is not touched",
     {{MIB, 64 * MIB, 1}, {64 * MIB, 80 * MIB, ACPI}},
     60 * MIB,
     70 * MIB,
     {{MIB, 60 * MIB, 1}, {60 * MIB, 64 * MIB, 2}, {64 * MIB, 80 * MIB, ACPI}}},
    {"overlapping RAM entries are both cut",
     {{MIB, 100 * MIB, 1}, {50 * MIB, 128 * MIB, 1}},
     60 * MIB,
     64 * MIB,
     {{MIB, 60 * MIB, 1},
      {60 * MIB, 64 * MIB, 2},
      {64 * MIB, 100 * MIB, 1},
      {50 * MIB, 60 * MIB, 1},
      {60 * MIB, 64 * MIB, 2},
      {64 * MIB, 128 * MIB, 1}}},
    {"unsorted: the order stays the BIOS's",
     {{4 * GIB, 6 * GIB, 1}, {MIB, 3 * GIB, 1}, {0, 0x9F000, 1}},
     3 * GIB - 4 * MIB,
     3 * GIB,
     {{4 * GIB, 6 * GIB, 1}, {MIB, 3 * GIB - 4 * MIB, 1}, {3 * GIB - 4 * MIB, 3 * GIB, 2}, {0, 0x9F000, 1}}},
    {"across the 3 GiB hole",
     {{MIB, 3 * GIB, 1}, {4 * GIB, 5 * GIB, 1}},
     2 * GIB,
     5 * GIB,
     {{MIB, 2 * GIB, 1}, {2 * GIB, 3 * GIB, 2}, {4 * GIB, 5 * GIB, 2}}},
    {"at the very top of the address space",
     {{UINT64_MAX - 0xFFF, UINT64_MAX, 1}},
     UINT64_MAX - 0xFFF,
     UINT64_MAX,
     {{UINT64_MAX - 0xFFF, UINT64_MAX, 2}}},
    {"not RAM at all: nothing changes", {{MIB, 2 * MIB, 2}}, MIB, 2 * MIB, {{MIB, 2 * MIB, 2}}},
};

static void fill(struct memory_map *map, const struct row *rows)
{
    memory_map_clear(map);
    for (; rows->end; rows++) {
        struct e820_entry entry = {rows->base, rows->end - rows->base, rows->type, 0};
        assert_true(memory_map_add(map, &entry, E820_ENTRY_MINIMUM));
    }
}

static void reserved_pages_are_cut_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof reserve_cases / sizeof *reserve_cases; i++) {
        const struct reserve_case *c = &reserve_cases[i];
        struct memory_map map;
        fill(&map, c->in);
        assert_true(memory_map_reserve(&map, c->base, c->end - c->base));

        unsigned n = 0;
        for (const struct row *row = c->out; row->end; row++, n++) {
            if (n >= map.count || map.entries[n].base != row->base || map.entries[n].length != row->end - row->base ||
                map.entries[n].type != row->type)
                fail_msg("%s: entry %u", c->name, n);
        }
        if (n != map.count)
            fail_msg("%s: %u entries, not %u", c->name, map.count, n);
    }
}

static void extended_attributes_are_kept(void **state)
{
    (void)state;
    struct memory_map map;
    memory_map_clear(&map);
    assert_true(memory_map_add(&map, &(struct e820_entry){0, 0x9F000, 1, 77}, 20));
    assert_int_equal(map.entry_size, 20);
    assert_true(memory_map_add(&map, &(struct e820_entry){MIB, 64 * MIB, 1, 9}, 24));
    assert_int_equal(map.entry_size, 24);
    assert_int_equal(map.entries[0].attributes, E820_ENABLED);

    assert_true(memory_map_reserve(&map, 32 * MIB, MIB));
    assert_int_equal(map.count, 4);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(map.entries[i].attributes, 9);
}

static void empty_and_short_entries(void **state)
{
    (void)state;
    struct memory_map map;
    memory_map_clear(&map);
    assert_true(memory_map_add(&map, &(struct e820_entry){MIB, 0, 1, 0}, 20));
    assert_int_equal(map.count, 0);
    assert_false(memory_map_add(&map, &(struct e820_entry){MIB, MIB, 1, 0}, 19));
    assert_int_equal(map.count, 0);
}

static void a_full_map_stays_as_it_is(void **state)
{
    (void)state;
    struct memory_map map, before;
    memory_map_clear(&map);
    for (unsigned i = 0; i < MEMORY_MAP_MAX - 1; i++)
        assert_true(memory_map_add(&map, &(struct e820_entry){i * MIB, MIB, 1, 0}, 20));
    before = map;
    assert_false(memory_map_reserve(&map, 0x1000, 0x1000));
    assert_memory_equal(&map, &before, sizeof map);
    assert_true(memory_map_reserve(&map, 0, 0x1000));
    assert_int_equal(map.count, MEMORY_MAP_MAX);
    assert_false(memory_map_add(&map, &(struct e820_entry){GIB, MIB, 1, 0}, 20));
}

static void older_functions_make_a_map(void **state)
{
    (void)state;
    struct memory_map map;
    memory_map_clear(&map);
    memory_map_add_sizes(&map, &(struct memory_sizes){0x3C00, 0x700, 0xFC00});
    assert_int_equal(map.count, 2);
    assert_int_equal(map.entries[0].base, MIB);
    assert_int_equal(map.entries[0].length, 15 * MIB);
    assert_int_equal(map.entries[1].base, 16 * MIB);
    assert_int_equal(map.entries[1].length, 112 * MIB);

    memory_map_clear(&map);
    memory_map_add_sizes(&map, &(struct memory_sizes){0, 0, 0x1C00}); /* no E801: one entry, and no empty one */
    assert_int_equal(map.count, 1);
    assert_int_equal(map.entries[0].length, 7 * MIB);
}

static const struct size_case {
    const char *name;
    struct row in[ROWS_MAX];
    struct memory_sizes bios, out;
} size_cases[] = {
    {"128 MiB less 4 at the top",
     {{0, 0x9FC00, 1}, {MIB, 124 * MIB, 1}, {124 * MIB, 128 * MIB, 2}},
     {0, 0, 0},
     {0x3C00, 0x6C0, 0xFC00}},
    {"32 MiB", {{MIB, 32 * MIB, 1}}, {0, 0, 0}, {0x3C00, 0x100, 0x7C00}},
    {"a hole at 15 MiB", {{MIB, 15 * MIB, 1}, {16 * MIB, 64 * MIB, 1}}, {0, 0, 0}, {0x3800, 0x300, 0x3800}},
    {"pieces that touch are one",
     {{16 * MIB, 64 * MIB, 1}, {8 * MIB, 16 * MIB, 1}, {MIB, 8 * MIB, 1}},
     {0, 0, 0},
     {0x3C00, 0x300, 0xFC00}},
    {"what is not RAM wins where entries overlap",
     {{MIB, 64 * MIB, 1}, {32 * MIB, 33 * MIB, 2}},
     {0, 0, 0},
     {0x3C00, 0x100, 0x7C00}},
    {"RAM above 4 GiB is not told", {{MIB, 3 * GIB, 1}, {4 * GIB, 8 * GIB, 1}}, {0, 0, 0}, {0x3C00, 0xBF00, 0xFC00}},
    {"the BIOS's smaller figures are believed", {{MIB, 256 * MIB, 1}}, {0x3800, 0x80, 0x2000}, {0x3800, 0x80, 0x2000}},
    {"its larger ones are not", {{MIB, 32 * MIB, 1}}, {0x3C00, 0x9999, 0xFFFF}, {0x3C00, 0x100, 0x7C00}},
    {"no RAM above 1 MiB", {{0, 0x9FC00, 1}}, {0, 0, 0}, {0, 0, 0}},
};

static void older_functions_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof size_cases / sizeof *size_cases; i++) {
        const struct size_case *c = &size_cases[i];
        struct memory_map map;
        struct memory_sizes sizes;
        fill(&map, c->in);
        memory_map_sizes(&map, &c->bios, &sizes);
        if (memcmp(&sizes, &c->out, sizeof sizes) != 0)
            fail_msg("%s: %x %x %x", c->name, sizes.e801_low, sizes.e801_high, sizes.int15_88);
    }
}

static const struct place_case {
    const char *name;
    struct row in[ROWS_MAX];
    uint32_t out; /* for 4 MiB, from 4 MiB up */
} place_cases[] = {
    {"128 MiB", {{0, 0x9FC00, 1}, {MIB, 0x7FE0000, 1}, {0x7FE0000, 0x8000000, 2}}, 0x7BE0000},
    {"the higher of two", {{MIB, 64 * MIB, 1}, {128 * MIB, 256 * MIB, 1}}, 252 * MIB},
    {"unsorted", {{128 * MIB, 256 * MIB, 1}, {MIB, 64 * MIB, 1}}, 252 * MIB},
    {"below 4 GiB, not above", {{4 * GIB, 8 * GIB, 1}, {MIB, 64 * MIB, 1}}, 60 * MIB},
    {"an entry across 4 GiB ends there, and 256 MiB away from that we stay", {{2 * GIB, 8 * GIB, 1}}, 0xEFC00000},
    {"1 GiB, less what the BIOS keeps", {{MIB, 0x3FFE0000, 1}, {0x3FFE0000, GIB, 2}}, 0x2FBE0000},
    {"768 MiB are not much", {{MIB, 768 * MIB, 1}}, 764 * MIB},
    {"772 MiB are", {{MIB, 772 * MIB, 1}}, 512 * MIB},
    {"reserved where we would like to be", {{MIB, 2 * GIB, 1}, {1780 * MIB, 1800 * MIB, 2}}, 1776 * MIB},
    {"away from the top there is none", {{MIB, 256 * MIB, 1}, {2 * GIB, 2 * GIB + 8 * MIB, 1}}, 2 * GIB + 4 * MIB},
    {"a reserved entry inside RAM", {{MIB, 64 * MIB, 1}, {62 * MIB, 63 * MIB, 2}}, 58 * MIB},
    {"two reserved entries, the lower first", {{MIB, 64 * MIB, 1}, {57 * MIB, 58 * MIB, 2}, {61 * MIB, 62 * MIB, 2}}, 53 * MIB},
    {"ends are cut to pages", {{MIB, 64 * MIB + 0x123, 1}}, 60 * MIB},
    {"a top piece that is too small", {{MIB, 64 * MIB, 1}, {100 * MIB, 103 * MIB, 1}}, 60 * MIB},
    {"no room", {{MIB, 7 * MIB, 1}}, 0},
    {"length that wraps", {{MIB, UINT64_MAX, 1}}, 0xEFC00000},
};

static void image_goes_high_but_not_to_the_top_of_much_ram(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof place_cases / sizeof *place_cases; i++) {
        const struct place_case *c = &place_cases[i];
        struct memory_map map;
        fill(&map, c->in);
        bool at_top;
        uint32_t place = placement_find(map.entries, map.count, 4 * MIB, 4 * MIB, &at_top);
        bool far_below = place > 256 * MIB && memory_map_ram_end(&map, place) >= place + 4 * MIB + PLACEMENT_BELOW_TOP;
        if (place != c->out || (far_below && at_top))
            fail_msg("%s: %08x, not %08x", c->name, place, c->out);
    }
}

/* The image has the best place, and what it overwrote is kept below. */
static void an_arena_lies_beside_what_is_ours(void **state)
{
    static const struct memory_range ours[] = {{124 * MIB, 4 * MIB}, {116 * MIB, 4 * MIB}};
    static const struct row ram[] = {{MIB, 128 * MIB, 1}, {0}};
    struct memory_map map;
    (void)state;
    fill(&map, ram);
    assert_int_equal(memory_map_place_beside(&map, ours, 2, 4 * MIB, 2 * MIB), 120 * MIB);
    fill(&map, ram);
    assert_int_equal(memory_map_place_beside(&map, ours, 2, 8 * MIB, 2 * MIB), 108 * MIB);
    fill(&map, ram);
    assert_int_equal(memory_map_place_beside(&map, ours, 2, 120 * MIB, 2 * MIB), 0);
}

/* It calls RAM what is ours: nothing is placed by it. */
static void no_arena_by_a_full_map(void **state)
{
    static const struct memory_range ours = {64 * MIB, 4 * MIB};
    struct memory_map map;
    (void)state;
    for (unsigned room = 0; room <= 3; room++) {
        memory_map_clear(&map);
        memory_map_add(&map, &(struct e820_entry){MIB, 127 * MIB, E820_RAM, 0}, E820_ENTRY_MINIMUM);
        while (map.count < MEMORY_MAP_MAX - room)
            memory_map_add(&map, &(struct e820_entry){GIB + map.count * MIB, MIB, E820_RESERVED, 0}, E820_ENTRY_MINIMUM);

        uint32_t place = memory_map_place_beside(&map, &ours, 1, 64 * MIB, 2 * MIB);
        assert_int_equal(place, 0); /* 64 MiB fit only over what is ours */
        if (room < 2)
            assert_int_equal(memory_map_place_beside(&map, &ours, 1, 4 * MIB, 2 * MIB), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reserved_pages_are_cut_out),
        cmocka_unit_test(extended_attributes_are_kept),
        cmocka_unit_test(empty_and_short_entries),
        cmocka_unit_test(a_full_map_stays_as_it_is),
        cmocka_unit_test(older_functions_make_a_map),
        cmocka_unit_test(older_functions_agree),
        cmocka_unit_test(image_goes_high_but_not_to_the_top_of_much_ram),
        cmocka_unit_test(an_arena_lies_beside_what_is_ours),
        cmocka_unit_test(no_arena_by_a_full_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
