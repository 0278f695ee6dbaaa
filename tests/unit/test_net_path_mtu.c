/* SPDX-License-Identifier: BSD-2-Clause */
/* How large our packets are: Packet Too Big messages, true ones and forged ones (RFC 8201), and DHCP's MTU. */
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/unit/stream_world.h"

#define IP        ETHERNET_HEADER
#define TCP       (IP + IPV6_HEADER)
#define PTB       2
#define FULL      (1500 - IPV6_HEADER - TCP_HEADER)
#define ANNOUNCED 8940 /* of the peer's, which never is the limit here */

static const uint8_t us[16] = {0xFD, 0x77, [15] = 2}, them[16] = {0xFD, 0x77, [15] = 1};
static const uint8_t elsewhere[16] = {0x20, 1, 0x0D, 0xB8, [15] = 0x66};
static uint8_t last_data[WIRE_FRAME]; /* the last of the largest segments with data, from the IP header on */
static unsigned largest, opened, limit;
static uint32_t acknowledged;

/* The MSS option is in each segment, where it means nothing but in the first. */
static void answer(const uint8_t *tcp, uint8_t flags, uint32_t sequence)
{
    uint8_t segment[TCP_HEADER + 4] = {0};
    memcpy(segment, tcp + 2, 2);
    memcpy(segment + 2, tcp, 2);
    put_be32(segment + 4, sequence);
    put_be32(segment + 8, acknowledged);
    segment[12] = sizeof segment / 4 << 4;
    segment[13] = flags;
    put_be16(segment + 14, 0xFFFF);
    segment[TCP_HEADER] = 2;
    segment[TCP_HEADER + 1] = 4;
    put_be16(segment + TCP_HEADER + 2, ANNOUNCED);
    peer_ipv6(them, us, PROTOCOL_TCP, 64, segment, sizeof segment);
}

/* A peer that takes what comes, but for packets larger than `limit`. */
static void on_frame(const uint8_t *frame, unsigned length)
{
    if (peer_is_solicitation(frame, length, them))
        peer_advertise(them, us, peer.mac, true);
    if (get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV6 || frame[IP + IPV6_NEXT_HEADER] != PROTOCOL_TCP)
        return;

    const uint8_t *tcp = frame + TCP;
    unsigned header = (tcp[12] >> 4) * 4u, data = get_be16(frame + IP + IPV6_PAYLOAD_LENGTH) - header;
    if (data) {
        if (data >= largest)
            memcpy(last_data, frame + IP, length - IP);
        largest = data > largest ? data : largest;
    }
    if (length - IP > limit)
        return;
    if (tcp[13] & PEER_SYN) {
        opened++;
        acknowledged = get_be32(tcp + 4) + 1;
        answer(tcp, PEER_SYN | PEER_ACK, 1000);
    } else if (data && get_be32(tcp + 4) == acknowledged) {
        acknowledged += data;
        answer(tcp, PEER_ACK, 1001);
    }
}

static int open_ipv6(void **state)
{
    open_world(state);
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, us, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    wire.sent = on_frame;
    wire.verified = true;
    limit = 1500;
    return 0;
}

static enum status state_of_stream(void)
{
    uint8_t byte;
    size_t done;
    return stream->ops->receive(stream, &byte, 1, &done);
}

/* The largest segment that came is what it says. */
static unsigned send_bytes(size_t length)
{
    static uint8_t out[8000];
    size_t taken;
    largest = 0;
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){out, length, true}, 1, &taken), OK);
    peer_world_run(100);
    return largest;
}

static unsigned send_full(void)
{
    return send_bytes(8000);
}

static void too_big(const uint8_t *quoted, unsigned length, uint32_t mtu)
{
    uint8_t message[8 + 1240] = {PTB};
    put_be32(message + 4, mtu);
    memcpy(message + 8, quoted, length);
    peer_ipv6(elsewhere, us, PROTOCOL_ICMPV6, 60, message, 8 + length);
    peer_world_run(20);
}

/* Of a segment that is in flight. */
static void leave_a_segment_in_flight(void)
{
    limit = 1400;
    assert_int_equal(send_full(), FULL);
    limit = 1500;
}

/* What nobody on the path can have sent changes nothing: not for this connection, nor for the next. */
static void forged(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned at; /* of the quoted packet, one bit there is wrong */
        uint32_t mtu;
        unsigned length;
    } cases[] = {
        {"MTU of 60", 0, 60, 1000},
        {"MTU of 1279", 0, 1279, 1000},
        {"MTU of 0", 0, 0, 1000},
        {"larger than it is", 0, 9000, 1000},
        {"just what it is", 0, 1500, 1000},
        {"no IPv6 packet", 1000, 1300, 1000},
        {"of another source", IPV6_SOURCE + 15, 1300, 1000},
        {"to another peer", IPV6_DESTINATION + 15, 1300, 1000},
        {"of another protocol", IPV6_NEXT_HEADER, 1300, 1000},
        {"from another port", IPV6_HEADER, 1300, 1000},
        {"to another port", IPV6_HEADER + 2, 1300, 1000},
        {"not in flight", IPV6_HEADER + 4, 1300, 1000},
        {"cut within TCP", 0, 1300, IPV6_HEADER + 7},
        {"cut within IPv6", 0, 1300, 20},
        {"nothing quoted", 0, 1300, 0},
    };

    assert_int_equal(connect_to("fd77::1", 1000), OK);
    limit = 100;
    assert_int_equal(send_bytes(800), 800);
    too_big(last_data, 800, 1300); /* in flight, but not larger: what a login sends, above all */
    assert_int_equal(state_of_stream(), OK);

    leave_a_segment_in_flight();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t quoted[WIRE_FRAME];
        memcpy(quoted, last_data, sizeof quoted);
        if (cases[i].at)
            quoted[cases[i].at % 1000] ^= 0x40;
        too_big(quoted, cases[i].length, cases[i].mtu);
        if (state_of_stream() != OK)
            fail_msg("%s", cases[i].name);
    }
    peer_world_run(3000);
    assert_int_equal(send_full(), FULL);
    assert_int_equal(stream->ops->unsent(stream), 0);
    assert_int_equal(connect_to("fd77::1", 1000), OK);
    assert_int_equal(send_full(), FULL);
}

/* The connection ends, as what it has in flight never gets through; the next keeps to the path. */
static void narrow_path(void **state)
{
    (void)state;
    assert_int_equal(connect_to("fd77::1", 1000), OK);
    leave_a_segment_in_flight();
    limit = 1300;
    too_big(last_data, 1000, 1300);
    assert_int_not_equal(state_of_stream(), OK);

    assert_int_equal(connect_to("fd77::1", 1000), OK);
    assert_int_equal(send_full(), 1300 - IPV6_HEADER - TCP_HEADER);
    assert_int_equal(stream->ops->unsent(stream), 0);

    limit = 1280; /* and as narrow as a path can be */
    (void)send_full();
    too_big(last_data, 1000, 1280);
    assert_int_not_equal(state_of_stream(), OK);
    assert_int_equal(connect_to("fd77::1", 1000), OK);
    assert_int_equal(send_full(), 1280 - IPV6_HEADER - TCP_HEADER);
    assert_int_equal(stream->ops->unsent(stream), 0);
}

/* Option 26 speaks of the link, not of IPv4. */
static void mtu_of_the_link(void **state)
{
    (void)state;
    static const struct {
        uint16_t mtu;
        unsigned largest;
    } cases[] = {{1400, 1340}, {1280, 1220}, {576, 1220}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .mtu = cases[i].mtu};
        assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
        net_close(peer_network);
        peer_world_close();
        open_ipv6(state);
        assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
        assert_int_equal(connect_to("fd77::1", 1000), OK);
        assert_int_equal(send_full(), cases[i].largest);
    }
}

/* Whoever sends us more than our MTU, by mistake, is heard as far as the card hears it. */
static void peers_with_another_mtu(void **state)
{
    (void)state;
    static const uint8_t data[1400];
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .mtu = 576};
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, data, sizeof data);
    peer_world_run(20);

    uint8_t in[2000];
    size_t done;
    assert_int_equal(stream->ops->receive(stream, in, sizeof in, &done), OK);
    assert_int_equal(done, sizeof data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(forged, open_ipv6, close_world),
        cmocka_unit_test_setup_teardown(narrow_path, open_ipv6, close_world),
        cmocka_unit_test_setup_teardown(mtu_of_the_link, open_ipv6, close_world),
        CASE(peers_with_another_mtu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
