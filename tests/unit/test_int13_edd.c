/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet functions: EDD-3, with EDD-4's long counts. */
#include "tests/unit/int13_machine.h"

#define SECTORS              (STORE_SIZE / 512)
#define FAR(segment, offset) ((uint32_t)(segment) << 16 | (offset))

static uint8_t call(uint16_t ax, uint8_t size, uint16_t count, uint32_t buffer, uint64_t lba)
{
    load(ax);
    put_packet(size, count, buffer, lba);
    return serve();
}

static void test_installation_check(void **state)
{
    (void)state;
    new_machine(512, SECTORS);
    load(0x4100);
    registers.ebx = 0xBBCC55AA;
    assert_int_equal(serve_keeping(0, 0xFFFF, 0xFFFF, 0), 0);
    assert_int_equal(registers.ebx & 0xFFFF, 0xAA55);
    assert_int_equal(registers.ecx & 0xFFFF, 0x000D);
    assert_int_equal(registers.eax & 0xFF00, 0x3000);
    load(0x4100);
    registers.ebx = 0xBBCCAA55;
    assert_int_equal(serve(), 1);
}

static void test_reads(void **state)
{
    (void)state;
    static const struct {
        uint64_t lba;
        uint16_t count, segment, offset;
    } cases[] = {
        {0, 1, 0x2000, 0},        {1, 127, 0x2000, 0},         {5, 128, 0x2000, 0x10},
        {7, 1, 0x2000, 0x0123},   {3, 16, 0x2FF0, 0},          {8, 8, 0x2000, 0xFFFF},
        {9, 300, 0x2000, 0xFFF0}, {SECTORS - 1, 1, 0x2000, 0}, {8191 - 15, 16, 0x2001, 0x0FFF},
        {4, 60, 0xFFFF, 0x0010},
    };

    for (uint32_t block = 512; block <= 65536; block *= 2) {
        new_machine(block, SECTORS);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            uint32_t linear = cases[i].segment * 16u + cases[i].offset, length = cases[i].count * 512u;

            memset(real_memory + BUFFER - 64, 0xCC, REAL_MEMORY - BUFFER);
            assert_int_equal(call(0x4200, 16, cases[i].count, FAR(cases[i].segment, cases[i].offset), cases[i].lba), 0);
            assert_int_equal(get(PACKET + 2, 2), cases[i].count);
            assert_memory_equal(real_memory + linear, memory_store + cases[i].lba * 512, length);
            assert_int_equal(real_memory[linear - 1], 0xCC);
            assert_int_equal(real_memory[linear + length], 0xCC);
        }
    }
}

static void test_whole_blocks_move_directly(void **state)
{
    (void)state;
    new_machine(512, SECTORS);
    memset(bounce_block, 0x99, sizeof bounce_block);
    assert_int_equal(call(0x4200, 16, 128, FAR(BUFFER_SEG, 0), 1), 0);
    assert_int_equal(bounce_block[0], 0x99);
    assert_int_equal(memory.requests, 4); /* 32 blocks each */
    assert_true(memory.most_in_flight > 1);

    new_machine(4096, SECTORS);
    assert_int_equal(call(0x4200, 16, 32, FAR(BUFFER_SEG, 0), 6), 0); /* 2 sectors, 3 blocks, 6 sectors */
    assert_int_equal(memory.requests, 3);
}

static void test_a20_off_wraps(void **state)
{
    (void)state;
    for (uint32_t block = 512; block <= 4096; block *= 8) {
        for (uint16_t offset = 0x0010 - 0x0600; offset != 0x0010 + 0x200; offset++) {
            if (offset % 0x97 && offset % 512)
                continue;

            new_machine(block, SECTORS);
            static uint8_t expected[REAL_MEMORY];
            load(0x4200);
            registers.a20 = false;
            registers.esi = PACKET + 0x1000;
            put(PACKET + 0x1000, 16, 2);
            put(PACKET + 0x1002, 3, 2);
            put(PACKET + 0x1004, FAR(0xFFFF, offset), 4);
            put(PACKET + 0x1008, 21, 8);

            memcpy(expected, real_memory, sizeof expected);
            for (uint32_t i = 0; i < 3 * 512; i++)
                expected[(0xFFFF0u + offset + i) & 0xFFFFF] = memory_store[21 * 512 + i];
            expected[0x474] = 0;

            assert_int_equal(serve(), 0);
            real_memory[0x474] = expected[0x474];
            assert_memory_equal(real_memory, expected, sizeof expected);
        }
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t ax;
        uint8_t size;
        uint16_t count;
        uint32_t buffer;
        uint64_t lba;
        uint8_t status;
        uint16_t count_after;
    } cases[] = {
        {"packet of 0", 0x4200, 0, 1, FAR(BUFFER_SEG, 0), 1, 1, 1},
        {"packet of 15", 0x4200, 15, 1, FAR(BUFFER_SEG, 0), 1, 1, 1},
        {"first beyond", 0x4200, 16, 1, FAR(BUFFER_SEG, 0), SECTORS, 4, 0},
        {"over the end", 0x4200, 16, 2, FAR(BUFFER_SEG, 0), SECTORS - 1, 4, 0},
        {"2^64-1", 0x4200, 16, 1, FAR(BUFFER_SEG, 0), UINT64_MAX, 4, 0},
        {"2^64-1 and on", 0x4200, 16, 127, FAR(BUFFER_SEG, 0), UINT64_MAX, 4, 0},
        {"2^64-64 wrapping to 0", 0x4200, 16, 127, FAR(BUFFER_SEG, 0), UINT64_MAX - 63, 4, 0},
        {"byte offset 2^64", 0x4200, 16, 1, FAR(BUFFER_SEG, 0), 1ull << 55, 4, 0},
        {"2^32", 0x4200, 16, 1, FAR(BUFFER_SEG, 0), 1ull << 32, 4, 0},
        {"write beyond", 0x4300, 16, 1, FAR(BUFFER_SEG, 0), SECTORS, 4, 0},
        {"write with mode 3", 0x4303, 16, 1, FAR(BUFFER_SEG, 0), 1, 1, 1},
        {"verify beyond", 0x4400, 16, 2, FAR(BUFFER_SEG, 0), SECTORS - 1, 4, 0},
        {"seek beyond", 0x4700, 16, 1, FAR(BUFFER_SEG, 0), SECTORS, 0x40, 1},
        {"out of real mode's reach", 0x4200, 16, 128, FAR(0xFFFF, 0x10), 1, 9, 0},
        {"FFFF:FFFF without flat address", 0x4200, 16, 1, 0xFFFFFFFF, 1, 1, 1},
        {"flat address out of reach", 0x4200, 24, 1, 0xFFFFFFFF, 1, 9, 0},
        {"nothing moved from beyond", 0x4200, 16, 0, FAR(BUFFER_SEG, 0), SECTORS, 4, 0},
    };

    new_machine(512, SECTORS);
    put(PACKET + 16, 0xFFFFFFFFFFFFFF00, 8);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t status = call(cases[i].ax, cases[i].size, cases[i].count, cases[i].buffer, cases[i].lba);
        if (status != cases[i].status || get(PACKET + 2, 2) != cases[i].count_after)
            print_error("%s: status %x, count %u\n", cases[i].name, status, (unsigned)get(PACKET + 2, 2));
        assert_int_equal(status, cases[i].status);
        assert_int_equal(get(PACKET + 2, 2), cases[i].count_after);
        assert_int_equal(get(BUFFER, 8), 0xCCCCCCCCCCCCCCCC);
    }

    assert_int_equal(memory.requests, 0);
    assert_int_equal(call(0x4200, 16, 0, FAR(BUFFER_SEG, 0), 1), 0);
    assert_int_equal(memory.requests, 0);
}

static void test_packet_at_the_end_of_memory(void **state)
{
    (void)state;
    new_machine(512, SECTORS);
    load(0x4200);
    registers.ds = 0xFFFF;
    registers.esi = 0x5566FFF8; /* 8 bytes of it can be reached */
    assert_int_equal(serve(), 1);
}

static void test_flat_buffers(void **state)
{
    (void)state;
    for (uint32_t block = 512; block <= 4096; block *= 8) {
        new_machine(block, SECTORS);

        put(PACKET + 16, HIGH_MEMORY + 3, 8);
        assert_int_equal(call(0x4200, 24, 9, 0xFFFFFFFF, 13), 0);
        assert_memory_equal(high_memory + 3, memory_store + 13 * 512, 9 * 512);
        assert_int_equal(high_memory[2], 0xCC);
        assert_int_equal(high_memory[3 + 9 * 512], 0xCC);

        put(PACKET + 16, HIGH_MEMORY, 8);
        put(PACKET + 24, 1000, 4);
        assert_int_equal(call(0x4200, 32, 0xFF, FAR(BUFFER_SEG, 0), 5), 0);
        assert_memory_equal(high_memory, memory_store + 5 * 512, 1000 * 512);
        assert_int_equal(get(PACKET + 24, 4), 1000);
        assert_int_equal(get(BUFFER, 8), 0xCCCCCCCCCCCCCCCC);

        put(PACKET + 24, 0xFFFFFFFF, 4);
        assert_int_equal(call(0x4200, 32, 0xFF, FAR(BUFFER_SEG, 0), 5), 4);
        assert_int_equal(get(PACKET + 24, 4), 0);
        assert_int_equal(get(PACKET + 2, 2), 0xFF);
        put(PACKET + 24, 4000, 4); /* on the disk, not in memory */
        assert_int_equal(call(0x4200, 32, 0xFF, FAR(BUFFER_SEG, 0), 5), 9);
    }
}

static void test_writes(void **state)
{
    (void)state;
    static uint8_t expected[STORE_SIZE];
    for (uint32_t block = 512; block <= 4096; block *= 8) {
        for (uint16_t mode = 0; mode <= 2; mode++) {
            new_machine(block, SECTORS);
            memcpy(expected, memory_store, sizeof expected);
            for (uint32_t i = 0; i < 70 * 512; i++)
                real_memory[BUFFER + i] = (uint8_t)(i * 5 + mode);
            memcpy(expected + 123 * 512, real_memory + BUFFER, 70 * 512);

            assert_int_equal(call(0x4300 | mode, 16, 70, FAR(BUFFER_SEG, 0), 123), 0);
            assert_memory_equal(memory_store, expected, sizeof expected);

            memory.disk.read_only = true;
            assert_int_equal(call(0x4300 | mode, 16, 70, FAR(BUFFER_SEG, 0), 123), 3);
            assert_int_equal(get(PACKET + 2, 2), 0);
        }
    }
}

/* A medium that has lost a bit by the time it is read. */
static void forgetful_submit(struct disk *disk, struct disk_request *request)
{
    if (request->operation == DISK_READ && request->lba == 128)
        memory_store[128 * 512 + 5] ^= 1;
    memory_submit(disk, request);
}

static void test_write_with_verify_notices(void **state)
{
    (void)state;
    static const struct disk_ops forgetful = {forgetful_submit, memory_pump, memory_cancel};
    new_machine(512, SECTORS);
    memory.disk.ops = &forgetful;

    assert_int_equal(call(0x4301, 16, 4, FAR(BUFFER_SEG, 0), 126), 0);
    assert_int_equal(call(0x4302, 16, 4, FAR(BUFFER_SEG, 0), 126), 0xCC);
    assert_int_equal(get(PACKET + 2, 2), 2);
}

static void test_verify_and_seek(void **state)
{
    (void)state;
    for (uint32_t block = 512; block <= 4096; block *= 8) {
        new_machine(block, SECTORS);
        assert_int_equal(call(0x4400, 16, 100, FAR(BUFFER_SEG, 0), 77), 0);
        assert_int_equal(get(BUFFER, 8), 0xCCCCCCCCCCCCCCCC);
        assert_true(memory.blocks >= 100 * 512 / block);

        memory.failure = E_SCSI_MEDIUM;
        memory.fails_from = 160 * 512 / block;
        assert_int_equal(call(0x4400, 16, 100, FAR(BUFFER_SEG, 0), 77), 0x10);
        assert_in_range(get(PACKET + 2, 2), 0, 160 - 77);
        assert_int_equal(call(0x4700, 16, 100, FAR(BUFFER_SEG, 0), SECTORS - 1), 0);
    }
}

static void test_locks(void **state)
{
    (void)state;
    static const struct {
        uint8_t al, status, al_after;
    } cases[] = {{2, 0, 0}, {1, 0xB0, 1}, {0, 0, 1},    {0, 0, 1}, {2, 0, 1},    {1, 0, 1},
                 {1, 0, 0}, {2, 0, 0},    {1, 0xB0, 1}, {3, 1, 3}, {255, 1, 255}};

    new_machine(512, SECTORS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        load(0x4500 | cases[i].al);
        assert_int_equal(serve_keeping(0xFF, 0, 0, 0), cases[i].status);
        assert_int_equal(registers.eax & 0xFF, cases[i].al_after);
    }

    for (int i = 0; i <= 255; i++) {
        load(0x4500);
        assert_int_equal(serve_keeping(0xFF, 0, 0, 0), i == 255 ? 0xB4 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_installation_check),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_whole_blocks_move_directly),
        cmocka_unit_test(test_a20_off_wraps),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_packet_at_the_end_of_memory),
        cmocka_unit_test(test_flat_buffers),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_write_with_verify_notices),
        cmocka_unit_test(test_verify_and_seek),
        cmocka_unit_test(test_locks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
