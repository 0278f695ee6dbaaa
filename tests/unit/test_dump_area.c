/* SPDX-License-Identifier: BSD-2-Clause */
/* dump/area.c: heads and trailers byte for byte, and whatever is none. */
#include "tests/unit/unit.h"

#include "dump/area.h"
#include "platform/crc32.h"

static struct dump_area_head a_head(enum dump_area_state state)
{
    struct dump_area_head head = {.first_lba = 2048, .blocks = 4096, .block_size = 512, .format = DUMP_AREA_ELF};
    memset(head.area_id, 0xA1, sizeof head.area_id);
    memset(head.dump_id, 0xD1, sizeof head.dump_id);
    strcpy(head.reason, "Fatal exception");
    dump_area_seal_head(&head, state);
    return head;
}

static struct dump_area_trailer a_trailer(const struct dump_area_head *head)
{
    struct dump_area_trailer trailer = {.length = 1234567, .data_crc32c = 0x01020304, .milliseconds = 99};
    dump_area_seal_trailer(&trailer, head);
    return trailer;
}

/* As docs/dump.md has the tables. */
static void members_stand_where_the_document_has_them(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_COMPLETE);
    const uint8_t *bytes = (const uint8_t *)&head;
    static const uint8_t version[] = {1, 0, 0, 0},
                         place[] = {0, 8, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0};
    assert_memory_equal(bytes, "\x93\xd6Sanstrap-DUMP\x1a", 16);
    assert_memory_equal(bytes + 16, version, sizeof version);
    assert_int_equal(bytes[24], 0xA1);
    assert_memory_equal(bytes + 40, place, sizeof place);
    assert_int_equal(bytes[64], 0xD1);
    assert_string_equal((const char *)bytes + 304, "Fatal exception");

    uint32_t crc = head.crc32;
    head.crc32 = 0;
    assert_int_equal(crc, crc32(0, &head, sizeof head));
}

static void a_trailer_stands_as_the_document_has_it(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_INCOMPLETE);
    struct dump_area_trailer trailer = a_trailer(&head);
    const uint8_t *bytes = (const uint8_t *)&trailer;
    static const uint8_t length[] = {0x87, 0xD6, 0x12, 0, 0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 99};
    assert_memory_equal(bytes, "\x93\xd6Sanstrap-TAIL\x1a", 16);
    assert_memory_equal(bytes + 16, head.dump_id, 16);
    assert_memory_equal(bytes + 40, length, sizeof length);

    uint32_t crc = trailer.crc32;
    trailer.crc32 = 0;
    assert_int_equal(crc, crc32(0, &trailer, sizeof trailer));
}

static void every_state_is_read_as_it_was_sealed(void **state)
{
    (void)state;
    for (enum dump_area_state sealed = DUMP_AREA_IS_FREE; sealed <= DUMP_AREA_IS_COMPLETE; sealed++) {
        struct dump_area_head head = a_head(sealed);
        assert_int_equal(dump_area_state(&head), sealed);
    }
}

static void every_flipped_bit_of_a_head_unmarks_it(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_INCOMPLETE);
    uint8_t *bytes = (uint8_t *)&head;
    for (unsigned bit = 0; bit < 8 * sizeof head; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_UNMARKED);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_INCOMPLETE);
}

static void every_flipped_bit_of_a_trailer_makes_it_none(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_INCOMPLETE);
    struct dump_area_trailer trailer = a_trailer(&head);
    uint8_t *bytes = (uint8_t *)&trailer;
    for (unsigned bit = 0; bit < 8 * sizeof trailer; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(dump_area_trailer_is_valid(&trailer, &head));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(dump_area_trailer_is_valid(&trailer, &head));
}

static void a_trailer_of_an_earlier_dump_is_none(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_INCOMPLETE);
    struct dump_area_trailer trailer = a_trailer(&head);
    head.dump_id[15] ^= 1;
    dump_area_seal_head(&head, DUMP_AREA_IS_INCOMPLETE);
    assert_false(dump_area_trailer_is_valid(&trailer, &head));
}

/* Sealed, and of another format or of nowhere. */
static void a_sealed_head_that_cannot_be_used_is_no_mark(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_FREE);
    head.major = DUMP_AREA_MAJOR + 1;
    head.crc32 = 0;
    head.crc32 = crc32(0, &head, sizeof head);
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_UNMARKED);

    head = a_head(DUMP_AREA_IS_FREE);
    head.block_size = 520;
    dump_area_seal_head(&head, DUMP_AREA_IS_FREE);
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_UNMARKED);

    head = a_head(DUMP_AREA_IS_FREE);
    head.blocks = UINT64_MAX;
    dump_area_seal_head(&head, DUMP_AREA_IS_FREE);
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_UNMARKED);
}

/* A higher one may have more, and what is known stays as it is. */
static void a_higher_minor_version_is_read(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_COMPLETE);
    head.minor = 7;
    head.reserved[0] = 1;
    head.crc32 = 0;
    head.crc32 = crc32(0, &head, sizeof head);
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_COMPLETE);
}

static void a_head_is_of_one_place(void **state)
{
    (void)state;
    struct dump_area_head head = a_head(DUMP_AREA_IS_FREE);
    assert_true(dump_area_is_here(&head, 2048, 4096, 512));
    assert_false(dump_area_is_here(&head, 2049, 4096, 512));
    assert_false(dump_area_is_here(&head, 2048, 4097, 512));
    assert_false(dump_area_is_here(&head, 2048, 4096, 4096));
}

static void nothing_and_noise_are_no_head(void **state)
{
    (void)state;
    struct dump_area_head head;
    memset(&head, 0, sizeof head);
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_UNMARKED);
    memset(&head, 0xFF, sizeof head);
    assert_int_equal(dump_area_state(&head), DUMP_AREA_IS_UNMARKED);
}

static void the_capacity_is_what_lies_behind_the_trailer(void **state)
{
    (void)state;
    assert_int_equal(dump_area_capacity(128, 512), 0);
    assert_int_equal(dump_area_capacity(129, 512), 512);
    assert_int_equal(dump_area_capacity(17, 4096), 4096);
    assert_int_equal(dump_area_capacity(3, 32768), 32768);
    assert_int_equal(dump_area_capacity(UINT64_C(1) << 54, 512), (UINT64_C(1) << 63) - 65536);
    assert_int_equal(dump_area_capacity(UINT64_C(1) << 55, 512), 0);
    assert_int_equal(dump_area_capacity(UINT64_MAX, 512), 0);

    static const uint32_t no_block_sizes[] = {0, 1, 256, 520, 65536, 0x80000000};
    for (unsigned i = 0; i < sizeof no_block_sizes / sizeof *no_block_sizes; i++)
        assert_int_equal(dump_area_capacity(1 << 20, no_block_sizes[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_where_the_document_has_them),
        cmocka_unit_test(a_trailer_stands_as_the_document_has_it),
        cmocka_unit_test(every_state_is_read_as_it_was_sealed),
        cmocka_unit_test(every_flipped_bit_of_a_head_unmarks_it),
        cmocka_unit_test(every_flipped_bit_of_a_trailer_makes_it_none),
        cmocka_unit_test(a_trailer_of_an_earlier_dump_is_none),
        cmocka_unit_test(a_sealed_head_that_cannot_be_used_is_no_mark),
        cmocka_unit_test(a_higher_minor_version_is_read),
        cmocka_unit_test(a_head_is_of_one_place),
        cmocka_unit_test(nothing_and_noise_are_no_head),
        cmocka_unit_test(the_capacity_is_what_lies_behind_the_trailer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
