/* SPDX-License-Identifier: BSD-2-Clause */
/* Which numbers are free for a disk that lost its own, on BIOSes that answer this question or that. */
#include "tests/unit/unit.h"

#include "bios/drive_number.h"
#include "bios/home.h"

static struct {
    uint8_t by_type, by_edd, by_el_torito; /* a drive that only this function tells of; 0: none */
    bool all, type_without_a_drive;        /* every number is answered; AH=15h succeeds for every number and says "no drive" */
} bios;
static uint8_t scratch[64];

uint8_t *realmode_scratch(void)
{
    return scratch;
}

struct far_pointer realmode_far(const void *low)
{
    assert_ptr_equal(low, scratch);
    return (struct far_pointer){0x10, 0x2000};
}

void realmode_interrupt(uint8_t number, struct real_registers *registers)
{
    assert_int_equal(number, 0x13);
    uint8_t drive = REG8_LOW(registers->edx), ah = REG8_HIGH(registers->eax);
    registers->eflags |= FLAG_CARRY;
    SET_REG8_HIGH(registers->eax, 1);

    if (ah == 0x15 && (bios.all || drive == bios.by_type || bios.type_without_a_drive)) {
        registers->eflags &= ~FLAG_CARRY;
        SET_REG8_HIGH(registers->eax, bios.all || drive == bios.by_type ? 3 : 0);
    }
    if (ah == 0x41 && drive == bios.by_edd) {
        assert_int_equal(REG16(registers->ebx), 0x55AA);
        registers->eflags &= ~FLAG_CARRY;
        SET_REG16(registers->ebx, 0xAA55);
    }
    if (ah == 0x4B && bios.by_el_torito) {
        assert_int_equal(REG8_LOW(registers->eax), 1);
        assert_int_equal(registers->ds, 0x2000);
        assert_int_equal(registers->esi, 0x10);
        registers->eflags &= ~FLAG_CARRY;
        scratch[0] = 0x13;
        scratch[2] = bios.by_el_torito;
    }
}

static void a_number_in_use_is_passed_over(void **state)
{
    (void)state;
    memset(&bios, 0, sizeof bios);
    assert_int_equal(drive_number_free(0x81), 0x81);

    bios.by_type = 0x81;
    assert_int_equal(drive_number_free(0x81), 0x82);
    bios.by_edd = 0x82;
    assert_int_equal(drive_number_free(0x81), 0x83);
    bios.by_el_torito = 0x83;
    assert_int_equal(drive_number_free(0x81), 0x84);
    assert_true(drive_number_is_taken(0x83));
    assert_false(drive_number_is_taken(0x80));
}

static void who_says_no_drive_has_none(void **state)
{
    (void)state;
    memset(&bios, 0, sizeof bios);
    bios.type_without_a_drive = true;
    assert_int_equal(drive_number_free(0x81), 0x81);
}

/* As well as before such questions were asked. */
static void a_bios_that_has_every_drive(void **state)
{
    (void)state;
    memset(&bios, 0, sizeof bios);
    bios.all = true;
    assert_int_equal(drive_number_free(0x81), 0x81);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_in_use_is_passed_over),
        cmocka_unit_test(who_says_no_drive_has_none),
        cmocka_unit_test(a_bios_that_has_every_drive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
