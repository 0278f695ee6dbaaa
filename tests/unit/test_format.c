/* SPDX-License-Identifier: BSD-2-Clause */
/* platform/format.c beside the C library's printf, and the record of failures that is made with it. */
#include "tests/unit/unit.h"

#include "platform/format.h"

/* What the C library's printf makes of the same is the oracle. */
#define SAME(...)                                                                                                                \
    do {                                                                                                                         \
        char ours[128], theirs[128];                                                                                             \
        size_t length = format_text(ours, sizeof ours, __VA_ARGS__);                                                             \
        int expected = snprintf(theirs, sizeof theirs, __VA_ARGS__);                                                             \
        assert_string_equal(ours, theirs);                                                                                       \
        assert_int_equal(length, expected);                                                                                      \
    } while (0)

static void integers(void **state)
{
    (void)state;
    SAME("%d %d %d", 0, -1, 2147483647);
    SAME("%i", INT32_MIN);
    SAME("%u %x %X", 4294967295u, 0xbeefu, 0xbeefu);
    SAME("%lld %llu %llx", (long long)INT64_MIN, (unsigned long long)UINT64_MAX, 0x123456789abcdefull);
    SAME("%zu %hhx %hx %hhd %hd", (size_t)77, 0x1ff, 0x1ffff, 0x80, 0x8000);
}

static void width_and_precision(void **state)
{
    (void)state;
    SAME("[%5d][%-5d][%05d][%5d]", 42, 42, 42, -42);
    SAME("[%.3d][%6.3d][%-6.3d][%.0d]", 7, 7, 7, 0);
    SAME("[%08x][%2x][%*d]", 0xabcu, 0xabcu, 6, 5);
}

static void strings(void **state)
{
    (void)state;
    char unterminated[3] = {'a', 'b', 'c'};
    SAME("[%s][%6s][%-6s][%.2s]", "abc", "abc", "abc", "abc");
    SAME("%.3s|%.*s", unterminated, 2, unterminated);
    SAME("%c%%%c", 'x', 'y');
}

static void cut_at_the_buffers_end(void **state)
{
    (void)state;
    char text[5] = "~~~~";
    assert_int_equal(format_text(text, 4, "%s", "abcdef"), 6);
    assert_string_equal(text, "abc");
    assert_int_equal(format_text(text, 0, "%s", "xyz"), 3);
    assert_string_equal(text, "abc");
}

static void unknown_conversions_are_seen(void **state)
{
    (void)state;
    char text[16];
    const char *format = "%q %d %ld";
    format_text(text, sizeof text, format, 5);
    assert_string_equal(text, "%q 5 %ld");
}

static void failures_keep_their_detail(void **state)
{
    (void)state;
    assert_int_equal(fail(E_LINK_DOWN, "after %d s", 15), E_LINK_DOWN);
    assert_string_equal(failure_detail(E_LINK_DOWN), "after 15 s");
    assert_string_equal(failure_detail(E_RESOLVE), "");
    assert_string_equal(status_what((enum status)12345), status_what(E_INTERNAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(width_and_precision),
        cmocka_unit_test(strings),
        cmocka_unit_test(cut_at_the_buffers_end),
        cmocka_unit_test(unknown_conversions_are_seen),
        cmocka_unit_test(failures_keep_their_detail),
    };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
