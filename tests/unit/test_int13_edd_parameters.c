/* SPDX-License-Identifier: BSD-2-Clause */
/* AH=48h: EDD-3's and EDD-4's result buffers. */
#include "tests/unit/int13_machine.h"

#define RESULT 0x3000u

static uint8_t ask(uint16_t room)
{
    memset(real_memory + RESULT, 0xCC, 128);
    load(0x4800);
    registers.esi = 0x55660000 | RESULT;
    put(RESULT, room, 2);
    return serve();
}

static void test_room_is_honoured(void **state)
{
    (void)state;
    new_machine(512, 10000);
    for (unsigned room = 0; room <= 0x60; room++) {
        unsigned written = room < 0x1A ? 2 : room < 0x1E ? 0x1A : room < 0x42 ? 0x1E : room < 0x4A ? 0x42 : 0x4A;
        assert_int_equal(ask((uint16_t)room), room < 0x1A ? 1 : 0);
        assert_int_equal(get(RESULT, 2), room < 0x1A ? room : written);
        for (unsigned i = written; i < 128; i++)
            assert_int_equal(real_memory[RESULT + i], 0xCC);
    }
    assert_int_equal(ask(0xFFFF), 0);
    assert_int_equal(get(RESULT, 2), 0x4A);
    assert_int_equal(memory.requests, 0);
}

static void test_fields(void **state)
{
    (void)state;
    new_machine(512, 0x123456789Aull);
    assert_int_equal(ask(0x1A), 0);
    assert_int_equal(get(RESULT + 2, 2), 0x000B);
    assert_int_equal(get(RESULT + 4, 4), 0x123456789Aull / (255 * 63));
    assert_int_equal(get(RESULT + 8, 4), 255);
    assert_int_equal(get(RESULT + 12, 4), 63);
    assert_int_equal(get(RESULT + 16, 8), 0x123456789A);
    assert_int_equal(get(RESULT + 24, 2), 512);

    memory.disk.removable = true;
    ask(0x1A);
    assert_int_equal(get(RESULT + 2, 2), 0x002F);

    new_machine(4096, UINT64_MAX / 8 * 8);
    ask(0x1A);
    assert_int_equal(get(RESULT + 4, 4), 0xFFFFFFFF);
    assert_int_equal(get(RESULT + 24, 2), 512);
}

/* There is no ATA drive, so nothing is told of its ports. */
static void test_no_dpte(void **state)
{
    (void)state;
    new_machine(512, 10000);
    ask(0x1E);
    assert_int_equal(get(RESULT + 26, 4), 0xFFFFFFFF);
}

static void test_device_path(void **state)
{
    (void)state;
    static const struct {
        uint8_t lun[8];
        uint64_t number;
    } luns[] = {{{0}, 0}, {{0, 5}, 5}, {{0x41, 2}, 0x102}, {{0xC1, 2, 3, 4, 5, 6, 7, 8}, 0xC102030405060708}};
    for (unsigned size = 0x42; size <= 0x4A; size += 8) {
        for (size_t i = 0; i < sizeof luns / sizeof luns[0]; i++) {
            new_machine(512, 10000);
            memcpy(drive.path.lun, luns[i].lun, 8);
            assert_int_equal(ask((uint16_t)size), 0);

            const uint8_t *result = real_memory + RESULT;
            assert_int_equal(get(RESULT + 0x1E, 2), 0xBEDD);
            assert_int_equal(result[0x20], size - 0x1E);
            assert_memory_equal(result + 0x24, "PCI SCSI    \1\2\3\0\0\0\0\0", 20);

            assert_int_equal(get(RESULT + 0x3A, 6), luns[i].number & 0xFFFFFFFFFFFF);
            if (size == 0x4A)
                assert_int_equal(get(RESULT + 0x3A, 8), luns[i].number);
            assert_int_equal(bytes_sum(result + 0x1E, size - 0x1E), 0);
        }
    }
}

static void test_buffer_at_the_end_of_memory(void **state)
{
    (void)state;
    new_machine(512, 10000);

    static const uint16_t offsets[] = {0xFFFF, 0xFFFE, 0xFFE0};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        load(0x4800);
        registers.ds = 0xFFFF;
        registers.esi = offsets[i];
        put(0xFFFF0u + offsets[i], 0x4A, offsets[i] == 0xFFFF ? 1 : 2);
        assert_int_equal(serve(), 1);
    }

    load(0x4800); /* with A20 off it goes on at 0 */
    registers.ds = 0xFFFF;
    registers.esi = 0x000E;
    registers.a20 = false;
    put(0xFFFFE, 0x1A, 2);
    assert_int_equal(serve(), 0);
    assert_int_equal(get(0x16, 2), 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room_is_honoured),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_no_dpte),
        cmocka_unit_test(test_device_path),
        cmocka_unit_test(test_buffer_at_the_end_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
