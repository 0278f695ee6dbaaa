/* SPDX-License-Identifier: BSD-2-Clause */
/* The stub's decoder: streams that liblzma wrote, and what is left of them after an accident. */
#include "tests/unit/unit.h"

#include "bios/stub/lzma.h"

#define PIECES_MAX 3

struct piece {
    const char *bytes;
    uint32_t length;
    uint32_t times;
};

/* liblzma's raw streams with bios/mkimage.py's parameters. */
static const struct lzma_case {
    const char *name;
    uint8_t stream[96];
    uint32_t length;
    struct piece pieces[PIECES_MAX]; /* what it holds */
} lzma_cases[] = {
    {"end marker alone", {0x00, 0x83, 0xFF, 0xFB, 0xFF, 0xFF, 0xC0, 0x00, 0x00, 0x00}, 10, {{0}}},
    {"literals",
     {0x00, 0x39, 0x99, 0x0D, 0x79, 0xA6, 0xB5, 0x36, 0x5D, 0x35, 0xB5, 0x14, 0x73, 0xFF, 0xFF, 0x81, 0xDC, 0x00, 0x00},
     19,
     {{"sans", 4, 1}, {"\000\177\200\377", 4, 1}}},
    {"match of middle length, its distance by a tree",
     {0x00, 0x39, 0x99, 0x0D, 0x79, 0xAD, 0x1F, 0x89, 0x1F, 0x5E, 0xB3, 0xDB, 0x02, 0xFB, 0xFF, 0xFF, 0xF5, 0xD8, 0x40, 0x00},
     20,
     {{"sanstrap", 8, 3}}},
    {"literal after a match",
     {0x00, 0x35, 0x9C, 0x23, 0xCB, 0x3D, 0x2A, 0x3E, 0x9C, 0x82, 0xC7, 0x01, 0xF5, 0x3F, 0xFD, 0x3F, 0xE8, 0x00},
     18,
     {{"kmckmclflflflf", 14, 1}}},
    {"overlapping match of the greatest length",
     {0x00, 0x30, 0xF0, 0x7A, 0x6F, 0x6F, 0xDF, 0xFF, 0xFF, 0xFF, 0xC2, 0x00, 0x00, 0x00},
     14,
     {{"a", 1, 274}, {"b", 1, 1}}},
    {"older distances and a short rep",
     {0x00, 0x36, 0xE2, 0x74, 0x9F, 0x98, 0xE9, 0xA1, 0x8B, 0x5D, 0xA5, 0x95, 0x25, 0x66, 0x74,
      0x8E, 0xE3, 0x7F, 0x10, 0x85, 0x69, 0x65, 0x90, 0xB7, 0x93, 0xFF, 0x7C, 0xBE, 0x00, 0x00},
     30,
     {{"mmabbccpebbcmmammacpebbccpemmammacpecpecpemmabbc", 48, 1}}},
    {"distance with direct bits",
     {0x00, 0x2A, 0x1A, 0xD9, 0xDA, 0xCE, 0x6F, 0xB1, 0x21, 0xF5, 0x3E, 0x3C, 0x76, 0x40, 0xE9, 0x9E,
      0x1B, 0x77, 0x1C, 0xAE, 0xA9, 0x07, 0x57, 0x4E, 0xD7, 0xDF, 0xFF, 0xFF, 0xAA, 0x94, 0xD0, 0x00},
     32,
     {{"There and back", 14, 1}, {".", 1, 300}, {"There and back", 14, 1}}},
    {"distance beyond 64 KiB",
     {0x00, 0x2A, 0x1A, 0xD9, 0xDA, 0xCE, 0x6F, 0xB1, 0x21, 0xF5, 0x3E, 0x3C, 0x76, 0x40, 0xE9, 0x9E, 0x1B, 0x77,
      0x1C, 0xC4, 0xAC, 0x5B, 0x9C, 0x1A, 0x26, 0x7B, 0x91, 0xF3, 0xE5, 0xE9, 0x9E, 0x15, 0x8C, 0x32, 0x8D, 0xC5,
      0x62, 0x4C, 0x10, 0x1C, 0xD6, 0x02, 0x44, 0x1C, 0x18, 0x09, 0xC3, 0x7D, 0xB7, 0x4A, 0x56, 0xAE, 0xA1, 0x6D,
      0xE8, 0x72, 0x99, 0x84, 0x16, 0xB7, 0xB8, 0x0C, 0x5B, 0x80, 0x3B, 0xB9, 0x2E, 0x31, 0xE6, 0xDF, 0x2A, 0xA9,
      0x2E, 0x9E, 0x33, 0x37, 0xE1, 0x39, 0x0D, 0xF7, 0xFF, 0xFF, 0x9D, 0x37, 0x70, 0x00},
     86,
     {{"There and back", 14, 1}, {".", 1, 70000}, {"There and back", 14, 1}}},
};
#define SMALL 64 /* bytes of a stream that is tried with every corruption */
#define CASES (sizeof lzma_cases / sizeof *lzma_cases)

static uint32_t text_length(const struct lzma_case *c)
{
    uint32_t length = 0;
    for (unsigned i = 0; i < PIECES_MAX; i++)
        length += c->pieces[i].length * c->pieces[i].times;
    return length;
}

static void assert_text(const struct lzma_case *c, const uint8_t *text)
{
    for (unsigned i = 0; i < PIECES_MAX; i++)
        for (uint32_t times = 0; times < c->pieces[i].times; times++, text += c->pieces[i].length)
            if (memcmp(text, c->pieces[i].bytes, c->pieces[i].length) != 0)
                fail_msg("%s: another text in piece %u, repetition %u", c->name, i, times);
}

/* All buffers as small as they may be, so that the sanitizer sees a byte too far; the model comes in as rubbish. A result
 * as long as the text of `expected` must be that text, unless `expected` is NULL. */
static int32_t decode(const uint8_t *stream, uint32_t length, uint32_t size, const struct lzma_case *expected)
{
    struct lzma_model *model = malloc(sizeof *model);
    uint8_t *from = malloc(length ? length : 1), *to = malloc(size ? size : 1);
    assert_true(model && from && to);
    memset(model, 0xA5, sizeof *model);
    memcpy(from, stream, length);
    int32_t result = lzma_decode(model, from, length, size ? to : to + 1, size);
    if (expected && result == (int32_t)text_length(expected))
        assert_text(expected, to);
    free(model);
    free(from);
    free(to);
    return result;
}

static void known_streams(void **state)
{
    (void)state;
    for (const struct lzma_case *c = lzma_cases; c < lzma_cases + CASES; c++) {
        uint32_t size = text_length(c);
        int32_t exact = decode(c->stream, c->length, size, c), roomy = decode(c->stream, c->length, size + 1, c);
        if (exact != (int32_t)size || roomy != (int32_t)size)
            fail_msg("%s: %d with room for %u, %d with room for one more", c->name, exact, size, roomy);
    }
}

static void too_little_room(void **state)
{
    (void)state;
    for (const struct lzma_case *c = lzma_cases; c < lzma_cases + CASES; c++) {
        uint32_t all = text_length(c), step = all / 100 + 1;
        for (uint32_t size = 0; size<all; size += all - size> step ? step : 1)
            if (decode(c->stream, c->length, size, c) != -1)
                fail_msg("%s: taken with room for %u", c->name, size);
    }
}

static void every_truncation(void **state)
{
    (void)state;
    for (const struct lzma_case *c = lzma_cases; c < lzma_cases + CASES; c++)
        for (uint32_t length = 0; length < c->length; length++)
            if (decode(c->stream, length, text_length(c), c) != -1)
                fail_msg("%s: taken with %u bytes", c->name, length);
}

static void something_behind_the_end(void **state)
{
    (void)state;
    for (const struct lzma_case *c = lzma_cases; c < lzma_cases + CASES; c++) {
        uint8_t longer[sizeof c->stream + 1] = {0};
        memcpy(longer, c->stream, c->length);
        if (decode(longer, c->length + 1, text_length(c), c) != -1)
            fail_msg("%s: taken", c->name);
    }
}

/*
 * LZMA has no checksum, and while all chances are even still, as in these few bytes, a changed bit may do no more than write
 * another text. It stays within its room.
 */
static void every_corruption_of_one_byte(void **state)
{
    (void)state;
    for (const struct lzma_case *c = lzma_cases; c < lzma_cases + CASES; c++) {
        if (c->length > SMALL)
            continue;

        uint8_t stream[sizeof c->stream];
        uint32_t size = text_length(c), refused = 0;
        memcpy(stream, c->stream, sizeof stream);

        for (uint32_t at = 0; at < c->length; at++) {
            for (unsigned value = 0; value < 256; value++) {
                stream[at] = (uint8_t)value;
                int32_t result = decode(stream, c->length, size, NULL);
                if (result < -1 || result > (int32_t)size)
                    fail_msg("%s: %d with %02x in byte %u", c->name, result, value, at);
                refused += result == -1;
            }
            stream[at] = c->stream[at];
        }

        if (refused < c->length * 255 * 9 / 10)
            fail_msg("%s: only %u of %u refused", c->name, refused, c->length * 255);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams),
        cmocka_unit_test(too_little_room),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(something_behind_the_end),
        cmocka_unit_test(every_corruption_of_one_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
