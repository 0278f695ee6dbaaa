/* SPDX-License-Identifier: BSD-2-Clause */
/* platform/crc32.c */
#include "tests/unit/unit.h"

#include "platform/crc32.h"

/* The check value of every catalogue of CRCs. */
static void it_is_that_of_ieee_802_3(void **state)
{
    (void)state;
    assert_int_equal(crc32(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(crc32(crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
    assert_int_equal(crc32(0, "", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_that_of_ieee_802_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
