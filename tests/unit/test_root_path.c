/* SPDX-License-Identifier: BSD-2-Clause */
/* Root paths by RFC 4173, and where a wrong one is marked. */
#include "tests/unit/unit.h"

#include "loader/root_path.h"

#define IQN "iqn.2001-04.com.example:storage.disk1"

struct good {
    const char *clause, *text, *server;
    bool ipv6;
    uint16_t port;
    uint8_t lun[8];
    const char *target;
};

static const struct good good[] = {
    {"RFC 4173 section 5: all fields", "iscsi:192.0.2.1:6:3261:1:" IQN, "192.0.2.1", false, 3261, {0, 1}, IQN},
    {"empty fields have defaults", "iscsi:192.0.2.1::::" IQN, "192.0.2.1", false, 3260, {0}, IQN},
    {"the scheme in any case", "ISCSI:192.0.2.1::::" IQN, "192.0.2.1", false, 3260, {0}, IQN},
    {"a DNS name", "iscsi:san-1.example.com::::" IQN, "san-1.example.com", false, 3260, {0}, IQN},
    {"an IPv6 literal in brackets", "iscsi:[2001:db8::1]::::" IQN, "2001:db8::1", true, 3260, {0}, IQN},
    {"an IPv6 literal with every field", "iscsi:[fe80::1]:tcp:860:2:" IQN, "fe80::1", true, 860, {0, 2}, IQN},
    {"LUN: hexadecimal, leading zeros left out", "iscsi:h:::1f:" IQN, "h", false, 3260, {0, 0x1f}, IQN},
    {"LUN: RFC's example 4752-3A4F-6b7e-2F99",
     "iscsi:h:::4752-3A4F-6b7e-2F99:" IQN,
     "h",
     false,
     3260,
     {0x47, 0x52, 0x3A, 0x4F, 0x6b, 0x7e, 0x2F, 0x99},
     IQN},
    {"LUN: RFC's example 6734-9-156f-127",
     "iscsi:h:::6734-9-156f-127:" IQN,
     "h",
     false,
     3260,
     {0x67, 0x34, 0x00, 0x09, 0x15, 0x6f, 0x01, 0x27},
     IQN},
    {"LUN: RFC's example 4186-9, trailing groups left out", "iscsi:h:::4186-9:" IQN, "h", false, 3260, {0x41, 0x86, 0, 9}, IQN},
    {"LUN: 0000 is LUN 0", "iscsi:h:::0000:" IQN, "h", false, 3260, {0}, IQN},
    {"an eui. name", "iscsi:h::::eui.02004567A425678D", "h", false, 3260, {0}, "eui.02004567A425678D"},
    {"a naa. name", "iscsi:h::::naa.52004567BA64678D", "h", false, 3260, {0}, "naa.52004567BA64678D"},
    {"colons within the target name",
     "iscsi:h::::iqn.2001-04.com.example:a:b:c",
     "h",
     false,
     3260,
     {0},
     "iqn.2001-04.com.example:a:b:c"},
    {"upper case and _ in the target name, as in the field",
     "iscsi:h::::iqn.2001-04.com.example:My_LUN",
     "h",
     false,
     3260,
     {0},
     "iqn.2001-04.com.example:My_LUN"},
};

static void good_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct root_path path;
        size_t wrong;
        print_message("  %s\n", good[i].clause);
        assert_int_equal(root_path_parse(&path, good[i].text, strlen(good[i].text), &wrong), OK);
        assert_string_equal(path.server, good[i].server);
        assert_int_equal(path.server_is_ipv6, good[i].ipv6);
        assert_int_equal(path.port, good[i].port);
        assert_memory_equal(path.lun, good[i].lun, 8);
        assert_string_equal(path.target, good[i].target);
    }
}

struct bad {
    const char *clause, *text;
    unsigned column;  /* the character to blame, from 1 */
    const char *word; /* in the detail */
};

static const struct bad bad[] = {
    {"empty", "", 1, "iscsi:"},
    {"another scheme", "nfs:192.0.2.1:/srv", 1, "iscsi:"},
    {"a URL", "iscsi", 1, "iscsi:"},
    {"nothing behind the scheme", "iscsi:", 7, "server"},
    {"no server", "iscsi:::::" IQN, 7, "server is missing"},
    {"the path ends in the server", "iscsi:192.0.2.1", 16, "server"},
    {"a blank in the server", "iscsi:192.0 .1::::" IQN, 12, "server"},
    {"a URL's slashes", "iscsi://192.0.2.1/" IQN, 7, "server"},
    {"bracket not closed", "iscsi:[2001:db8::1::::" IQN, 7, "bracket"},
    {"IPv4 in brackets", "iscsi:[192.0.2.1]::::" IQN, 8, "IPv6"},
    {"rubbish in brackets", "iscsi:[2001:db8::g]::::" IQN, 8, "IPv6"},
    {"no colon behind the bracket", "iscsi:[2001:db8::1]x:::" IQN, 20, "colon"},
    {"bracket at the end", "iscsi:[2001:db8::1]", 20, "colon"},
    {"protocol UDP", "iscsi:h:17:::" IQN, 9, "protocol"},
    {"ends in the protocol", "iscsi:h:6", 10, "protocol"},
    {"port 0", "iscsi:h::0::" IQN, 10, "port"},
    {"port 65536", "iscsi:h::65536::" IQN, 10, "port"},
    {"port is no number", "iscsi:h::32x0::" IQN, 10, "port"},
    {"port beyond 64 bits", "iscsi:h::18446744073709551617::" IQN, 10, "port"},
    {"ends in the port", "iscsi:h::3260", 14, "port"},
    {"LUN: no hexadecimal digit", "iscsi:h:::g:" IQN, 11, "LUN"},
    {"LUN: 0x", "iscsi:h:::0x1:" IQN, 12, "LUN"},
    {"LUN: five digits in a group", "iscsi:h:::1-12345:" IQN, 17, "LUN"},
    {"LUN: five groups", "iscsi:h:::1-2-3-4-5:" IQN, 18, "LUN"},
    {"LUN: an empty group", "iscsi:h:::1--2:" IQN, 13, "LUN"},
    {"LUN: a dash first", "iscsi:h:::-2:" IQN, 11, "LUN"},
    {"LUN: a dash last", "iscsi:h:::2-:" IQN, 13, "LUN"},
    {"ends in the LUN", "iscsi:h:::1", 12, "LUN"},
    {"no target name", "iscsi:h::::", 12, "target name"},
    {"a field too few", "iscsi:h:::" IQN, 11, "LUN"},
    {"target of no known kind", "iscsi:h::::disk1", 12, "iqn., eui. or naa."},
    {"month 13", "iscsi:h::::iqn.2001-13.com.example", 21, "month"},
    {"month 00", "iscsi:h::::iqn.2001-00.com.example", 21, "month"},
    {"iqn. without a date", "iscsi:h::::iqn.com.example:x", 16, "yyyy-mm"},
    {"iqn. without an authority", "iscsi:h::::iqn.2001-04.", 24, "authority"},
    {"a blank in the target name", "iscsi:h::::iqn.2001-04.com.example:a b", 37, "not allowed"},
    {"eui. with 15 digits", "iscsi:h::::eui.02004567A425678", 31, "16 hexadecimal"},
    {"eui. with a letter", "iscsi:h::::eui.0200456xA425678D", 23, "hexadecimal digit"},
    {"naa. with 17 digits", "iscsi:h::::naa.52004567BA64678D0", 33, "16 or 32"},
};

static void bad_paths(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct root_path path;
        size_t wrong = 999;
        char column[32];
        print_message("  %s: ", bad[i].clause);
        assert_int_equal(root_path_parse(&path, bad[i].text, strlen(bad[i].text), &wrong), E_ROOT_PATH_SYNTAX);
        print_message("%s\n", failure_detail(E_ROOT_PATH_SYNTAX));
        assert_int_equal(wrong + 1, bad[i].column);
        snprintf(column, sizeof column, "character %u: ", bad[i].column);
        assert_int_equal(strncmp(failure_detail(E_ROOT_PATH_SYNTAX), column, strlen(column)), 0);
        assert_non_null(strstr(failure_detail(E_ROOT_PATH_SYNTAX), bad[i].word));
    }
}

/* Every beginning of a good path is looked at from a buffer of its exact size, so that the sanitizer sees a byte read too many.
 */
static void beginnings(void **state)
{
    (void)state;
    static const char text[] = "iscsi:[2001:db8::1]:6:3260:4752-3A4F-6b7e-2F99:iqn.2001-04.com.example:x";
    for (size_t length = 0; length < sizeof text; length++) {
        char *exact = malloc(length ? length : 1);
        memcpy(exact, text, length);
        struct root_path path;
        size_t wrong;
        enum status status = root_path_parse(&path, exact, length, &wrong);
        assert_true(status == OK || wrong <= length);
        assert_true(status == E_ROOT_PATH_SYNTAX || length > sizeof text - 20);
        free(exact);
    }
}

static void limits(void **state)
{
    (void)state;
    char text[600];
    struct root_path path;
    size_t wrong;

    int length = snprintf(text, sizeof text, "iscsi:%0255d::::%s%0*d", 1, "iqn.2001-04.com.example:", 223 - 24, 1);
    assert_int_equal(root_path_parse(&path, text, (size_t)length, &wrong), OK);
    assert_int_equal(strlen(path.server), 255);
    assert_int_equal(strlen(path.target), 223);

    length = snprintf(text, sizeof text, "iscsi:%0256d::::%s", 1, IQN);
    assert_int_equal(root_path_parse(&path, text, (size_t)length, &wrong), E_ROOT_PATH_SYNTAX);

    length = snprintf(text, sizeof text, "iscsi:h::::%s%0*d", "iqn.2001-04.com.example:", 224 - 24, 1);
    assert_int_equal(root_path_parse(&path, text, (size_t)length, &wrong), E_ROOT_PATH_SYNTAX);
    assert_int_equal(wrong, 11 + 223);
    static const char with_nul[] = "iscsi:h::::iqn.2001-04.com.example:a\0b";
    assert_int_equal(root_path_parse(&path, with_nul, sizeof with_nul - 1, &wrong), E_ROOT_PATH_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_paths),
        cmocka_unit_test(bad_paths),
        cmocka_unit_test(beginnings),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
