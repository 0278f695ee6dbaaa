/* SPDX-License-Identifier: BSD-2-Clause */
/* What a ROM that is gone leaves: structures that lose their signature, and hooks whose predecessor shows in their code. */
#include "tests/unit/firmware_tables.h"

#include "bios/hook_chain.h"
#include "bios/pxe_structures.h"
#include "platform/bytes.h"

#define PXE_SIZE   0x58
#define PXENV_SIZE 0x2C

static void put_pxe(uint8_t *at)
{
    memset(at, 0, PXE_SIZE);
    memcpy(at, "!PXE", 4);
    at[4] = PXE_SIZE;
    put_le16(at + 0x12, 0x9C40);
    seal(at, PXE_SIZE, 5);
}

static void put_pxenv(uint8_t *at, uint16_t version)
{
    memset(at, 0, PXENV_SIZE);
    memcpy(at, "PXENV+", 6);
    put_le16(at + 6, version);
    at[8] = PXENV_SIZE;
    put_le16(at + 0x0C, 0x9D00);
    seal(at, PXENV_SIZE, 9);
}

/* ---- erasing ---- */

static void good_structures_lose_their_signature_wherever_they_begin(void **state)
{
    static const size_t places[] = {0, 0x100, 0x201, 0x302, 0x40F, 4096 - PXE_SIZE};
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t *bytes = calloc(1, 4096);
        put_pxe(bytes + places[i]);
        pxe_erase(bytes, 4096);
        assert_memory_equal(bytes + places[i], "\0\0\0\0", 4);
        assert_int_equal(bytes[places[i] + 4], PXE_SIZE);

        put_pxenv(bytes + places[i], 0x0201);
        pxe_erase(bytes, 4096);
        assert_memory_equal(bytes + places[i], "\0\0\0\0\0\0", 6);
        free(bytes);
    }
}

/* What merely holds the letters, the loader itself for one, is left alone; so is what leads over the end. */
static void others_are_left_alone(void **state)
{
    (void)state;
    uint8_t *bytes = calloc(1, 0x100), *before = malloc(0x100);
    put_pxe(bytes);
    bytes[0x20]++;
    put_pxenv(bytes + 0x80, 0x0201);
    bytes[0x90]++;
    memcpy(bytes + 0x100 - 4, "!PXE", 4);
    memcpy(before, bytes, 0x100);
    pxe_erase(bytes, 0x100);
    assert_memory_equal(bytes, before, 0x100);
    free(bytes);
    free(before);
}

/* ---- facts of a ROM ---- */

static void what_ends_an_old_rom(void **state)
{
    static const struct {
        uint16_t version;
        bool cleanup;
    } cases[] = {{0x0099, true}, {0x0100, true}, {0x0200, false}, {0x0201, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[PXENV_SIZE];
        struct pxe_rom rom;
        struct pxe_pointer pxe;
        put_pxenv(bytes, cases[i].version);
        assert_true(pxenv_read(bytes, sizeof bytes, &rom, &pxe));
        assert_int_equal(rom.has_cleanup, cases[i].cleanup);
    }

    uint8_t bytes[PXE_SIZE];
    struct pxe_rom rom;
    put_pxe(bytes);
    assert_true(pxe_read(bytes, sizeof bytes, &rom));
    assert_false(rom.has_cleanup);
}

static void which_bytes_are_the_roms(void **state)
{
    static const struct pxe_rom rom = {.segment_count = 2, .segments = {{0x9CC00, 0x400}, {0x9D000, 0x10}}};
    (void)state;
    assert_false(pxe_covers(&rom, 0x9CBFF));
    assert_true(pxe_covers(&rom, 0x9CC00));
    assert_true(pxe_covers(&rom, 0x9D00F));
    assert_false(pxe_covers(&rom, 0x9D010));
    assert_false(pxe_covers(&(struct pxe_rom){0}, 0));
}

/* ---- hooks ---- */

#define SEGMENT 0x9CC0
#define OFFSET  0x0200
#define CODE    (SEGMENT * 16 + OFFSET)

static uint8_t *memory; /* all that real mode reaches */

static int set_up(void **state)
{
    (void)state;
    memory = calloc(1, 0x110000 + HOOK_LOOK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static void put_far(uint32_t at, uint16_t offset, uint16_t segment)
{
    put_le16(memory + at, offset);
    put_le16(memory + at + 2, segment);
}

static void next_is(uint16_t offset, uint16_t segment)
{
    struct far_pointer next = hook_next(memory, (struct far_pointer){OFFSET, SEGMENT});
    assert_int_equal(next.offset, offset);
    assert_int_equal(next.segment, segment);
}

/* push bp; mov bp, sp; pushf; call or jmp far [cs:1234h] */
static void by_a_pointer_in_its_segment(void **state)
{
    (void)state;
    for (unsigned jump = 0; jump <= 1; jump++) {
        memcpy(memory + CODE, "\x55\x89\xE5\x9C\x2E\xFF", 6);
        memory[CODE + 6] = jump ? 0x2E : 0x1E;
        put_le16(memory + CODE + 7, 0x1234);
        put_far(SEGMENT * 16 + 0x1234, 0xE3FE, 0xF000);
        next_is(0xE3FE, 0xF000);
    }
}

static void by_the_last_bytes_that_are_looked_at(void **state)
{
    (void)state;
    memcpy(memory + CODE + HOOK_LOOK - 5, "\x2E\xFF\x1E\x10\x00", 5);
    put_far(SEGMENT * 16 + 0x10, 1, 2);
    next_is(1, 2);

    memset(memory + CODE, 0, 2 * HOOK_LOOK);
    memcpy(memory + CODE + HOOK_LOOK - 4, "\x2E\xFF\x1E\x10\x00", 5);
    next_is(0, 0);
}

static void by_a_pointer_in_the_code(void **state)
{
    (void)state;
    memcpy(memory + CODE, "\x80\xFA\x80\x75\x20\x9C\x9A", 7); /* cmp dl, 80h; jne; pushf; call far */
    put_far(CODE + 7, 0xE3FE, 0xF000);
    next_is(0xE3FE, 0xF000);

    memory[CODE + 5] = 0x90; /* the same without PUSHF is no call of an interrupt's handler */
    next_is(0, 0);
    memory[CODE + 6] = 0xEA;
    next_is(0xE3FE, 0xF000);
    put_far(CODE + 7, 0xE3FE, 0xBFFF); /* no ROM: the byte may be anything's */
    next_is(0, 0);
}

static void by_the_header_of_shared_interrupts(void **state)
{
    (void)state;
    memcpy(memory + CODE, "\xEB\x10", 2);
    put_far(CODE + 2, 0x5678, 0xC800);
    memcpy(memory + CODE + 6, "KB", 2);
    next_is(0x5678, 0xC800);
    memory[CODE + 7] = 'C';
    next_is(0, 0);
}

static void at_the_end_of_memory(void **state)
{
    (void)state;
    struct far_pointer next = hook_next(memory, (struct far_pointer){0xFFFF, 0xFFFF});
    assert_int_equal(next.segment, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_structures_lose_their_signature_wherever_they_begin),
        cmocka_unit_test(others_are_left_alone),
        cmocka_unit_test(what_ends_an_old_rom),
        cmocka_unit_test(which_bytes_are_the_roms),
        TEST(by_a_pointer_in_its_segment),
        TEST(by_the_last_bytes_that_are_looked_at),
        TEST(by_a_pointer_in_the_code),
        TEST(by_the_header_of_shared_interrupts),
        TEST(at_the_end_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
