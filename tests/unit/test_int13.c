/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions by cylinder, head and sector, and those without sectors. */
#include "tests/unit/int13_machine.h"

#define SECTORS (STORE_SIZE / INT13_SECTOR_SIZE)

static uint8_t chs(uint8_t ah, uint8_t count, uint32_t cylinder, uint8_t head, uint8_t sector)
{
    load((uint16_t)(ah << 8 | count));
    registers.ecx = 0x0F1E0000u | (cylinder & 0xFF) << 8 | (cylinder >> 2 & 0xC0) | sector;
    registers.edx = 0xDDEE0080u | (uint32_t)head << 8;
    return ah == 0x0C ? serve() : serve_keeping(0xFF, 0, 0, 0);
}

static void test_simple_functions(void **state)
{
    (void)state;
    static const struct {
        uint16_t ax;
        uint8_t status;
        uint32_t returned; /* bits of EAX besides AH */
    } cases[] = {
        {0x0000, 0, 0}, {0x0900, 0, 0},    {0x0D00, 0, 0},    {0x1000, 0, 0},    {0x1100, 0, 0}, {0x1400, 0, 0},
        {0x0500, 1, 0}, {0x0A00, 1, 0},    {0x1600, 1, 0},    {0x4600, 1, 0},    {0x4900, 1, 0}, {0x4B00, 1, 0},
        {0x4B01, 1, 0}, {0x4E00, 0, 0xFF}, {0x4E01, 0, 0xFF}, {0x4E06, 0, 0xFF}, {0x4E07, 1, 0}, {0xFF00, 1, 0},
    };

    new_machine(512, SECTORS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        load(cases[i].ax);
        assert_int_equal(serve_keeping(cases[i].returned, 0, 0, 0), cases[i].status);
    }
    assert_int_equal(memory.requests, 0); /* a healthy session: no traffic */
}

static void test_read_and_count(void **state)
{
    (void)state;
    for (uint32_t block = 512; block <= 4096; block *= 8) {
        new_machine(block, SECTORS);
        static const struct {
            uint8_t count;
            uint32_t lba;
        } cases[] = {{1, 0}, {1, 1}, {1, 63}, {8, 8}, {9, 7}, {128, 3}, {128, SECTORS - 129}, {2, 1007}};

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            uint32_t lba = cases[i].lba, length = cases[i].count * 512u;
            memset(real_memory + BUFFER - 16, 0xCC, length + 32);

            assert_int_equal(chs(2, cases[i].count, lba / 63 / 16, (uint8_t)(lba / 63 % 16), (uint8_t)(lba % 63 + 1)), 0);
            assert_int_equal(registers.eax & 0xFFFF, cases[i].count);
            assert_memory_equal(real_memory + BUFFER, memory_store + lba * 512, length);
            assert_int_equal(get(BUFFER - 8, 8), 0xCCCCCCCCCCCCCCCC);
            assert_int_equal(get(BUFFER + length, 8), 0xCCCCCCCCCCCCCCCC);
        }
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t ah, count;
        uint32_t cylinder;
        uint8_t head, sector, status;
    } cases[] = {
        {2, 0, 0, 0, 1, 1},      {2, 129, 0, 0, 1, 1},   {2, 255, 0, 0, 1, 1},     {2, 1, 0, 0, 0, 1},
        {2, 1, 0, 16, 1, 1},     {2, 1, 8, 0, 1, 1},     {2, 1, 1023, 0, 1, 1},    {3, 0, 0, 0, 1, 1},
        {4, 0, 0, 0, 1, 1},      {2, 1, 0, 255, 63, 1},  {0x0C, 1, 8, 0, 1, 0x40}, {0x0C, 1, 0, 16, 1, 0x40},
        {0x0C, 0, 7, 15, 63, 0}, {2, 128, 7, 15, 63, 0}, {4, 128, 7, 15, 63, 0},
    };

    new_machine(512, SECTORS); /* 16 heads, 63 sectors: 8 cylinders and 128 sectors more */
    assert_int_equal(drive.geometry.cylinders, 8);
    memory.requests = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(chs(cases[i].ah, cases[i].count, cases[i].cylinder, cases[i].head, cases[i].sector), cases[i].status);

    new_machine(512, 16 * 63 * 8);
    memset(real_memory + BUFFER, 0xCC, 1024);
    assert_int_equal(chs(2, 2, 7, 15, 63), 4); /* the second is beyond the disk: nothing moves */
    assert_int_equal(registers.eax & 0xFF, 0);
    assert_int_equal(get(BUFFER, 8), 0xCCCCCCCCCCCCCCCC);
}

static void test_write(void **state)
{
    (void)state;
    static uint8_t expected[STORE_SIZE];
    for (uint32_t block = 512; block <= 4096; block *= 8) {
        new_machine(block, SECTORS);
        memcpy(expected, memory_store, sizeof expected);
        for (uint32_t i = 0; i < 20 * 512; i++)
            real_memory[BUFFER + i] = (uint8_t)(i * 7 + 1);
        memcpy(expected + 70 * 512, real_memory + BUFFER, 20 * 512);

        assert_int_equal(chs(3, 20, 0, 1, 8), 0); /* LBA 70: not on a 4096-byte block */
        assert_int_equal(registers.eax & 0xFFFF, 20);
        assert_memory_equal(expected, memory_store, sizeof expected);

        memory.disk.read_only = true;
        assert_int_equal(chs(3, 1, 0, 0, 1), 3);
        assert_memory_equal(expected, memory_store, sizeof expected);
    }
}

static void test_last_status(void **state)
{
    (void)state;
    new_machine(512, SECTORS);
    load(0x0100);
    assert_int_equal(serve_keeping(0xFF, 0, 0, 0), 0);

    chs(2, 0, 0, 0, 1);
    for (int i = 0; i < 2; i++) {
        load(0x0100);
        assert_int_equal(serve_keeping(0xFF, 0, 0, 0), 1);
        assert_int_equal(registers.eax & 0xFF, 1);
    }

    load(0x1500); /* its AH is no status */
    assert_int_equal(serve_keeping(0, 0, 0xFFFF, 0xFFFF), 0);
    load(0x0100);
    assert_int_equal(serve_keeping(0xFF, 0, 0, 0), 0);
}

static void test_parameters_and_type(void **state)
{
    (void)state;
    new_machine(512, 3ull << 32);
    real_memory[BDA_DISK_COUNT] = 3;
    load(0x0800);
    assert_int_equal(serve_keeping(0, 0, 0xFFFF, 0xFFFF), 0);
    assert_int_equal(registers.ecx & 0xFFFF, 0xFFFF); /* 1024 cylinders, 63 sectors */
    assert_int_equal(registers.edx & 0xFFFF, 0xFE03);
    load(0x1500);
    assert_int_equal(serve_keeping(0, 0, 0xFFFF, 0xFFFF), 0);
    assert_int_equal(registers.eax & 0xFF00, 0x0300);
    assert_int_equal(registers.ecx & 0xFFFF, 0xFFFF);
    assert_int_equal(registers.edx & 0xFFFF, 0xFFFF);

    new_machine(512, 0x12345);
    load(0x1500);
    serve_keeping(0, 0, 0xFFFF, 0xFFFF);
    assert_int_equal(registers.ecx & 0xFFFF, 1);
    assert_int_equal(registers.edx & 0xFFFF, 0x2345);
}

static void test_disk_errors(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        uint8_t expected;
    } cases[] = {{E_DISK_TIMEOUT, 0x80},   {E_STREAM_CLOSED, 0x80}, {E_CONNECT_REFUSED, 0x80}, {E_DISK_RANGE, 0x04},
                 {E_DISK_READ_ONLY, 0x03}, {E_SCSI_MEDIUM, 0x10},   {E_LUN_NOT_READY, 0xAA},   {E_SCSI_HARDWARE, 0x20}};

    new_machine(512, SECTORS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memory.failure = cases[i].status;
        host_log_clear();
        assert_int_equal(chs(2, 4, 0, 0, 1), cases[i].expected);
        assert_int_equal(registers.eax & 0xFF, 0);
        char line[128];
        snprintf(line, sizeof line, "read at sector 0: %s (S%u)", status_what(cases[i].status), cases[i].status);
        assert_non_null(strstr(host_log_text(), line));
        assert_int_equal(chs(4, 4, 0, 0, 1), cases[i].expected);
    }

    memory.failure = OK;
    memory.silent = true;
    assert_int_equal(chs(2, 4, 0, 0, 1), 0x80);
    assert_int_equal(chs(4, 40, 0, 0, 1), 0x80);
    assert_int_equal(memory.in_flight, 0);
    memory.silent = false;
    assert_int_equal(chs(2, 4, 0, 0, 1), 0);
}

static void test_open(void **state)
{
    (void)state;
    struct int13_drive other = {0};
    new_machine(512, SECTORS);

    memory.disk.block_size = 520;
    assert_int_equal(int13_open(&other, &memory.disk, bounce_block), E_INVALID_ARGUMENT);
    memory.disk.block_size = 131072;
    assert_int_equal(int13_open(&other, &memory.disk, bounce_block), E_INVALID_ARGUMENT);
    memory.disk.block_size = 512;
    memory.disk.block_count = 0;
    assert_int_equal(int13_open(&other, &memory.disk, bounce_block), E_INVALID_ARGUMENT);

    memory.disk.block_count = 1;
    memory.failure = E_STREAM_RESET;
    assert_int_equal(int13_open(&other, &memory.disk, bounce_block), E_STREAM_RESET);
    memory.failure = OK;
    assert_int_equal(int13_open(&other, &memory.disk, bounce_block), OK);
    assert_int_equal(other.sectors, 1);

    memory.disk.block_size = 4096;
    memory.disk.block_count = UINT64_MAX;
    assert_int_equal(int13_open(&other, &memory.disk, bounce_block), OK);
    assert_int_equal(other.sectors, UINT64_MAX);
}

/* The geometry comes from the active partition's boot sector when the table does not settle it. */
static void test_open_reads_active_partition(void **state)
{
    (void)state;
    new_machine(4096, SECTORS);

    static const uint8_t entry[16] = {0x80, 0, 0, 0, 6, 0, 0, 0, 0x03, 0x08, 0, 0, 0x00, 0x04, 0, 0};
    memcpy(memory_store + 0x1BE, entry, sizeof entry);
    memory_store[510] = 0x55;
    memory_store[511] = 0xAA;

    uint8_t *boot = memory_store + 0x803 * 512;
    memset(boot, 0, 512);
    memcpy(boot, "\xEB\x3C\x90MSDOS5.0\0\2\4", 14);
    boot[0x15] = 0xF8;
    boot[0x18] = 32;
    boot[0x1A] = 64;
    boot[510] = 0x55;
    boot[511] = 0xAA;

    assert_int_equal(int13_open(&drive, &memory.disk, bounce_block), OK);
    assert_int_equal(drive.geometry.heads, 64);
    assert_int_equal(drive.geometry.sectors, 32);
    assert_int_equal(drive.geometry.cylinders, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple_functions),
        cmocka_unit_test(test_read_and_count),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_last_status),
        cmocka_unit_test(test_parameters_and_type),
        cmocka_unit_test(test_disk_errors),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_reads_active_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
