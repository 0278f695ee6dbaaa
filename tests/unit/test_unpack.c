/* SPDX-License-Identifier: BSD-2-Clause */
/* The core that is in this build's sanstrap.pxe and sanstrap.lkrn: the stub takes it, and nothing that is a bit away from it. */
#include "tests/unit/unit.h"

#include "bios/stub/unpack.h"

#define CORE  "build/bios/core.bin"
#define FLIPS 3000 /* spread over all of it */

static struct {
    struct core_header header;
    uint8_t rest[CORE_MAX - sizeof(struct core_header)];
} core;
static uint32_t core_length;

static int load_core(void **state)
{
    (void)state;
    FILE *file = fopen(CORE, "rb");
    if (!file)
        return -1;
    core_length = (uint32_t)fread(&core, 1, sizeof core, file);
    fclose(file);
    return core_length > sizeof core.header ? 0 : -1;
}

/* In memory that ends where the room does, so that the sanitizer sees a byte too far. */
static bool unpacks_into(uint32_t room)
{
    static struct lzma_model model;
    uint8_t *to = malloc(room);
    assert_non_null(to);
    bool whole = unpack(&core.header, to, room, &model);
    free(to);
    return whole;
}

static void flip(uint32_t bit)
{
    ((uint8_t *)&core)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void refuse_flipped(uint32_t bit, uint32_t room)
{
    flip(bit);
    if (unpacks_into(room))
        fail_msg("taken with bit %u of byte %05x changed", bit % 8, bit / 8);
    flip(bit);
}

static void it_is_taken(void **state)
{
    (void)state;
    assert_true(unpacks_into(core.header.memory_length));
    assert_false(unpacks_into(core.header.memory_length - 1));
}

static void every_flipped_bit_of_the_header_is_refused(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < sizeof core.header * 8; bit++)
        refuse_flipped(bit, core.header.memory_length);
}

/* A step that shares no factor with 8, for every bit of a byte to be met. */
static void flipped_bits_are_refused(void **state)
{
    (void)state;
    uint32_t step = (core_length * 8 / FLIPS) | 1;
    for (uint32_t bit = 0; bit < core_length * 8; bit += step)
        refuse_flipped(bit, core.header.memory_length);
}

/* Sums of lengths that leave the core, or wrap. */
static void lengths_beyond_the_core_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t packed_offset, packed_length;
    } beyond[] = {{0, 1},
                  {sizeof core.header - 1, 1},
                  {CORE_MAX, 1},
                  {CORE_MAX + 1, 0},
                  {4096, CORE_MAX - 4095},
                  {4096, UINT32_MAX},
                  {UINT32_MAX, 1},
                  {UINT32_MAX, UINT32_MAX}};

    const struct core_header whole = core.header;
    for (unsigned i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        core.header.packed_offset = beyond[i].packed_offset;
        core.header.packed_length = beyond[i].packed_length;
        if (unpacks_into(whole.memory_length))
            fail_msg("taken: %u bytes at %u", beyond[i].packed_length, beyond[i].packed_offset);
    }

    core.header = whole;
    core.header.image_length = whole.memory_length + 1;
    assert_false(unpacks_into(whole.memory_length));
    core.header = whole;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_taken),
        cmocka_unit_test(every_flipped_bit_of_the_header_is_refused),
        cmocka_unit_test(flipped_bits_are_refused),
        cmocka_unit_test(lengths_beyond_the_core_are_refused),
    };
    return cmocka_run_group_tests(tests, load_core, NULL);
}
