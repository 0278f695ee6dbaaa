/* SPDX-License-Identifier: BSD-2-Clause */
/* Which way packets go: by the gateway, by a route (RFC 3442), or straight to what the netmask does not say is on the link. */
#include "tests/unit/stream_world.h"

static bool hop_known;
static uint8_t hop[NIC_MAC_LENGTH];

static void watch_next_hop(void)
{
    host_clock_advance_us(500);
    hop_known = net_next_hop(stream, hop);
}

/* True when they go to the peer, 10.0.0.1, which is no host of that address and never answers. */
static bool goes_by_peer(const char *host)
{
    hop_known = false;
    host_idle_hook = watch_next_hop;
    assert_int_equal(connect_to(host, 1000), E_CONNECT_TIMEOUT);
    return hop_known;
}

static void the_route_that_leads_there(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2},
                            .netmask = {255, 255, 255, 0},
                            .gateway = {10, 0, 0, 9}, /* nobody */
                            .route_count = 3,
                            .routes = {{{198, 51, 100, 0}, {10, 0, 0, 1}, 24},
                                       {{198, 51, 100, 7}, {10, 0, 0, 9}, 32},
                                       {{198, 51, 0, 0}, {10, 0, 0, 9}, 16}}};
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_true(goes_by_peer("198.51.100.1"));
    assert_false(goes_by_peer("198.51.100.7"));
    assert_false(goes_by_peer("198.51.101.1"));
    assert_false(goes_by_peer("203.0.113.1"));

    memset(ipv4.gateway, 0, 4); /* then there is no other way */
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_true(goes_by_peer("198.51.100.1"));
    assert_int_equal(connect_to("203.0.113.1", 1000), E_UNREACHABLE);
    assert_null(net_gateway_to(&ipv4, (const uint8_t[]){203, 0, 113, 1}));
    assert_memory_equal(net_gateway_to(&ipv4, (const uint8_t[]){198, 51, 100, 1}), "\12\0\0\1", 4);
}

/* A route without a gateway, as clouds give one to their router. */
static void a_route_onto_the_link(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {
        .address = {192, 168, 7, 5}, .netmask = {255, 255, 255, 0}, .route_count = 1, .routes = {{{10, 0, 0, 0}, {0}, 8}}};
    memcpy(peer.stack_ip, ipv4.address, 4);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_memory_equal(net_gateway_to(&ipv4, (const uint8_t[]){10, 0, 0, 1}), "\0\0\0\0", 4);
}

/* An address of 32 bits has no neighbours: its router is outside the network, and on the link. */
static void a_router_outside_the_network(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {192, 168, 7, 5}, .netmask = {255, 255, 255, 255}, .gateway = {10, 0, 0, 1}};
    memcpy(peer.stack_ip, ipv4.address, 4);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_true(goes_by_peer("203.0.113.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_route_that_leads_there),
        CASE(a_route_onto_the_link),
        CASE(a_router_outside_the_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
