/* SPDX-License-Identifier: BSD-2-Clause */
/* net/checksum.c beside RFC 1071's definition, taken literally. */
#include "tests/unit/unit.h"

#include "net/lwipopts.h"

static uint16_t by_definition(const uint8_t *bytes, int length)
{
    uint32_t sum = 0;
    for (int i = 0; i < length; i++) {
        sum += (uint32_t)bytes[i] << (i % 2 ? 8 : 0);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void every_length_at_every_alignment(void **state)
{
    (void)state;
    uint8_t bytes[128 + 8];
    for (int fill = 0; fill < 3; fill++) {
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = fill == 0 ? 0xFF : fill == 1 ? (uint8_t)(i * 167 + 13) : 0;
        for (int start = 0; start < 8; start++)
            for (int length = 0; length <= 128; length++)
                assert_int_equal(net_checksum(bytes + start, length), by_definition(bytes + start, length));
    }
}

static void the_rfcs_example(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    /* ddf2 in network order (RFC 1071 section 3) */
    assert_int_equal(net_checksum(bytes, sizeof bytes), 0xf2dd);
}

static void a_whole_jumbo_frame_of_ones(void **state)
{
    (void)state;
    static uint8_t bytes[65535];
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(net_checksum(bytes, sizeof bytes), by_definition(bytes, sizeof bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_at_every_alignment),
        cmocka_unit_test(the_rfcs_example),
        cmocka_unit_test(a_whole_jumbo_frame_of_ones),
    };
    return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
