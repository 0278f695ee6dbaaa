/* SPDX-License-Identifier: BSD-2-Clause */
/* The freestanding libc, compiled into this program under other names, against the host's own. */
#include "tests/unit/unit.h"

#include "platform/platform.h"

#define RENAMED(name) ours_##name
#define memcpy        RENAMED(memcpy)
#define memmove       RENAMED(memmove)
#define memset        RENAMED(memset)
#define memcmp        RENAMED(memcmp)
#define memchr        RENAMED(memchr)
#define strlen        RENAMED(strlen)
#define strnlen       RENAMED(strnlen)
#define strcmp        RENAMED(strcmp)
#define strncmp       RENAMED(strncmp)
#define strchr        RENAMED(strchr)
#define atoi          RENAMED(atoi)
#include "platform/freestanding/include/string.h"
int atoi(const char *text);
#include "platform/freestanding/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef atoi

#include "platform/freestanding/divide64.c"

static void copies_of_every_length_and_overlap(void **state)
{
    (void)state;
    for (size_t length = 0; length < 200; length++) { /* words, blocks of them, and what is left */
        for (size_t from = 0; from < 20; from++) {
            uint8_t ours[224], theirs[224];
            for (size_t i = 0; i < sizeof ours; i++)
                ours[i] = theirs[i] = (uint8_t)i;
            assert_ptr_equal(ours_memmove(ours + 10, ours + from, length), ours + 10);
            memmove(theirs + 10, theirs + from, length);
            assert_memory_equal(ours, theirs, sizeof ours);
        }

        uint8_t a[208] = {0}, b[208] = {0};
        ours_memset(a + 3, 0x5A, length);
        memset(b + 3, 0x5A, length);
        assert_memory_equal(a, b, sizeof a);

        uint8_t copy[208] = {0};
        ours_memcpy(copy + 1, a + 1, length);
        assert_memory_equal(copy + 1, a + 1, length);
        assert_int_equal(copy[length + 1], 0);
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void comparisons(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a", "ab", "abc", "abd", "b", "\x80", "abc\xff"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_int_equal(ours_strlen(words[i]), strlen(words[i]));
        assert_int_equal(ours_strnlen(words[i], 2), strnlen(words[i], 2));
        assert_ptr_equal(ours_strchr(words[i], 'b'), strchr(words[i], 'b'));
        assert_ptr_equal(ours_strchr(words[i], 0), strchr(words[i], 0));
        assert_ptr_equal(ours_memchr(words[i], 'a', strlen(words[i])), memchr(words[i], 'a', strlen(words[i])));
        for (size_t j = 0; j < sizeof words / sizeof *words; j++) {
            assert_int_equal(sign(ours_strcmp(words[i], words[j])), sign(strcmp(words[i], words[j])));
            assert_int_equal(sign(ours_strncmp(words[i], words[j], 2)), sign(strncmp(words[i], words[j], 2)));
            assert_int_equal(sign(ours_memcmp(words[i], words[j], 1)), sign(memcmp(words[i], words[j], 1)));
        }
    }

    assert_int_equal(ours_atoi("-123x"), -123);
    assert_int_equal(ours_atoi("77"), 77);
}

static void division_agrees_with_the_cpus(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ull;
    for (int i = 0; i < 200000; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        uint64_t dividend = seed >> (i % 64);
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        uint64_t divisor = seed >> (i / 64 % 64);
        if (!divisor)
            continue;

        assert_true(__udivdi3(dividend, divisor) == dividend / divisor);
        assert_true(__umoddi3(dividend, divisor) == dividend % divisor);
        if ((int64_t)dividend == INT64_MIN && (int64_t)divisor == -1)
            continue;

        assert_true(__divdi3((int64_t)dividend, (int64_t)divisor) == (int64_t)dividend / (int64_t)divisor);
        assert_true(__moddi3((int64_t)dividend, (int64_t)divisor) == (int64_t)dividend % (int64_t)divisor);
    }
}

static void arena_keeps_alignment_and_end(void **state)
{
    (void)state;
    static uint8_t memory[256] __attribute__((aligned(64)));
    struct arena arena = {.base = memory, .bus = 0x10000, .size = sizeof memory};
    uint8_t *first = arena_take(&arena, 3, 1);
    uint8_t *second = arena_take(&arena, 64, 64);
    assert_ptr_equal(first, memory);
    assert_ptr_equal(second, memory + 64);
    assert_int_equal(arena_bus(&arena, second), 0x10040);
    assert_null(arena_take(&arena, 129, 1));
    assert_null(arena_take(&arena, SIZE_MAX, 1));
    assert_non_null(arena_take(&arena, 128, 1));
    assert_null(arena_take(&arena, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_every_length_and_overlap),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(division_agrees_with_the_cpus),
        cmocka_unit_test(arena_keeps_alignment_and_end),
    };
    return cmocka_run_group_tests_name("freestanding", tests, NULL, NULL);
}
