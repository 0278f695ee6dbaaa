/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC32C: the vectors of RFC 3720 appendix B.4, and both ways to it against each other. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "platform/bytes.h"
#include "platform/crc32c.h"

typedef uint32_t way(uint32_t crc, const void *bytes, size_t length);

/* The instruction only where there is one. */
static unsigned ways(way **list)
{
    list[0] = crc32c;
    list[1] = crc32c_by_table;
    list[2] = crc32c_by_instruction;
    return crc32c_cpu_has_instruction() ? 3 : 2;
}

struct vector {
    uint8_t first, step; /* the bytes are first, first + step, …: 32 of them */
    uint8_t wire[4];
};

static void vectors(void **state)
{
    static const struct vector known[] = {
        {0x00, 0, {0xAA, 0x36, 0x91, 0x8A}},
        {0xFF, 0, {0x43, 0xAB, 0xA8, 0x62}},
        {0x00, 1, {0x4E, 0x79, 0xDD, 0x46}},
        {0x1F, 0xFF, {0x5C, 0xDB, 0x3F, 0x11}},
    };
    /* An iSCSI READ(10) command PDU. */
    static const uint8_t command[48] = {0x01, 0xC0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, 0x28, [40] = 0x02};
    static const uint8_t command_wire[4] = {0x56, 0x3A, 0x96, 0xD9};
    way *list[3];

    (void)state;
    for (unsigned i = ways(list); i--;) {
        for (unsigned v = 0; v < sizeof known / sizeof *known; v++) {
            uint8_t bytes[32], wire[4];

            for (unsigned at = 0; at < sizeof bytes; at++)
                bytes[at] = (uint8_t)(known[v].first + at * known[v].step);
            put_le32(wire, list[i](0, bytes, sizeof bytes));
            assert_memory_equal(wire, known[v].wire, 4);
        }
        assert_int_equal(list[i](0, command, sizeof command), get_le32(command_wire));
        assert_int_equal(list[i](0, "", 0), 0);
    }
}

static void all_ways_agree_at_every_length_and_alignment(void **state)
{
    uint8_t bytes[320];
    way *list[3];
    unsigned count = ways(list);

    (void)state;
    srand(4711);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(rand() >> 7);

    for (unsigned start = 0; start < 16; start++) {
        for (unsigned length = 0; length <= sizeof bytes - 16; length++) {
            uint32_t expected = crc32c_by_table(start, bytes + start, length);

            for (unsigned i = 0; i < count; i++) {
                unsigned cut = length ? (unsigned)rand() % length : 0;

                assert_int_equal(list[i](start, bytes + start, length), expected);
                /* In two pieces. */
                assert_int_equal(list[i](list[i](start, bytes + start, cut), bytes + start + cut, length - cut), expected);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(all_ways_agree_at_every_length_and_alignment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
