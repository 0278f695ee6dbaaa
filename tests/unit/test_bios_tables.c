/* SPDX-License-Identifier: BSD-2-Clause */
/* Others' iBFTs, found in memory at the addresses that it has in the machine: tables of ACPI's may be said to lie anywhere. */
#include <sys/mman.h>

#include "tests/unit/firmware_tables.h"
#include "tests/unit/handoff_facts.h"

#include "bios/tables.c"

#define ROOT  0xE0000u
#define XSDT  0xE0100u
#define TABLE 0x20000u /* where only ACPI leads */
#define LIMIT (1ull << 32)

static uint8_t *root;

const uint8_t *bios_acpi_root(void)
{
    return root;
}

static bool map_at(uint32_t address, size_t size)
{
    void *at = low_memory(address);
    return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at;
}

static int set_up(void **state)
{
    (void)state;
    bool mapped = map_at(TABLE, 0x10000) && map_at(LOOK_FROM, LOOK_TO - LOOK_FROM);
    root = low_memory(ROOT);
    return !mapped;
}

static size_t put_ibft(uint32_t address)
{
    struct handoff facts = plain_facts();
    size_t length;
    uint8_t *at = low_memory(address);
    assert_int_equal(ibft_write(&facts, IBFT_GATEWAY_AUTO, at, 2048, &length), OK);
    memcpy(at + 10, "OTHERS", 6); /* not one of ours */
    seal(at, length, 9);
    return length;
}

/* A root whose list has these addresses. */
static void put_root(const uint64_t *addresses, size_t count)
{
    uint8_t *list = low_memory(XSDT);
    uint32_t length = (uint32_t)(36 + 8 * count);
    memset(root, 0, 0x400);
    memcpy(list, "XSDT", 4);
    memcpy(list + 4, &length, sizeof length);
    memcpy(list + 36, addresses, 8 * count);
    seal(list, length, 9);
    memcpy(root, "RSD PTR ", 8);
    root[15] = 2;
    memcpy(root + 24, &(uint64_t){XSDT}, 8);
    seal(root, 20, 8);
}

static void one_of_acpis_is_found(void **state)
{
    size_t size, length = put_ibft(TABLE);
    (void)state;
    put_root(&(uint64_t){TABLE}, 1);
    assert_ptr_equal(tables_firmware_ibft(&size), low_memory(TABLE));
    assert_int_equal(size, length);
}

/* Nothing is read there: neither what the sum wraps to, nor what the lower half names. */
static void addresses_that_lead_out_of_memory_are_passed_over(void **state)
{
    static const uint64_t places[] = {
        UINT64_MAX, UINT64_MAX - 35, UINT64_MAX - 100, LIMIT - 1, LIMIT - 36, LIMIT, LIMIT + TABLE, ACPI_LOWEST - 1, 1, 0,
    };
    (void)state;
    size_t size;
    put_ibft(TABLE);
    put_root(places, sizeof places / sizeof *places);
    assert_null(tables_firmware_ibft(&size));

    uint64_t with_one[sizeof places / sizeof *places + 1];
    memcpy(with_one, places, sizeof places);
    with_one[sizeof places / sizeof *places] = TABLE;
    put_root(with_one, sizeof with_one / sizeof *with_one);
    assert_ptr_equal(tables_firmware_ibft(&size), low_memory(TABLE));
}

/* Hidden and given back by way of the same list. */
static void nor_are_they_written(void **state)
{
    static const uint64_t places[] = {UINT64_MAX - 35, LIMIT - 36, LIMIT + TABLE, TABLE};
    (void)state;
    put_ibft(TABLE);
    put_root(places, sizeof places / sizeof *places);
    tables_clear();
    assert_int_equal(handoff_table_at(low_memory(TABLE), 2048), HANDOFF_NO_TABLE);
    tables_withdraw();
    assert_int_equal(handoff_table_at(low_memory(TABLE), 2048), HANDOFF_IBFT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_acpis_is_found),
        cmocka_unit_test(addresses_that_lead_out_of_memory_are_passed_over),
        cmocka_unit_test(nor_are_they_written),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
