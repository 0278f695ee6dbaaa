/* SPDX-License-Identifier: BSD-2-Clause */
/* From ACPI's root pointer to an iBFT, in a small physical memory of our own. */
#include "tests/unit/firmware_tables.h"
#include "tests/unit/handoff_facts.h"

#include "loader/acpi.h"

#define MEMORY_BASE 0x10000u
#define ROOT        0x100
#define RSDT        0x200
#define XSDT        0x300
#define OTHER       0x400
#define TABLE       0x500

static uint8_t memory[0x2000];

static const uint8_t *physical(uint64_t address, size_t length)
{
    uint64_t offset = address - MEMORY_BASE;
    return address >= MEMORY_BASE && offset <= sizeof memory && length <= sizeof memory - offset ? memory + offset : NULL;
}

static void put(size_t at, uint64_t value, unsigned width)
{
    memcpy(memory + at, &value, width);
}

static void put_table(size_t at, const char *signature, uint32_t length)
{
    memcpy(memory + at, signature, 4);
    put(at + 4, length, 4);
    memory[at + 9] = 0;
    memory[at + 9] = (uint8_t)-bytes_sum(memory + at, length);
}

/* Root pointer → both lists → a table of another kind and an iBFT. */
static void make(uint8_t revision)
{
    size_t length;
    struct handoff facts = plain_facts();

    memset(memory, 0, sizeof memory);
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, memory + TABLE, 2048, &length), OK);
    put_table(OTHER, "FACP", 64);
    put(RSDT + 36, MEMORY_BASE + OTHER, 4);
    put(RSDT + 40, MEMORY_BASE + TABLE, 4);
    put_table(RSDT, "RSDT", 44);
    put(XSDT + 36, MEMORY_BASE + OTHER, 8);
    put(XSDT + 44, MEMORY_BASE + TABLE, 8);
    put_table(XSDT, "XSDT", 52);
    memcpy(memory + ROOT, "RSD PTR ", 8);
    memory[ROOT + 15] = revision;
    put(ROOT + 16, MEMORY_BASE + RSDT, 4);
    put(ROOT + 24, MEMORY_BASE + XSDT, 8);
    seal(memory + ROOT, 20, 8);
}

static const uint8_t *found(size_t *size)
{
    const uint8_t *root = acpi_find_root(memory, sizeof memory);
    return root ? acpi_find_table(root, HANDOFF_IBFT, 0, physical, size) : NULL;
}

static void a_table_is_found_by_either_list(void **state)
{
    (void)state;
    size_t size;

    for (uint8_t revision = 0; revision <= 2; revision += 2) {
        make(revision);
        assert_ptr_equal(found(&size), memory + TABLE);
        assert_true(size > 300 && size < 600);
    }
    put(XSDT + 44, 0, 8); /* in the RSDT alone */
    put_table(XSDT, "XSDT", 52);
    assert_ptr_equal(found(&size), memory + TABLE);

    make(0);
    put(RSDT + 40, 0, 4); /* revision 0 has no XSDT */
    put_table(RSDT, "RSDT", 44);
    assert_null(found(&size));
}

static void every_one_of_several_is_found(void **state)
{
    (void)state;
    make(0);
    put(RSDT + 36, MEMORY_BASE + TABLE + 0x800, 4); /* in the place of the other one */
    put_table(RSDT, "RSDT", 44);
    memcpy(memory + TABLE + 0x800, memory + TABLE, 0x800);
    const uint8_t *root = acpi_find_root(memory, sizeof memory);
    size_t size;
    assert_ptr_equal(acpi_find_table(root, HANDOFF_IBFT, 0, physical, &size), memory + TABLE + 0x800);
    assert_ptr_equal(acpi_find_table(root, HANDOFF_IBFT, 1, physical, &size), memory + TABLE);
    assert_null(acpi_find_table(root, HANDOFF_IBFT, 2, physical, &size));
}

static void what_is_damaged_leads_nowhere(void **state)
{
    (void)state;

    make(0);
    memory[ROOT + 9] ^= 1;
    assert_null(acpi_find_root(memory, sizeof memory));

    make(0);
    memory[RSDT + 37] ^= 1; /* its sum is wrong now */
    size_t size;
    assert_null(found(&size));

    make(0);
    put(ROOT + 16, 0xFFFFF000, 4);
    seal(memory + ROOT, 20, 8);
    assert_null(found(&size));

    make(0);
    put_table(RSDT, "RSDT", 37); /* half an address */
    assert_null(found(&size));

    make(0);
    put(TABLE + 4, 0x7FFFFFFF, 4);
    assert_null(found(&size));

    make(0);
    put(RSDT + 40, MEMORY_BASE + sizeof memory - 20, 4); /* a header beyond the end */
    put_table(RSDT, "RSDT", 44);
    assert_null(found(&size));
}

/* Out of sight, sums still right, and back byte for byte. */
static void iBFTs_are_hidden_and_restored(void **state)
{
    (void)state;
    size_t size;
    uint8_t before[sizeof memory];

    make(2);
    memcpy(before, memory, sizeof memory);
    const uint8_t *root = acpi_find_root(memory, sizeof memory), *table = found(&size);
    acpi_hide_ibfts(root, physical);
    assert_null(found(&size));
    assert_int_equal(bytes_sum(table, handoff_table_length(table)), 0);
    acpi_hide_ibfts(root, physical);
    acpi_restore_ibfts();
    assert_memory_equal(memory, before, sizeof memory);
    assert_ptr_equal(found(&size), table);
}

static void a_root_at_the_very_end_is_not_read_beyond(void **state)
{
    (void)state;
    uint8_t *area = malloc(48);
    memset(area, 0, 48);
    memcpy(area + 16, "RSD PTR ", 8);
    seal(area + 16, 20, 8);
    assert_null(acpi_find_root(area, 48));
    free(area);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_found_by_either_list),
        cmocka_unit_test(every_one_of_several_is_found),
        cmocka_unit_test(what_is_damaged_leads_nowhere),
        cmocka_unit_test(iBFTs_are_hidden_and_restored),
        cmocka_unit_test(a_root_at_the_very_end_is_not_read_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
