/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6: addresses by router advertisement and by hand, and neighbour discovery messages that lwIP would misread. */
#include "tests/unit/ipv6_world.h"

/* ---- addresses ---- */

/* Options: source address, prefix, DNS server (RFC 4861 4.2, RFC 8106 5.1). */
/* clang-format off */
static uint8_t advertisement[16 + 8 + 32 + 24] = {
    ND_ROUTER_ADVERTISEMENT, 0, 0, 0, 64, 0, 7, 8,
    [16] = 1, 1, 2, 0, 0, 0, 0, 0xFE,
    [24] = 3, 4, 64, 0xC0, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 0, 0, 0xFD, 0x99,
    [56] = 25, 3, 0, 0, 0, 0, 14, 16, 0xFD, 0x99, [79] = 0x53,
};
/* clang-format on */

static void advertise(void)
{
    static unsigned turns;
    host_clock_advance_us(500);
    if (++turns % 200 == 0)
        peer_ipv6(NULL, all_nodes, PROTOCOL_ICMPV6, 255, advertisement, sizeof advertisement);
}

static void address_by_router_advertisement(void **state)
{
    (void)state;
    struct net_ipv6 found = {0};
    static const uint8_t expected[16] = {0xFD, 0x99, 0, 0, 0, 0, 0, 0, 0x00, 0, 0, 0xFF, 0xFE, 0, 0, 0x01};
    host_idle_hook = advertise;
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(10000)), OK);
    assert_memory_equal(found.address, expected, 16);
    assert_memory_equal(found.gateway, router, 16);
    assert_int_equal(found.dns[0][15], 0x53);
}

static unsigned looked_for[2]; /* how often the way to the one server and to the other */

static void on_search(const uint8_t *frame, unsigned length)
{
    static const uint8_t routers_server[16] = {0xFD, 0x99, [15] = 0x53};
    looked_for[0] += get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_ARP;
    looked_for[1] += peer_is_solicitation(frame, length, routers_server);
}

/* What was set goes before what a router names, and is asked first; neither undoes the other. */
static void a_routers_dns_servers_come_last(void **state)
{
    (void)state;
    struct net_ipv6 found = {.dns = {{0xFD, 0x77, [15] = 0x35}}};
    struct stream *stream = net_stream_new(peer_network);
    host_idle_hook = advertise;
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(10000)), OK);
    assert_int_equal(found.dns[0][15], 0x35);
    assert_int_equal(found.dns[1][15], 0x53);

    found = (struct net_ipv6){0};
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(10000)), OK);
    wire.sent = on_search;
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(900)), E_RESOLVE);
    assert_true(looked_for[0] && !looked_for[1]);
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(1900)), E_RESOLVE);
    assert_true(looked_for[1]);
    net_stream_free(stream);
}

/* A router says something to all, a neighbour asks: nothing is answered, and no neighbour looked for. */
static void silent_unless_wanted(void **state)
{
    (void)state;
    uint8_t solicitation[32] = {ND_SOLICITATION, [8] = 0xFD, 0x77, [23] = 2, [24] = 1, 1, 2, 0, 0, 0, 0, 0xFE};
    unsigned before = wire.frames_sent; /* ARP for our own IPv4 address */
    host_idle_hook = advertise;
    for (deadline_t end = deadline_after_ms(5000); !deadline_passed(end); platform_idle()) {
        peer_ipv6(NULL, all_nodes, PROTOCOL_ICMPV6, 255, solicitation, sizeof solicitation);
        net_poll();
    }
    assert_int_equal(wire.frames_sent, before);
}

static unsigned of_type[256]; /* ICMPv6 messages that the stack sent */

static void count_messages(const uint8_t *frame, unsigned length)
{
    if (length > ETHERNET_HEADER + IPV6_HEADER && is_ipv6(frame, PROTOCOL_ICMPV6))
        of_type[frame[ETHERNET_HEADER + IPV6_HEADER]]++;
}

static void let_time_pass(void)
{
    host_clock_advance_us(500);
}

/* An hour's lifetime does not end in a pause of two: the router is asked, and has half a minute to say so again. */
static void lifetimes_over_a_pause(void **state)
{
    (void)state;
    struct net_ipv6 found = {0};
    struct stream *stream = net_stream_new(peer_network);
    host_idle_hook = advertise;
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(10000)), OK);
    host_idle_hook = let_time_pass;
    wire.sent = count_messages;
    memset(of_type, 0, sizeof of_type);

    net_pause(peer_network);
    host_clock_advance_us(7200000000u);
    net_resume(peer_network);
    peer_world_run(6000);
    assert_true(of_type[ND_ROUTER_SOLICITATION] > 0);
    assert_int_equal(host_connect(stream, "fd99::1", 3260, deadline_after_ms(100)), E_CONNECT_TIMEOUT);
    assert_true(of_type[ND_SOLICITATION] > 0);

    peer_world_run(40000); /* nobody did: the prefix is no longer on the link */
    memset(of_type, 0, sizeof of_type);
    (void)host_connect(stream, "fd99::1", 3260, deadline_after_ms(100));
    assert_int_equal(of_type[ND_SOLICITATION], 0);
    net_stream_free(stream);
}

static void no_router(void **state)
{
    (void)state;
    struct net_ipv6 found = {0};
    assert_int_equal(net_autoconfigure_ipv6(peer_network, &found, deadline_after_ms(3000)), E_IPV6_NO_ROUTER);
}

static void static_address(void **state)
{
    (void)state;
    struct net_ipv6 ipv6 = {.address = {0xFF, 2}, .prefix_length = 64};
    assert_int_equal(set_by_hand(), OK);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(10)), E_ADDRESS_INVALID);
    memset(ipv6.address, 0, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(10)), E_ADDRESS_INVALID);
    memcpy(ipv6.address, by_hand, 16);
    ipv6.prefix_length = 129;
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(10)), E_ADDRESS_INVALID);
}

static void claim(void)
{
    host_clock_advance_us(500);
    peer_advertise(by_hand, all_nodes, peer_mac, false);
}

/* A link-local address takes the place of the one that is made of the MAC; nobody who waits less than a second is held up. */
static void a_link_local_address_by_hand(void **state)
{
    (void)state;
    struct net_ipv6 ipv6 = {.address = {0xFE, 0x80, [15] = 0x42}, .prefix_length = 64};
    uint64_t began = platform_ticks();
    wire.sent = on_frame;
    advertisements = 0;
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(50)), OK);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 0, 100);

    uint8_t solicitation[32] = {ND_SOLICITATION};
    memcpy(solicitation + 8, ipv6.address, 16);
    memcpy(solicitation + 24, "\1\1\2\0\0\0\0\376", 8);
    peer_ipv6(NULL, ipv6.address, PROTOCOL_ICMPV6, 255, solicitation, sizeof solicitation);
    peer_world_run(20);
    assert_int_equal(advertisements, 1);
}

static void address_of_another(void **state)
{
    (void)state;
    host_idle_hook = claim;
    assert_int_equal(set_by_hand(), E_ADDRESS_CONFLICT);
}

/* ---- neighbour discovery ---- */

static void solicit(const uint8_t *options, unsigned length, uint8_t hops)
{
    uint8_t message[128] = {ND_SOLICITATION};
    memcpy(message + 8, by_hand, 16);
    memcpy(message + 24, options, length);
    peer_ipv6(NULL, by_hand, PROTOCOL_ICMPV6, hops, message, 24 + length);
    peer_world_run(20);
}

static void solicitation_is_answered(void **state)
{
    (void)state;
    static const uint8_t options[] = {1, 1, 2, 0, 0, 0, 0, 0xFE};
    assert_int_equal(set_by_hand(), OK);
    advertisements = 0;
    solicit(options, sizeof options, 255);
    assert_int_equal(advertisements, 1);
    assert_memory_equal(last, "\2\0\0\0\0\376", 6);
    solicit(options, sizeof options, 254); /* came through a router: RFC 4861 7.1.1 */
    assert_int_equal(advertisements, 1);
}

/* RFC 4862 5.4.4: whoever claims what we have checked and use has it no more than before. */
static void address_is_claimed(void **state)
{
    (void)state;
    static const uint8_t options[] = {1, 1, 2, 0, 0, 0, 0, 0xFE};
    uint8_t claim[32] = {ND_ADVERTISEMENT, [4] = 0x20, [24] = 2, 1, 2, 0, 0, 0, 0, 0x66};
    memcpy(claim + 8, by_hand, 16);
    assert_int_equal(set_by_hand(), OK);
    peer_ipv6(NULL, all_nodes, PROTOCOL_ICMPV6, 255, claim, sizeof claim);
    peer_ipv6(NULL, by_hand, PROTOCOL_ICMPV6, 255, claim, sizeof claim);
    peer_world_run(20);
    advertisements = 0;
    solicit(options, sizeof options, 255);
    assert_int_equal(advertisements, 1);
}

/* 0a65e654: the address is not the first option. */
static void address_behind_another_option(void **state)
{
    (void)state;
    static const uint8_t options[] = {14, 1, 0xBA, 0xDB, 0xAD, 0xBA, 0xDB, 0xAD, 1, 1, 2, 0, 0, 0, 0, 0xFE};
    assert_int_equal(set_by_hand(), OK);
    advertisements = 0;
    solicit(options, sizeof options, 255);
    assert_int_equal(advertisements, 1);
    assert_memory_equal(last, "\2\0\0\0\0\376", 6);
}

/* 6f700a15, 8e75a40a: options of no length, of too little, and beyond the message. */
static void options_of_wrong_length(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[16];
        unsigned length;
    } cases[] = {
        {"empty", {1, 0, 2, 0, 0, 0, 0, 0xFE}, 8},
        {"beyond the message", {1, 2, 2, 0, 0, 0, 0, 0xFE}, 8},
        {"cut", {1, 1, 2, 0}, 4},
        {"address of another size", {1, 2, 2, 0, 0, 0, 0, 0xFE, 0, 0, 0, 0, 0, 0, 0, 0}, 16},
        {"only another option", {14, 1, 0xBA, 0xDB, 0xAD, 0xBA, 0xDB, 0xAD}, 8},
        {"good, then an empty one", {1, 1, 2, 0, 0, 0, 0, 0xFE, 14, 0, 0, 0, 0, 0, 0, 0}, 16},
    };

    assert_int_equal(set_by_hand(), OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        advertisements = 0;
        solicit(cases[i].bytes, cases[i].length, 255);
        if (advertisements)
            print_error("%s\n", cases[i].name);
        assert_int_equal(advertisements, 0);
    }
}

/* PixieFail's kind: advertisements whose option lengths lie. Each byte of the good one takes each of some values. */
static void advertisements_of_any_kind(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 2, 5, 31, 127, 128, 255};
    assert_int_equal(set_by_hand(), OK);
    host_idle_hook = advertise; /* the router has shown that it is there */
    peer_world_run(200);
    host_idle_hook = let_time_pass;

    for (unsigned at = 4; at < sizeof advertisement; at++) {
        for (size_t i = 0; i < sizeof values; i++) {
            uint8_t broken[sizeof advertisement];
            memcpy(broken, advertisement, sizeof broken);
            broken[at] = values[i];
            peer_ipv6(NULL, all_nodes, PROTOCOL_ICMPV6, 255, broken, sizeof broken - (i & 1 ? 3 : 0));
            peer_world_run(1);
        }
    }
}

/* Extension headers that we have no business with, and whose options lwIP would walk. */
static void extension_headers(void **state)
{
    (void)state;
    static const uint8_t kinds[] = {0, 43, 44, 60, 51, 50, 135, 253};
    uint8_t payload[64] = {58, 0, 1, 200, 1, 200, 1, 200};

    assert_int_equal(set_by_hand(), OK);
    advertisements = 0;
    payload[8] = ND_SOLICITATION;
    memcpy(payload + 16, by_hand, 16);
    for (size_t i = 0; i < sizeof kinds; i++) {
        peer_ipv6(NULL, by_hand, kinds[i], 255, payload, sizeof payload);
        peer_ipv6(NULL, by_hand, kinds[i], 255, payload, 1);
        peer_world_run(5);
    }
    assert_int_equal(advertisements, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(address_by_router_advertisement),
        CASE(a_routers_dns_servers_come_last),
        CASE(silent_unless_wanted),
        CASE(lifetimes_over_a_pause),
        CASE(no_router),
        CASE(static_address),
        CASE(a_link_local_address_by_hand),
        CASE(address_of_another),
        CASE(solicitation_is_answered),
        CASE(address_is_claimed),
        CASE(address_behind_another_option),
        CASE(options_of_wrong_length),
        CASE(advertisements_of_any_kind),
        CASE(extension_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
