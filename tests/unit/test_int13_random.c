/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 100,000 calls with random registers and packets beside a model that knows, by simple arithmetic, what each may do. Memory and
 * disk are compared whole: what the model does not allow must not have changed.
 */
#include "tests/unit/int13_machine.h"

#include "bios/low_memory.h"

#define SECTORS       (STORE_SIZE / 512)
#define CALLS         100000
#define COMPARE_EVERY 64

static uint8_t real_model[REAL_MEMORY], high_model[HIGH_SIZE], store_model[STORE_SIZE];
static uint64_t random_state = 0x9E3779B97F4A7C15;

static uint32_t number(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20) % below;
}

/* The caller's memory, byte by byte: linear addresses, wrapping with A20 off; flat ones from 2^32 on. */
#define FLAT (1ull << 32)

static uint8_t *byte_of(uint8_t *real, uint8_t *high, uint64_t address, bool a20)
{
    if (address >= FLAT)
        return high + (address - FLAT - HIGH_MEMORY);
    return real + (a20 ? address : address & 0xFFFFF);
}

static bool reaches(uint64_t address, uint64_t length, bool a20)
{
    if (address >= FLAT)
        return address - FLAT >= HIGH_MEMORY && address - FLAT + length <= HIGH_MEMORY + HIGH_SIZE;
    return a20 ? address + length <= 0x10FFF0 : length <= 0x100000;
}

static void set_both(uint32_t address, bool a20, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        if (a20 && address + i >= REAL_MEMORY)
            return;
        *byte_of(real_memory, NULL, address + i, a20) = (uint8_t)(value >> 8 * i);
        *byte_of(real_model, NULL, address + i, a20) = (uint8_t)(value >> 8 * i);
    }
}

/* What the call itself may have changed is taken over. */
static void permit(uint64_t address, bool a20, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *byte_of(real_model, NULL, address + i, a20) = *byte_of(real_memory, NULL, address + i, a20);
}

static void model_transfer(bool write, uint64_t lba, uint64_t count, uint64_t address, bool a20)
{
    for (uint64_t i = 0; i < count * 512; i++) {
        uint8_t *memory_byte = byte_of(real_model, high_model, address + i, a20), *disk_byte = store_model + lba * 512 + i;
        if (write)
            *disk_byte = *memory_byte;
        else
            *memory_byte = *disk_byte;
    }
}

static uint64_t random_lba(void)
{
    switch (number(6)) {
    case 0:
        return SECTORS - number(150);
    case 1:
        return UINT64_MAX - number(200);
    case 2:
        return (uint64_t)number(SECTORS) | 1ull << (13 + number(51));
    default:
        return number(SECTORS);
    }
}

static uint32_t random_count(void)
{
    switch (number(8)) {
    case 0:
        return 0;
    case 1:
        return number(0x10000);
    case 2:
        return 100 + number(60);
    default:
        return 1 + number(12);
    }
}

static uint64_t random_flat(void)
{
    return number(4) ? HIGH_MEMORY + number(HIGH_SIZE + 1000) - 100 : (uint64_t)number(UINT32_MAX) << number(33);
}

static uint32_t linear_of(uint16_t segment, uint32_t offset)
{
    return segment * 16u + (offset & 0xFFFF);
}

static void one_packet_call(void)
{
    static const uint8_t sizes[] = {0, 15, 16, 16, 16, 17, 24, 24, 31, 32, 32, 255},
                         functions[] = {0x42, 0x42, 0x42, 0x43, 0x44, 0x47};
    uint8_t ah = functions[number(sizeof functions)], al = (uint8_t)number(4), size = sizes[number(sizeof sizes)];
    uint16_t count = (uint16_t)(number(6) ? random_count() : 0xFF), segment = (uint16_t)number(0x10000),
             offset = (uint16_t)number(0x10000);
    uint32_t long_count = number(5) ? random_count() : number(UINT32_MAX);
    uint64_t lba = random_lba(), flat = random_flat();
    if (number(4) == 0)
        segment = offset = 0xFFFF;

    load((uint16_t)(ah << 8 | al));
    registers.a20 = number(2);
    registers.ds = (uint16_t)number(0x10000);
    registers.esi = number(0x10000) | 0xABCD0000;
    uint32_t packet = linear_of(registers.ds, registers.esi);
    bool a20 = registers.a20;

    set_both(packet, a20, size, 2);
    set_both(packet + 2, a20, count, 2);
    set_both(packet + 4, a20, (uint64_t)segment << 16 | offset, 4);
    set_both(packet + 8, a20, lba, 8);
    if (size >= 24)
        set_both(packet + 16, a20, flat, 8);
    if (size >= 32)
        set_both(packet + 24, a20, long_count, 8);

    unsigned understood = size >= 32 ? 32 : size >= 24 ? 24 : 16;
    bool is_long = size >= 32 && count == 0xFF, is_flat = is_long || (segment == 0xFFFF && offset == 0xFFFF);
    uint64_t blocks = is_long ? long_count : count;
    uint64_t address = is_flat ? (flat < FLAT ? FLAT + flat : 2 * FLAT) : linear_of(segment, offset);
    bool taken = size >= 16 && reaches(packet, understood, a20) && !(is_flat && size < 24) && !(ah == 0x43 && al > 2);
    bool in_range = lba < SECTORS && (ah == 0x47 ? 1 : blocks) <= SECTORS - lba;
    bool moves = ah == 0x42 || ah == 0x43;
    bool good = taken && in_range && (!moves || blocks == 0 || reaches(address, blocks * 512, a20));
    if (taken && is_flat && moves && in_range && blocks && flat >= FLAT)
        good = false;

    assert_int_equal(serve() == 0, good);
    if (good && moves)
        model_transfer(ah == 0x43, lba, blocks, address, a20);
    else if (!good && taken && ah != 0x47)
        permit(packet + (is_long ? 24 : 2), a20, is_long ? 4 : 2);
}

static void one_chs_call(void)
{
    static const uint8_t functions[] = {2, 2, 3, 4, 0x0C};
    uint8_t ah = functions[number(sizeof functions)], al = (uint8_t)number(256);
    load((uint16_t)(ah << 8 | al));
    registers.a20 = number(2);
    registers.es = (uint16_t)number(0x10000);
    registers.ebx = number(0x10000) | 0x12340000;

    uint32_t cylinder = number(3) ? number(9) : number(1024), head = number(17), sector = number(64);
    registers.ecx = (cylinder & 0xFF) << 8 | (cylinder >> 2 & 0xC0) | sector;
    registers.edx = head << 8 | 0x80;

    uint64_t lba = ((uint64_t)cylinder * 16 + head) * 63 + sector - 1;
    uint32_t address = linear_of(registers.es, registers.ebx);
    bool place = cylinder < 8 && head < 16 && sector > 0;
    bool good = place && lba < SECTORS;
    if (ah != 0x0C)
        good = good && al > 0 && al <= 128 && lba + al <= SECTORS && (ah == 4 || reaches(address, al * 512u, registers.a20));

    assert_int_equal(serve_keeping(ah == 0x0C ? 0 : 0xFF, 0, 0, 0) == 0, good);
    if (good && (ah == 2 || ah == 3))
        model_transfer(ah == 3, lba, al, address, registers.a20);
}

static void one_other_call(void)
{
    load((uint16_t)number(0x10000));
    uint8_t ah = (uint8_t)(registers.eax >> 8);
    if ((ah >= 0x02 && ah <= 0x04) || (ah >= 0x42 && ah <= 0x44))
        return;

    registers.ebx = number(4) ? number(UINT32_MAX) : 0x55AA;
    registers.ds = (uint16_t)number(0x10000);
    registers.esi = number(UINT32_MAX);
    registers.a20 = number(2);

    uint32_t result = linear_of(registers.ds, registers.esi), room = number(0x80);
    if (ah == 0x48)
        set_both(result, registers.a20, room, 2);

    uint8_t status = serve_keeping(0xFF, 0xFFFF, 0xFFFF, 0xFFFF);
    if (ah == 0x48 && status == 0)
        permit(result, registers.a20, room < 0x4A ? room : 0x4A);
}

static void run(uint32_t block_size)
{
    new_machine(block_size, SECTORS);
    memcpy(real_model, real_memory, sizeof real_model);
    memcpy(high_model, high_memory, sizeof high_model);
    memcpy(store_model, memory_store, sizeof store_model);

    for (int i = 1; i <= CALLS / 2; i++) {
        switch (number(4)) {
        case 0:
            one_chs_call();
            break;
        case 1:
            one_other_call();
            break;
        default:
            one_packet_call();
        }

        permit(BDA_DISK_STATUS, true, 1);
        if (i % COMPARE_EVERY == 0) {
            assert_memory_equal(real_memory, real_model, sizeof real_model);
            assert_memory_equal(high_memory, high_model, sizeof high_model);
            assert_memory_equal(memory_store, store_model, sizeof store_model);
        }
    }
}

static void test_512_byte_blocks(void **state)
{
    (void)state;
    run(512);
}

static void test_4096_byte_blocks(void **state)
{
    (void)state;
    run(4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_512_byte_blocks), cmocka_unit_test(test_4096_byte_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
