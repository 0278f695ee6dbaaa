/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checksums of what the stack sends, over a card that computes nothing and over one that computes what it is asked to, untagged
 * and in a VLAN: every frame that reaches the wire is right either way.
 */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/internet_sum.h"
#include "tests/host/peer.h"

enum kind { TCP4, UDP4, TCP6, UDP6, ICMP4, ICMP6, KINDS };

static const char *const names[KINDS] = {"TCP/IPv4", "UDP/IPv4", "TCP/IPv6", "UDP/IPv6", "ICMP", "ICMPv6"};
static const uint8_t server6[16] = {0xFD, 0x77, [15] = 1}, ours6[16] = {0xFD, 0x77, [15] = 2};

static const uint8_t peer_mac[6] = {0x02, 0, 0, 0, 0, 0xFE};

static unsigned good[KINDS], bad[KINDS], bad_headers;
static void (*peer_sent)(const uint8_t *frame, unsigned length);
static struct stream *stream;

/* RFC 1071: the sum over data and checksum is all ones. */
static bool all_ones(uint32_t sum)
{
    return internet_fold(sum) == 0xFFFF;
}

static void count(enum kind kind, bool right)
{
    (right ? good : bad)[kind]++;
    if (!right)
        print_error("%s: wrong checksum\n", names[kind]);
}

static void check_ipv4(const uint8_t *ip, unsigned length)
{
    unsigned header = (ip[0] & 0x0F) * 4u, total = get_be16(ip + IPV4_TOTAL_LENGTH), payload = total - header;
    assert_true(total <= length && header == IPV4_HEADER);
    if (!all_ones(internet_sum(ip, header, 0)))
        bad_headers++;

    uint8_t protocol = ip[IPV4_PROTOCOL];
    uint32_t pseudo_header = internet_sum(ip + IPV4_SOURCE, IPV4_HEADER - IPV4_SOURCE, protocol + payload);
    const uint8_t *l4 = ip + header;
    if (protocol == PROTOCOL_TCP)
        count(TCP4, all_ones(internet_sum(l4, payload, pseudo_header)));
    else if (protocol == PROTOCOL_UDP)
        count(UDP4, get_be16(l4 + UDP_CHECKSUM) && all_ones(internet_sum(l4, payload, pseudo_header)));
    else if (protocol == PROTOCOL_ICMP)
        count(ICMP4, all_ones(internet_sum(l4, payload, 0)));
}

static void check_ipv6(const uint8_t *ip, unsigned length)
{
    unsigned payload = get_be16(ip + IPV6_PAYLOAD_LENGTH);
    uint8_t next = ip[IPV6_NEXT_HEADER];
    const uint8_t *l4 = ip + IPV6_HEADER;
    assert_true(payload + IPV6_HEADER <= length);
    if (next == 0) { /* hop by hop: router alert of a multicast listener report, 8 bytes */
        next = l4[0];
        l4 += 8;
        payload -= 8;
    }

    uint32_t pseudo_header = internet_sum(ip + IPV6_SOURCE, IPV6_HEADER - IPV6_SOURCE, next + payload);
    count(next == PROTOCOL_TCP ? TCP6 : next == PROTOCOL_UDP ? UDP6 : ICMP6, all_ones(internet_sum(l4, payload, pseudo_header)));
}

static void on_frame(const uint8_t *frame, unsigned length)
{
    unsigned header = ETHERNET_HEADER + (peer_vlan.id ? VLAN_TAG : 0);
    uint16_t type = get_be16(frame + header - 2);
    if (type == ETHERTYPE_IPV4)
        check_ipv4(frame + header, length - header);
    if (type == ETHERTYPE_IPV6)
        check_ipv6(frame + header, length - header);
    if (peer_is_solicitation(frame, length, server6))
        peer_advertise(server6, ours6, peer_mac, true);
    peer_sent(frame, length);
}

static int open_world(bool offloads, uint16_t vlan)
{
    wire_offloads = offloads;
    peer_vlan.id = vlan;
    peer_world_open(64, 65536);
    peer_sent = wire.sent;
    wire.sent = on_frame;
    memset(good, 0, sizeof good);
    memset(bad, 0, sizeof bad);
    bad_headers = 0;

    stream = net_stream_new(peer_network);
    return 0;
}

static int open_plain(void **state)
{
    (void)state;
    return open_world(false, 0);
}

static int open_offloading(void **state)
{
    (void)state;
    return open_world(true, 0);
}

static int open_plain_in_a_vlan(void **state)
{
    (void)state;
    return open_world(false, 5);
}

static int open_offloading_in_a_vlan(void **state)
{
    (void)state;
    return open_world(true, 5);
}

static int close_world(void **state)
{
    (void)state;
    net_stream_free(stream);
    net_close(peer_network);
    peer_world_close();

    for (enum kind kind = 0; kind < KINDS; kind++)
        assert_int_equal(bad[kind], 0);
    assert_int_equal(bad_headers, 0);
    if (wire_offloads)
        assert_true(wire.offloaded > 0);
    else
        assert_int_equal(wire.offloaded, 0);
    assert_int_equal(wire.oversized, 0);

    wire_offloads = false;
    peer_vlan.id = 0;
    return 0;
}

/* Data of every length up to some segments, gathered from spans of odd lengths: the card sums over their joints. */
static void tcp_ipv4(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    size_t sent = 0, done;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = peer_pattern(i);
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    for (unsigned length = 1; sent + length < sizeof bytes; length = length * 5 / 4 + 1) {
        struct stream_span spans[] = {{bytes + sent, length / 3, false}, {bytes + sent + length / 3, length - length / 3, true}};
        assert_int_equal(stream->ops->send(stream, spans, 2, &done), OK);
        sent += done;
        peer_world_run(5);
    }
    peer_world_run(300);
    assert_int_equal(peer.received, sent);
    assert_false(peer.corrupted);
    stream->ops->close(stream, deadline_after_ms(100));
    assert_true(good[TCP4] > 40);
}

/* DNS queries that nobody answers; and a ping's answer, of which the card is asked for the header's sum only. */
static void udp_and_icmp_ipv4(void **state)
{
    (void)state;
    static const uint8_t ping[60] = {2, 0,  0, 0, 0,    1,    2,  0, 0, 0, 0,   0xFE, 8,   0,   0x45, 0,
                                     0, 33, 0, 0, 0,    0,    64, 1, 0, 0, 10,  0,    0,   1,   10,   0,
                                     0, 2,  8, 0, 0xF8, 0x2D, 0,  1, 0, 0, 'p', 'i',  'n', 'g', '!'};
    assert_int_equal(host_connect(stream, "san.example.org", 3260, deadline_after_ms(3500)), E_RESOLVE);
    assert_true(good[UDP4] >= 2);
    wire.verified = true; /* of the header's sum, which is not right */
    peer_frame(ping, sizeof ping);
    peer_world_run(20);
    assert_int_equal(good[ICMP4], 1);
}

static enum status set_ipv6(void)
{
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, ours6, 16);
    memcpy(ipv6.dns[0], server6, 16);
    return net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000));
}

/* The SYN and its repetitions; nobody answers. Neighbour discovery is the stack's to sum either way. */
static void tcp_ipv6(void **state)
{
    (void)state;
    assert_int_equal(set_ipv6(), OK);
    assert_int_equal(host_connect(stream, "fd77::1", 3260, deadline_after_ms(2000)), E_CONNECT_TIMEOUT);
    assert_true(good[TCP6] >= 2);
    assert_true(good[ICMP6] >= 2);
}

static void udp_ipv6(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}};
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(set_ipv6(), OK);
    assert_int_equal(host_connect(stream, "san.example.org", 3260, deadline_after_ms(3500)), E_RESOLVE);
    assert_true(good[UDP6] >= 2);
}

/* A lease without name servers, or a later one, does not take the ones of IPv6 away. */
static void an_ipv6_server_stays(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}};
    assert_int_equal(set_ipv6(), OK);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(host_connect(stream, "san.example.org", 3260, deadline_after_ms(3500)), E_RESOLVE);
    assert_true(good[UDP6] >= 2);
}

/* clang-format off */
#define ONE(name, how, open) {#name " " how, name, open, close_world, NULL}
#define CASE(name)                                                        \
    ONE(name, "without offload", open_plain),                             \
    ONE(name, "with offload", open_offloading),                           \
    ONE(name, "without offload in a VLAN", open_plain_in_a_vlan),         \
    ONE(name, "with offload in a VLAN", open_offloading_in_a_vlan)
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(tcp_ipv4), CASE(udp_and_icmp_ipv4), CASE(tcp_ipv6), CASE(udp_ipv6),
                                       CASE(an_ipv6_server_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
