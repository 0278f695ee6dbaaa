/* SPDX-License-Identifier: BSD-2-Clause */
/* Routers and routes in a lease: options 3 and 121 (RFC 3442). */
#include "net/dhcp_options.h"
#include "tests/host/host.h"
#include "tests/unit/dhcp_builder.h"
#include "tests/unit/unit.h"

static struct net_lease lease;

/* An acknowledgement for 192.0.2.10/24, with router 192.0.2.1 and these routes. */
static void leased_with(const void *routes, uint8_t length)
{
    struct dhcp_builder builder;
    struct dhcp_message message;
    dhcp_ack(&builder);
    dhcp_option(&builder, DHCP_CLASSLESS_ROUTES, routes, length);
    assert_null(dhcp_message_open(&message, builder.bytes, builder.length));
    host_log_clear();
    net_lease_read(&lease, &message);
}

static void routes_replace_the_router(void **state)
{
    static const uint8_t routes[] = {24, 198, 51, 100, 192, 0, 2, 5,    /* RFC 3442's forms: as many bytes as the bits fill, */
                                     12, 172, 16, 192, 0,   2, 6,       /* */
                                     32, 203, 0,  113, 9,   0, 0, 0, 0, /* on the link, */
                                     0,  192, 0,  2,   7};              /* and the default route */
    (void)state;
    leased_with(routes, sizeof routes);
    assert_memory_equal(lease.ipv4.gateway, "\300\000\002\007", 4);
    assert_int_equal(lease.ipv4.route_count, 3);
    assert_string_equal(host_log_text(), "");

    static const struct {
        uint8_t to[4];
        const char *gateway;
    } cases[] = {{{198, 51, 100, 200}, "\300\000\002\005"},
                 {{172, 31, 255, 255}, "\300\000\002\006"},
                 {{203, 0, 113, 9}, "\0\0\0\0"},
                 {{203, 0, 113, 8}, "\300\000\002\007"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_memory_equal(net_gateway_to(&lease.ipv4, cases[i].to), cases[i].gateway, 4);

    leased_with(routes, 8); /* no default route: the router is none either */
    assert_memory_equal(lease.ipv4.gateway, "\0\0\0\0", 4);
    assert_null(net_gateway_to(&lease.ipv4, (const uint8_t[]){203, 0, 113, 9}));
}

/* What comes before is taken; when nothing does, the router counts. */
static void routes_that_cannot_be(void **state)
{
    static const uint8_t cut[] = {24, 198, 51, 100, 192, 0, 2, 5, 24, 198, 51, 101, 192, 0, 2};
    static const uint8_t wide[] = {33, 198, 51, 100, 1, 1, 192, 0, 2, 5};

    (void)state;
    leased_with(cut, sizeof cut);
    assert_int_equal(lease.ipv4.route_count, 1);
    assert_non_null(strstr(host_log_text(), "a route of 24 bits in 7 bytes: left out"));
    leased_with(wide, sizeof wide);
    assert_int_equal(lease.ipv4.route_count, 0);
    assert_memory_equal(lease.ipv4.gateway, "\300\000\002\001", 4);
}

static void more_routes_than_places(void **state)
{
    uint8_t routes[7 * (NET_ROUTES + 1)];
    (void)state;
    for (uint8_t i = 0; i <= NET_ROUTES; i++)
        memcpy(routes + 7 * i, (const uint8_t[]){16, 172, i, 192, 0, 2, 5}, 7);
    leased_with(routes, sizeof routes);
    assert_int_equal(lease.ipv4.route_count, NET_ROUTES);
    assert_non_null(strstr(host_log_text(), "route to 172.8.0.0 is one more than there is room for"));
}

/* It is on the link all the same, as with addresses of 32 bits. */
static void a_router_outside_the_network(void **state)
{
    static const char *const masks[] = {"\377\377\377\000", "\377\377\377\377"};
    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct dhcp_builder builder;
        struct dhcp_message message;
        dhcp_build(&builder);
        dhcp_option(&builder, DHCP_SUBNET_MASK, masks[i], 4);
        dhcp_option(&builder, DHCP_ROUTER, "\300\000\003\001", 4);
        assert_null(dhcp_message_open(&message, builder.bytes, builder.length));
        net_lease_read(&lease, &message);
        assert_memory_equal(lease.ipv4.netmask, masks[i], 4);
        assert_memory_equal(lease.ipv4.gateway, "\300\000\003\001", 4);
        assert_int_equal(net_check_ipv4(&lease.ipv4), OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_replace_the_router),
        cmocka_unit_test(routes_that_cannot_be),
        cmocka_unit_test(more_routes_than_places),
        cmocka_unit_test(a_router_outside_the_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
