/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6: where packets go next, and redirects that want it otherwise. */
#include "tests/unit/ipv6_world.h"

/*
 * 84228d4f and RFC 4861 8.1: a redirect to a next hop that can be none. lwIP takes it; with the unspecified address it then
 * finds a free neighbour entry, and the connection's packets wait there for ever.
 */
static unsigned syns, astray;

static const uint8_t server[16] = {0xFD, 0x77, [15] = 1};

static void count_syns(const uint8_t *frame, unsigned length)
{
    const uint8_t *ip = frame + ETHERNET_HEADER;
    if (peer_is_solicitation(frame, length, server))
        peer_advertise(server, by_hand, peer_mac, true);
    if (is_ipv6(frame, PROTOCOL_TCP) && memcmp(ip + IPV6_DESTINATION, server, sizeof server) == 0) {
        syns++;
        astray += memcmp(frame, peer_mac, sizeof peer_mac) != 0;
    }
}

static void redirects_to_nowhere(void **state)
{
    (void)state;
    static const uint8_t targets[][16] = {
        {0}, {0x20, 1, 0x0D, 0xB8, [15] = 0x66}, {0xFF, 2, [15] = 1}, {0xFE, 0x80, [15] = 0x66}};
    struct stream *stream = net_stream_new(peer_network);

    assert_int_equal(set_by_hand(), OK);
    wire.sent = count_syns;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        uint8_t message[48] = {ND_REDIRECT};
        syns = astray = 0;
        assert_int_equal(host_connect(stream, "fd77::1", 3260, deadline_after_ms(1000)), E_CONNECT_TIMEOUT);
        memcpy(message + 8, targets[i], 16);
        memcpy(message + 24, server, 16);
        memcpy(message + 40, "\2\1\2\0\0\0\0\146", 8);
        peer_ipv6(NULL, by_hand, PROTOCOL_ICMPV6, 255, message, sizeof message);
        peer_world_run(20);
        assert_true(syns > 0);
        syns = 0;
        assert_int_equal(host_connect(stream, "fd77::1", 3260, deadline_after_ms(1000)), E_CONNECT_TIMEOUT);
        assert_true(syns > 0);
        assert_int_equal(astray, 0);
    }
    net_stream_free(stream);
}

/* ---- next hop ---- */

static const uint8_t far_away[16] = {0x20, 1, 0x0D, 0xB8, [15] = 1}, better[16] = {0xFE, 0x80, [15] = 0x66};
static const uint8_t better_mac[6] = {2, 0, 0, 0, 0, 0x66};
static unsigned to_router, to_better;

static void count_hops(const uint8_t *frame, unsigned length)
{
    const uint8_t *ip = frame + ETHERNET_HEADER;
    if (peer_is_solicitation(frame, length, router))
        peer_advertise(router, by_hand, peer_mac, true);
    if (!is_ipv6(frame, PROTOCOL_TCP) || memcmp(ip + IPV6_DESTINATION, far_away, sizeof far_away) != 0)
        return;
    to_router += memcmp(frame, peer_mac, sizeof peer_mac) == 0;
    to_better += memcmp(frame, better_mac, sizeof better_mac) == 0;
}

static void connect_far_away(struct stream *stream)
{
    to_router = to_better = 0;
    assert_int_equal(host_connect(stream, "2001:db8::1", 3260, deadline_after_ms(1000)), E_CONNECT_TIMEOUT);
}

static void say_better(const uint8_t *from, const uint8_t *target)
{
    uint8_t message[48] = {ND_REDIRECT, [40] = 2, 1};
    memcpy(message + 8, target, 16);
    memcpy(message + 24, far_away, 16);
    memcpy(message + 42, better_mac, 6);
    peer_ipv6(from, by_hand, PROTOCOL_ICMPV6, 255, message, sizeof message);
    peer_world_run(20);
}

/* RFC 4861 8.1: the router that has the packets may send them elsewhere, and nobody else. */
static void redirects_are_the_routers(void **state)
{
    (void)state;
    static const uint8_t stranger[16] = {0xFE, 0x80, [15] = 0x77};
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, by_hand, 16);
    memcpy(ipv6.gateway, router, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    struct stream *stream = net_stream_new(peer_network);
    wire.sent = count_hops;

    connect_far_away(stream);
    assert_true(to_router > 0);
    say_better(stranger, better);
    say_better(stranger, far_away);
    connect_far_away(stream);
    assert_true(to_router > 0);
    assert_int_equal(to_better, 0);

    say_better(router, better);
    connect_far_away(stream);
    assert_true(to_better > 0);
    assert_int_equal(to_router, 0);
    net_stream_free(stream);
}

static struct {
    struct stream *stream;
    const uint8_t *neighbour, *neighbour_mac; /* who answers when solicited */
    bool known;
    uint8_t mac[NIC_MAC_LENGTH];
} hop;

static void watch_next_hop(void)
{
    host_clock_advance_us(500);
    hop.known = net_next_hop(hop.stream, hop.mac);
}

static void neighbour_answers(const uint8_t *frame, unsigned length)
{
    if (hop.neighbour && peer_is_solicitation(frame, length, hop.neighbour))
        peer_advertise(hop.neighbour, by_hand, hop.neighbour_mac, true);
}

/* What net_next_hop() says in the end of a connect that no SYN of is answered. */
static bool next_hop_while_connecting(const char *host, const uint8_t *neighbour, const char *neighbour_mac)
{
    hop.neighbour = neighbour;
    hop.neighbour_mac = (const uint8_t *)neighbour_mac;
    hop.known = false;
    assert_int_equal(host_connect(hop.stream, host, 3260, deadline_after_ms(2500)), E_CONNECT_TIMEOUT);
    return hop.known;
}

static void next_hop(void **state)
{
    (void)state;
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    hop.stream = net_stream_new(peer_network);
    memcpy(ipv6.address, by_hand, 16);
    memcpy(ipv6.gateway, router, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    host_idle_hook = watch_next_hop;
    wire.sent = neighbour_answers;

    assert_false(next_hop_while_connecting("fd77::1", NULL, NULL));
    assert_true(next_hop_while_connecting("fd77::1", server, "\2\0\0\0\0\376"));
    assert_memory_equal(hop.mac, "\2\0\0\0\0\376", 6);
    assert_true(next_hop_while_connecting("2001:db8::1", router, "\2\0\0\0\0\375"));
    assert_memory_equal(hop.mac, "\2\0\0\0\0\375", 6);
    assert_false(net_next_hop(hop.stream, hop.mac));
    net_stream_free(hop.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(redirects_to_nowhere),
        CASE(redirects_are_the_routers),
        CASE(next_hop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
