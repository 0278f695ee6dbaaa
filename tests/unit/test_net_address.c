/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text and as configuration. */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "tests/host/peer.h"

static void parses_and_formats(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical; /* NULL: refused */
    } cases[] = {
        {"10.0.0.1", "10.0.0.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"0.0.0.0", "0.0.0.0"},
        {"::", "::"},
        {"::1", "::1"},
        {"fe80::1", "fe80::1"},
        {"FE80::ABCD", "fe80::abcd"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1::", "1::"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::ffff:10.0.0.1", "::ffff:a00:1"},
        {"1:2:3:4:5:6:10.0.0.1", "1:2:3:4:5:6:a00:1"},
        {"", NULL},
        {"10.0.0", NULL},
        {"10.0.0.1.", NULL},
        {"10.0.0.1 ", NULL},
        {" 10.0.0.1", NULL},
        {"10.0.0.01", NULL},
        {"010.0.0.1", NULL},
        {"10.0.0.256", NULL},
        {"10.0.0.1234", NULL},
        {"0x0a.0.0.1", NULL},
        {"10..0.1", NULL},
        {":", NULL},
        {":::", NULL},
        {"::1::", NULL},
        {"1:2:3:4:5:6:7", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"1:2:3:4:5:6:7:8::", NULL},
        {"::1:2:3:4:5:6:7:8", NULL},
        {"1:", NULL},
        {":1", NULL},
        {"12345::", NULL},
        {"fe80::g", NULL},
        {"fe80::1%en0", NULL},
        {"[::1]", NULL},
        {"::01", NULL},
        {"1:2:3:4:5:6:7:10.0.0.1", NULL},
        {"::10.0.0.1:1", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_address address;
        char text[FORMAT_ADDRESS_SIZE];
        bool good = net_parse_address(cases[i].text, &address);
        if (good != !!cases[i].canonical)
            print_error("\"%s\"\n", cases[i].text);
        assert_int_equal(good, !!cases[i].canonical);
        if (!good)
            continue;
        net_format_address(&address, text);
        assert_string_equal(text, cases[i].canonical);
    }
}

static void formats_the_longest(void **state)
{
    (void)state;
    struct net_address address = {.family = 6};
    char text[FORMAT_ADDRESS_SIZE];
    memset(address.bytes, 0xFF, 16);
    net_format_address(&address, text);
    assert_string_equal(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void static_ipv4_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct net_ipv4 ipv4;
        enum status status;
    } cases[] = {
        {"plain", {.address = {192, 168, 1, 5}, {255, 255, 255, 0}, {192, 168, 1, 1}, {{0}}, 0}, OK},
        {"no gateway", {.address = {192, 168, 1, 5}, {255, 255, 255, 0}, {0}, {{0}}, 0}, OK},
        {"/31", {.address = {192, 168, 1, 4}, {255, 255, 255, 254}, {192, 168, 1, 5}, {{0}}, 0}, OK},
        {"zero", {.address = {0, 0, 0, 0}, {255, 255, 255, 0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"loopback", {.address = {127, 0, 0, 1}, {255, 0, 0, 0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"multicast", {.address = {224, 0, 0, 1}, {255, 0, 0, 0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"broadcast", {.address = {192, 168, 1, 255}, {255, 255, 255, 0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"network", {.address = {192, 168, 1, 0}, {255, 255, 255, 0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"mask with a hole", {.address = {192, 168, 1, 5}, {255, 0, 255, 0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"no mask", {.address = {192, 168, 1, 5}, {0}, {0}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"gateway elsewhere", {.address = {192, 168, 1, 5}, {255, 255, 255, 0}, {192, 168, 2, 1}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"gateway is us", {.address = {192, 168, 1, 5}, {255, 255, 255, 0}, {192, 168, 1, 5}, {{0}}, 0}, E_ADDRESS_INVALID},
        {"tiny MTU", {.address = {192, 168, 1, 5}, {255, 255, 255, 0}, {0}, {{0}}, 100}, E_ADDRESS_INVALID},
    };

    peer_world_open(64, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum status status = net_set_ipv4(peer_network, &cases[i].ipv4);
        if (status != cases[i].status)
            print_error("%s\n", cases[i].name);
        assert_int_equal(status, cases[i].status);
    }
    peer_world_close();
}

/* Memory: the sizes for the crash dump's window fit its budget, and too small an arena is an error, not a fault. */
static void arena_sizes(void **state)
{
    (void)state;
    struct arena small = {.base = (uint8_t[256]){0}, .size = 256};
    struct nic nic = {.mtu = 1500};
    struct network *network;
    assert_true(net_arena_size(&(struct net_config){.window = 4 * 1460, .by_hand = true}) <= 8 * KIB);
    assert_true(net_arena_size(&(struct net_config){.window = 8 * 1460}) <= 20 * KIB);
    assert_true(net_arena_size(&(struct net_config){.window = 256 * 1460}) <= 384 * KIB);
    assert_int_equal(net_open(&network, &(struct net_config){.nic = &nic, .arena = &small, .window = 65536}), E_NET_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_formats),
        cmocka_unit_test(formats_the_longest),
        cmocka_unit_test(static_ipv4_is_checked),
        cmocka_unit_test(arena_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
