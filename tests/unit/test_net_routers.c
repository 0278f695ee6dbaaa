/* SPDX-License-Identifier: BSD-2-Clause */
/* The true router among hundreds that somebody has made up. */
#include "tests/unit/ipv6_world.h"

size_t net_heap_left(void); /* net/internal.h, whose lwIP has a ssize_t of its own */

#define FORGED_EVERY 2 /* turns of 500 us: 1000 a second */

static bool true_router;
static unsigned turns;

/* Source address and a prefix to form an address from (RFC 4861 4.2). */
static void advertise(const uint8_t *from, uint8_t prefix, uint32_t number)
{
    /* clang-format off */
    uint8_t message[] = {
        ND_ROUTER_ADVERTISEMENT, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 1, 2, 0, 0, 0, 0, from ? 0x66 : 0xFE,
        3, 4, 64, 0xC0, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 0, 0, 0xFD, prefix, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };
    /* clang-format on */
    put_be32(message + 42, number);
    peer_ipv6(from, all_nodes, PROTOCOL_ICMPV6, 255, message, sizeof message);
}

static void flood(void)
{
    host_clock_advance_us(500);
    turns++;
    if (turns % FORGED_EVERY == 0) {
        uint8_t from[16] = {0xFE, 0x80, [8] = 1};
        put_be32(from + 12, turns);
        advertise(from, 0x66, turns);
    }
    if (true_router && turns == 500)
        advertise(NULL, 0x99, 0);
}

static void the_true_router_among_hundreds(void **state)
{
    (void)state;
    struct net_ipv6 found = {0};
    true_router = true;
    host_idle_hook = flood;
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(10000)), OK);
    assert_int_equal(found.address[1], 0x99);
    assert_memory_equal(found.gateway, router, 16);
    assert_non_null(strstr(host_log_text(), "routers that do not answer"));

    peer_world_run(5000); /* nor does the flood take its place later */
    struct stream *stream = net_stream_new(peer_network);
    uint8_t mac[6] = {0};
    assert_int_equal(stream->ops->connect(stream, "2001:db8::1", 3260, deadline_after_ms(100)), OK);
    for (deadline_t end = deadline_after_ms(50); !deadline_passed(end) && !net_next_hop(stream, mac); platform_idle()) {
        bool open;
        (void)stream->ops->opened(stream, &open);
        stream->ops->pump(stream);
    }
    assert_memory_equal(mac, peer_mac, sizeof mac);
    net_stream_free(stream);
}

static void quiet(void)
{
    host_clock_advance_us(500);
}

static void none_but_made_up_ones(void **state)
{
    (void)state;
    struct net_ipv6 found = {0};
    size_t left = net_heap_left();
    true_router = false;
    host_idle_hook = flood;
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(5000)), E_IPV6_NO_ROUTER);
    assert_non_null(strstr(failure_detail(E_IPV6_NO_ROUTER), " advertisements came from routers that do not answer"));

    host_idle_hook = quiet; /* and of all that waited nothing is left */
    peer_world_run(3000);
    assert_true(net_heap_left() + 256 >= left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_true_router_among_hundreds),
        CASE(none_but_made_up_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
