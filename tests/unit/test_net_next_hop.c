/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers and routers that move to another MAC address, the age of what is known of them, and those who ask for answers. */
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/unit/stream_world.h"

#define IP ETHERNET_HEADER

static const uint8_t other_mac[6] = {0x02, 0, 0, 0, 0, 0xAA};
static uint8_t out[30000];

/* The peer answers from another address now, and says nothing by itself. */
static void move_peer(void)
{
    memcpy(peer.mac, other_mac, sizeof peer.mac);
}

/* How long it takes until the peer has `length` more bytes; 10 s when it never gets them. */
static unsigned milliseconds_to_send(size_t length)
{
    size_t taken;
    uint64_t before = peer.received, start = platform_ticks();
    for (size_t i = 0; i < length; i++)
        out[i] = peer_pattern(before + i);
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){out, length, true}, 1, &taken), OK);
    assert_int_equal(taken, length);
    while (peer.received - before < length && platform_ticks() - start < 10000 * platform_ticks_per_ms()) {
        net_poll();
        platform_idle();
    }
    assert_false(peer.corrupted);
    return (unsigned)((platform_ticks() - start) / platform_ticks_per_ms());
}

static void moves_while_connected(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_true(milliseconds_to_send(1000) < 50);
    move_peer();
    assert_true(milliseconds_to_send(1000) < 1500);
    assert_true(milliseconds_to_send(1000) < 50);
}

static void moves_with_data_in_flight(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    move_peer();
    peer.source = true;
    peer.to_send = 100000;
    assert_true(milliseconds_to_send(sizeof out) < 1500);
}

/* A failed connection is begun again: the first SYN may still go astray, the next does not. */
static void moves_between_connections(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    stream->ops->abort(stream);
    move_peer();
    uint64_t start = platform_ticks();
    assert_int_equal(connect_to("10.0.0.1", 5000), OK);
    assert_true(platform_ticks() - start < 500 * platform_ticks_per_ms());

    uint8_t mac[NIC_MAC_LENGTH];
    assert_true(net_next_hop(stream, mac));
    assert_memory_equal(mac, other_mac, sizeof mac);
}

/* One announcement, by an unasked reply to all, is enough. */
static void announces_its_move(void **state)
{
    (void)state;
    uint8_t frame[ETHERNET_FRAME_MIN] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2,    0,  0, 0, 0, 0xAA, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                                         1,    2,    0,    0,    0,    0,    0xAA, 10, 0, 0, 1, 0,    0, 0, 0, 0, 0, 10, 0, 0, 1};
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    move_peer();
    wire_inject(frame, sizeof frame);
    peer_world_run(5);
    assert_true(milliseconds_to_send(1000) < 50);
}

/* What was known is old when the machine computed for ten minutes, whatever lwIP's timers say: the peer is asked for first. */
static void moves_while_paused(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    for (unsigned i = 0; i < 1000; i++) { /* as many short pauses as one long one */
        net_pause(peer_network);
        host_clock_advance_us(600000);
        net_resume(peer_network);
        net_poll();
    }
    move_peer();
    assert_true(milliseconds_to_send(1000) < 50);

    memcpy(peer.mac, "\2\0\0\0\0\376", 6);
    net_pause(peer_network);
    host_clock_advance_us(3600000000u);
    net_resume(peer_network);
    assert_true(milliseconds_to_send(1000) < 50);
}

/* An address that answers ARP no more, but is where it was, is not forgotten. */
static void keeps_what_serves(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer.no_arp = true;
    wire.loss = 1000;
    size_t taken;
    memset(out, peer_pattern(0), 1);
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){out, 1, true}, 1, &taken), OK);
    peer_world_run(3000);
    wire.loss = 0;
    peer_world_run(3000);
    assert_int_equal(peer.received, 1);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
}

/* ---- a router ---- */

static unsigned arps, to_other;

static bool is_arp_request(const uint8_t *frame)
{
    return get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_ARP && frame[IP + 7] == 1;
}

static void (*peer_hears)(const uint8_t *, unsigned);

static void watch_router(const uint8_t *frame, unsigned length)
{
    arps += is_arp_request(frame);
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV4 && memcmp(frame, other_mac, sizeof other_mac) == 0)
        to_other++;
    peer_hears(frame, length);
}

static void router_moves(void **state)
{
    (void)state;
    struct net_ipv4 behind = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .gateway = {10, 0, 0, 1}};
    assert_int_equal(net_set_ipv4(peer_network, &behind), OK);
    assert_int_equal(connect_to("192.0.2.1", 300), E_CONNECT_TIMEOUT);
    move_peer();
    peer_hears = wire.sent;
    wire.sent = watch_router;
    to_other = arps = 0;
    assert_int_equal(connect_to("192.0.2.1", 1000), E_CONNECT_TIMEOUT);
    assert_true(to_other > 0);
    assert_in_range(arps, 1, 3);
}

/* A peer that is gone is asked for no more than once a second. */
static void asks_are_few(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_hears = wire.sent;
    wire.sent = watch_router;
    peer.silent = peer.no_arp = peer.no_acks = true;
    move_peer();
    arps = 0;
    assert_int_equal(connect_to("10.0.0.1", 20000), E_CONNECT_TIMEOUT);
    assert_in_range(arps, 5, 22);
}

/* ---- IPv6 ---- */

static const uint8_t us[16] = {0xFD, 0x77, [15] = 2}, them[16] = {0xFD, 0x77, [15] = 1};
static const uint8_t *their_mac;
static unsigned syns, astray, solicitations;

static void neighbour(const uint8_t *frame, unsigned length)
{
    if (peer_is_solicitation(frame, length, them)) {
        solicitations++;
        peer_advertise(them, us, their_mac, true);
    }
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV6 && frame[IP + IPV6_NEXT_HEADER] == PROTOCOL_TCP) {
        syns++;
        astray += memcmp(frame, their_mac, sizeof other_mac) != 0;
    }
}

static void count_solicitations(const uint8_t *frame, unsigned length)
{
    if (length > IP + IPV6_HEADER && get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV6)
        solicitations += frame[IP + IPV6_NEXT_HEADER] == PROTOCOL_ICMPV6 && frame[IP + IPV6_HEADER] == 135;
}

static void set_ipv6(void)
{
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, us, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    wire.sent = neighbour;
    their_mac = (const uint8_t *)"\2\0\0\0\0\376";
    syns = astray = solicitations = 0;
}

static void ipv6_neighbour_moves(void **state)
{
    (void)state;
    set_ipv6();
    assert_int_equal(connect_to("fd77::1", 300), E_CONNECT_TIMEOUT);
    assert_int_equal(astray, 0);
    their_mac = other_mac;
    syns = 0;
    assert_int_equal(connect_to("fd77::1", 2000), E_CONNECT_TIMEOUT);
    assert_in_range(astray, 0, 1);
    assert_true(syns > astray);
}

static void ipv6_neighbour_moves_while_paused(void **state)
{
    (void)state;
    set_ipv6();
    assert_int_equal(connect_to("fd77::1", 3000), E_CONNECT_TIMEOUT);
    their_mac = other_mac;
    net_pause(peer_network);
    host_clock_advance_us(3600000000u);
    net_resume(peer_network);
    solicitations = 0;
    assert_int_equal(connect_to("fd77::1", 1000), E_CONNECT_TIMEOUT);
    assert_true(solicitations > 0);
    assert_in_range(astray, 0, 1);
}

static const uint8_t router[16] = {0xFE, 0x80, [15] = 1}, dead[16] = {0xFE, 0x80, [15] = 0x66};
static unsigned by_router;

static void router_alone(const uint8_t *frame, unsigned length)
{
    if (peer_is_solicitation(frame, length, router))
        peer_advertise(router, us, their_mac, true);
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV6 && frame[IP + IPV6_NEXT_HEADER] == PROTOCOL_TCP)
        by_router += memcmp(frame, their_mac, sizeof other_mac) == 0;
}

/* RFC 4861 7.3.3: it was redirected to a router that is not there, or not any more. */
static void redirected_to_a_dead_router(void **state)
{
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    uint8_t redirect[48] = {137, [24] = 0x20, 1, 0x0D, 0xB8, [39] = 1, 2, 1, 2, 0, 0, 0, 0, 0x66};

    (void)state;
    memcpy(ipv6.address, us, 16);
    memcpy(ipv6.gateway, router, 16);
    memcpy(redirect + 8, dead, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    their_mac = (const uint8_t *)"\2\0\0\0\0\376";
    wire.sent = router_alone;
    assert_int_equal(connect_to("2001:db8::1", 1000), E_CONNECT_TIMEOUT);
    assert_true(by_router > 0);
    peer_ipv6(NULL, us, PROTOCOL_ICMPV6, 255, redirect, sizeof redirect);
    peer_world_run(20);

    by_router = 0;
    assert_int_equal(connect_to("2001:db8::1", 3000), E_CONNECT_TIMEOUT);
    assert_int_equal(by_router, 0);
    assert_int_equal(connect_to("2001:db8::1", 30000), E_CONNECT_TIMEOUT);
    assert_true(by_router > 0);
}

/* ---- strangers ---- */

#define ECHO 8

/* An echo request from 10.0.0.`from`, who answers no ARP. */
static void ping_from(uint8_t from, unsigned length)
{
    uint8_t frame[WIRE_FRAME] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x77, 8, 0, 0x45, [22] = 64, PROTOCOL_ICMP};
    put_be16(frame + IP + IPV4_TOTAL_LENGTH, IPV4_HEADER + length);
    memcpy(frame + IP + IPV4_SOURCE, "\12\0\0\0\12\0\0\2", 8);
    frame[IP + IPV4_SOURCE + 3] = from;
    frame[IP + IPV4_HEADER] = ECHO;
    uint32_t sum = 0;
    for (unsigned i = 0; i < IPV4_HEADER; i += 2)
        sum += get_be16(frame + IP + i);
    put_be16(frame + IP + IPV4_CHECKSUM, ~((sum & 0xFFFF) + (sum >> 16)));
    put_be16(frame + IP + IPV4_HEADER + 2, 0xFFFF - (ECHO << 8));
    wire_inject(frame, IP + IPV4_HEADER + length);
}

/* They fill neither heap nor table: what is sent leaves as if they were not there. The smallest heap is the dump's. */
static void pings_from_nowhere(void **state)
{
    (void)state;
    net_stream_free(stream);
    peer_world_close();
    peer_world_open(7, 8 * 1460);
    stream = net_stream_new(peer_network);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_hears = wire.sent;
    wire.sent = watch_router;
    arps = 0;

    for (unsigned i = 0; i < 500; i++) {
        ping_from((uint8_t)(50 + i % 200), 8 + (i % 2 ? 1400 : 56));
        peer_world_run(4);
        if (i % 50 == 49)
            assert_true(milliseconds_to_send(8000) < 100);
    }
    assert_in_range(arps, 1, 20); /* and one of them a second is looked for, five times */
    assert_int_equal(wire.starved, 0);
}

/* Echo requests from fd77::1:n, of whom nobody answers. */
static void ipv6_pings_from_nowhere(void **state)
{
    (void)state;
    set_ipv6();
    wire.sent = count_solicitations;
    for (unsigned i = 0; i < 500; i++) {
        uint8_t from[16] = {0xFD, 0x77, [13] = 1, [15] = (uint8_t)i}, echo[1400] = {128};
        peer_ipv6(from, us, PROTOCOL_ICMPV6, 64, echo, i % 2 ? sizeof echo : 64);
        peer_world_run(4);
    }
    assert_in_range(solicitations, 1, 12); /* one of them a second, three times */
    assert_int_equal(wire.starved, 0);
    assert_int_equal(wire.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(moves_while_connected),
        CASE(moves_with_data_in_flight),
        CASE(moves_between_connections),
        CASE(announces_its_move),
        CASE(moves_while_paused),
        CASE(keeps_what_serves),
        CASE(router_moves),
        CASE(asks_are_few),
        CASE(ipv6_neighbour_moves),
        CASE(ipv6_neighbour_moves_while_paused),
        CASE(redirected_to_a_dead_router),
        CASE(pings_from_nowhere),
        CASE(ipv6_pings_from_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
