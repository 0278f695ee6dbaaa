/* SPDX-License-Identifier: BSD-2-Clause */
/* IEEE 802.1Q: in a VLAN all that is sent is tagged, and what is received has to be of it; without one, tags are not for us. */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define VLAN       5
#define PRIORITY   3
#define FULL_FRAME 1514u

enum kind { ARP, IPV4_UDP, IPV4_TCP, IPV6, OTHER, KINDS };

static const uint8_t ours6[16] = {0xFD, 0x77, [15] = 2}, group6[16] = {0xFF, 2, [11] = 1, 0xFF, [15] = 2};
static const uint8_t ping[60] = {2, 0,  0, 0, 0,    1,    2,  0, 0,    0,    0,   0xFE, 8,   0,   0x45, 0,
                                 0, 33, 0, 0, 0,    0,    64, 1, 0x66, 0xDA, 10,  0,    0,   1,   10,   0,
                                 0, 2,  8, 0, 0xF8, 0x2D, 0,  1, 0,    0,    'p', 'i',  'n', 'g', '!'};

static unsigned sent[KINDS], longest, wrong_tags, echoes, advertisements;
static void (*peer_sent)(const uint8_t *frame, unsigned length);
static struct stream *stream;

static enum kind kind_of(uint16_t type, const uint8_t *ip)
{
    if (type == ETHERTYPE_ARP)
        return ARP;
    if (type == ETHERTYPE_IPV6)
        return IPV6;
    if (type != ETHERTYPE_IPV4)
        return OTHER;
    return ip[IPV4_PROTOCOL] == PROTOCOL_UDP ? IPV4_UDP : ip[IPV4_PROTOCOL] == PROTOCOL_TCP ? IPV4_TCP : OTHER;
}

static bool has_the_tag(const uint8_t *frame)
{
    return get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_VLAN &&
           get_be16(frame + VLAN_TCI) == (PRIORITY << VLAN_PRIORITY_SHIFT | VLAN);
}

#define ICMP_ECHO_REPLY  0
#define ND_SOLICITATION  135 /* RFC 4861 4.3 and 4.4 */
#define ND_ADVERTISEMENT 136

static void on_frame(const uint8_t *frame, unsigned length)
{
    bool tagged = get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_VLAN;
    const uint8_t *ip = frame + ETHERNET_HEADER + (tagged ? VLAN_TAG : 0);
    uint16_t type = get_be16(ip - 2);
    enum kind kind = kind_of(type, ip);

    if (peer_vlan.id ? !has_the_tag(frame) : tagged)
        wrong_tags++;
    sent[kind]++;
    echoes += kind == OTHER && type == ETHERTYPE_IPV4 && ip[IPV4_PROTOCOL] == PROTOCOL_ICMP && ip[IPV4_HEADER] == ICMP_ECHO_REPLY;
    advertisements += kind == IPV6 && ip[IPV6_NEXT_HEADER] == PROTOCOL_ICMPV6 && ip[IPV6_HEADER] == ND_ADVERTISEMENT;
    if (length > longest)
        longest = length;
    peer_sent(frame, length);
}

static void open_in(uint16_t vlan)
{
    peer_vlan = (struct peer_vlan){vlan, vlan ? PRIORITY : 0};
    memset(sent, 0, sizeof sent);
    longest = wrong_tags = echoes = advertisements = 0;
    peer_world_open(64, 65536);
    peer_sent = wire.sent;
    wire.sent = on_frame;
    stream = net_stream_new(peer_network);
}

static int open_tagged(void **state)
{
    (void)state;
    open_in(VLAN);
    return 0;
}

static int open_untagged(void **state)
{
    (void)state;
    open_in(0);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    net_stream_free(stream);
    net_close(peer_network);
    assert_int_equal(wrong_tags, 0);
    assert_int_equal(wire.oversized, 0);
    assert_int_equal(wire.held, 0);
    peer_world_close();
    peer_vlan = (struct peer_vlan){0};
    return 0;
}

static enum status set_ipv6(void)
{
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, ours6, 16);
    return net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000));
}

/* ---- sent and received ---- */

/* Full segments both ways: the tag comes on top of what the MTU allows. */
static void full_segments(unsigned full_frame)
{
    static uint8_t bytes[100000], got[100000];
    struct stream_span span = {bytes, sizeof bytes, true};
    size_t done, received = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = peer_pattern(i);
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    assert_int_equal(stream->ops->send(stream, &span, 1, &done), OK);
    peer_world_run(500);
    assert_true(done > 10 * 1460);
    assert_int_equal(peer.received, done);
    assert_false(peer.corrupted);
    assert_int_equal(longest, full_frame);
    peer.to_send = sizeof got;
    peer.source = true;
    for (deadline_t end = deadline_after_ms(3000); received < sizeof got && !deadline_passed(end); received += done) {
        stream->ops->pump(stream);
        platform_idle();
        assert_int_equal(stream->ops->receive(stream, got + received, sizeof got - received, &done), OK);
    }
    assert_memory_equal(got, bytes, sizeof got);
    assert_true(sent[ARP] && sent[IPV4_TCP]);
}

static void tcp_in_a_vlan(void **state)
{
    (void)state;
    full_segments(FULL_FRAME + VLAN_TAG);
}

static void tcp_without_a_vlan(void **state)
{
    (void)state;
    full_segments(FULL_FRAME);
}

/* The retransmitted SYN is tagged once, and so is what the card had no room for at first. */
static void what_is_sent_again(void **state)
{
    (void)state;
    peer.silent = true;
    (void)host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(50)); /* ARP is known from here on */
    sent[IPV4_TCP] = 0;
    wire.busy = 3;
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(2000)), E_CONNECT_TIMEOUT);
    assert_true(sent[IPV4_TCP] >= 2);
    assert_int_equal(sent[OTHER], 0);
}

static void dhcp_dns_and_ipv6(void **state)
{
    (void)state;
    static struct net_lease lease;
    struct net_dhcp_request request = {0};
    assert_int_equal(host_connect(stream, "san.example.org", 3260, deadline_after_ms(1500)), E_RESOLVE);
    assert_true(sent[IPV4_UDP] >= 1);
    sent[IPV4_UDP] = 0;
    assert_int_equal(net_dhcp(peer_network, &request, &lease, deadline_after_ms(5000)), E_DHCP_TIMEOUT);
    assert_true(sent[IPV4_UDP] >= 1);
    assert_int_equal(set_ipv6(), OK);
    assert_true(sent[IPV6] >= 2); /* listener reports, duplicate address detection */
    assert_int_equal(sent[OTHER], 0);
}

/* ---- whose frames are taken ---- */

static void solicit(void)
{
    uint8_t message[32] = {ND_SOLICITATION};
    memcpy(message + 8, ours6, 16);
    memcpy(message + 24, "\1\1\2\0\0\0\0\376", 8);
    peer_ipv6(NULL, group6, PROTOCOL_ICMPV6, 255, message, sizeof message);
}

static void assert_taken(const char *what, bool tagged, uint16_t tci, bool expected)
{
    echoes = advertisements = 0;
    peer.tagged = tagged;
    peer.tci = tci;
    peer_frame(ping, sizeof ping);
    solicit();
    peer_world_run(20);
    if (echoes != expected || advertisements != expected)
        print_error("%s: %u echoes, %u advertisements\n", what, echoes, advertisements);
    assert_int_equal(echoes, expected);
    assert_int_equal(advertisements, expected);
}

static void taken_in_a_vlan(void **state)
{
    (void)state;
    assert_int_equal(set_ipv6(), OK);
    assert_taken("our VLAN", true, VLAN, true);
    assert_taken("our VLAN, another priority", true, 7 << 13 | VLAN, true);
    assert_taken("our VLAN, may be dropped", true, 1 << 12 | VLAN, true);
    assert_taken("untagged", false, 0, false);
    assert_taken("a priority only", true, PRIORITY << 13, false);
    assert_taken("the VLAN before", true, VLAN - 1, false);
    assert_taken("the lower byte is ours", true, 0x100 | VLAN, false);
    assert_taken("the upper byte is ours", true, 0x00FF, false);
}

static void taken_without_a_vlan(void **state)
{
    (void)state;
    assert_int_equal(set_ipv6(), OK);
    assert_taken("untagged", false, 0, true);
    assert_taken("a priority only", true, PRIORITY << 13, true);
    assert_taken("a VLAN", true, VLAN, false);
    assert_taken("the last VLAN", true, 4094, false);
}

/* A tag behind the tag is no IP; a frame that ends in the tag, or right behind it, is nothing. */
static void odd_frames(void **state)
{
    (void)state;
    uint8_t twice[sizeof ping + 2 * VLAN_TAG];
    memcpy(twice, ping, 12);
    memcpy(twice + 12, "\x81\0\0\5\x81\0\0\5", 8);
    memcpy(twice + 20, ping + 12, sizeof ping - 12);

    wire_inject(twice, sizeof twice);
    for (unsigned length = 1; length < sizeof twice; length++)
        wire_inject(twice, length);
    peer_world_run(50);
    assert_int_equal(echoes, 0);

    memmove(twice + 16, twice + 20, sizeof ping - 12);
    for (unsigned length = 1; length < 14 + VLAN_TAG + 20 + 8; length++)
        wire_inject(twice, length);
    peer_world_run(50);
    assert_int_equal(echoes, 0);

    wire_inject(twice, sizeof ping + VLAN_TAG);
    peer_world_run(50);
    assert_int_equal(echoes, 1);
}

static void what_is_no_vlan(void **state)
{
    (void)state;
    struct arena arena = host_arena_new(1 << 20);
    struct nic nic;
    struct network *network;
    wire_open(&nic, &arena, 16, 1500);
    assert_int_equal(net_open(&network, &(struct net_config){.nic = &nic, .arena = &arena, .window = 65536, .vlan = 4095}),
                     E_INVALID_ARGUMENT);
    assert_int_equal(
        net_open(&network, &(struct net_config){.nic = &nic, .arena = &arena, .window = 65536, .vlan = 5, .vlan_priority = 8}),
        E_INVALID_ARGUMENT);
    host_arena_free(&arena);
}

#define TAGGED(name)   cmocka_unit_test_setup_teardown(name, open_tagged, close_world)
#define UNTAGGED(name) cmocka_unit_test_setup_teardown(name, open_untagged, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TAGGED(tcp_in_a_vlan),   UNTAGGED(tcp_without_a_vlan),   TAGGED(what_is_sent_again), TAGGED(dhcp_dns_and_ipv6),
        TAGGED(taken_in_a_vlan), UNTAGGED(taken_without_a_vlan), TAGGED(odd_frames),         cmocka_unit_test(what_is_no_vlan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
