/* SPDX-License-Identifier: BSD-2-Clause */
/* INQUIRY data byte for byte, of a disk with short names and of one with long ones. */
#include "efi/inquiry.h"
#include "tests/unit/unit.h"

static void names_are_filled_up_with_spaces(void **state)
{
    static const uint8_t expected[INQUIRY_LENGTH + 1] = "\x00\x00\x05\x02\x1F\x00\x00\x00"
                                                        "IET     VIRTUAL-DISK    1   ";
    struct disk disk = {.vendor = "IET", .product = "VIRTUAL-DISK", .revision = "1"};
    uint8_t data[INQUIRY_LENGTH];
    (void)state;
    inquiry_fill(&disk, data);
    assert_memory_equal(data, expected, INQUIRY_LENGTH);
}

static void names_may_fill_their_fields(void **state)
{
    struct disk disk = {.removable = true, .vendor = "ABCDEFGH", .product = "0123456789ABCDEF", .revision = "wxyz"};
    uint8_t data[INQUIRY_LENGTH];
    (void)state;
    inquiry_fill(&disk, data);
    assert_int_equal(data[INQUIRY_RMB], 0x80);
    assert_memory_equal(data + INQUIRY_VENDOR, "ABCDEFGH0123456789ABCDEFwxyz", INQUIRY_LENGTH - INQUIRY_VENDOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_filled_up_with_spaces),
        cmocka_unit_test(names_may_fill_their_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
