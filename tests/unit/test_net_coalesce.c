/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that go up to lwIP as one, and all that must not be among them. */
#include <limits.h>
#include <unistd.h>

#include "lwip/priv/tcp_priv.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/internet_sum.h"
#include "tests/unit/stream_world.h"

#define SEGMENT 1000u
#define MANY    20u
#define HEADERS (ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER)

/* ---- what goes up ---- */

static unsigned packets; /* that lwIP was given */
static netif_input_fn lwip_input;

static err_t count(struct pbuf *packet, struct netif *netif)
{
    packets++;
    return lwip_input(packet, netif);
}

static void connect(void)
{
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    if (peer_network->netif.input != count)
        lwip_input = peer_network->netif.input;
    peer_network->netif.input = count;
    packets = 0;
}

static void segment_comes_with(uint8_t flags, const void *options, unsigned options_length)
{
    uint8_t data[SEGMENT];

    for (unsigned i = 0; i < SEGMENT; i++)
        data[i] = peer_pattern(peer.next - peer.iss - 1 + i);
    peer_segment(PEER_ACK | flags, peer.next, peer.expected, options, options_length, data, sizeof data);
    peer.next += SEGMENT;
}

static void segment_comes(void)
{
    segment_comes_with(0, NULL, 0);
}

/* All that is on the wire arrives in one turn. */
static void turn(void)
{
    host_clock_advance_us(1000);
    stream->ops->pump(stream);
}

static void segments_come(unsigned number)
{
    for (unsigned i = 0; i < number; i++)
        segment_comes();
    turn();
}

static size_t already_read;

/* The stream has exactly so many bytes, all of them right. */
static void assert_read(size_t length)
{
    static uint8_t in[2 * MANY * SEGMENT];
    size_t received;

    assert_int_equal(stream->ops->receive(stream, in, sizeof in, &received), OK);
    assert_int_equal(received, length);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(in[i], peer_pattern(already_read + i));
    already_read += length;
}

/* ---- joined ---- */

static void a_turns_segments_are_one(void **state)
{
    (void)state;
    already_read = 0;
    connect();
    segments_come(MANY);
    assert_int_equal(packets, 1);
    assert_int_equal(peer.acknowledged, peer.next); /* at once, as two or more are */
    assert_read(MANY * SEGMENT);

    segments_come(1);
    assert_int_equal(packets, 2);
    assert_read(SEGMENT);
}

static void tagged_segments_are_one(void **state)
{
    (void)state;
    already_read = 0;
    peer.tagged = true;
    peer.tci = peer_vlan.id;
    connect();
    segments_come(MANY);
    assert_int_equal(packets, 1);
    assert_read(MANY * SEGMENT);
}

static int open_vlan_world(void **state)
{
    peer_vlan = (struct peer_vlan){.id = 7};
    return open_world(state);
}

static int close_vlan_world(void **state)
{
    int status = close_world(state);
    peer_vlan = (struct peer_vlan){0};
    return status;
}

/* What is announced last counts, not what the first of them says. */
static void the_last_window_counts(void **state)
{
    (void)state;
    already_read = 0;
    connect();
    segment_comes();
    peer.advertise = 12345;
    segments_come(1);
    assert_int_equal(packets, 1);
    assert_int_equal(tcp_active_pcbs->snd_wnd, 12345);
    assert_read(2 * SEGMENT);
}

/* ---- kept apart ---- */

static struct spoiled {
    const char *what;
    unsigned at; /* of the second of three frames: this byte */
    uint8_t flip;
    unsigned packets, segments; /* that go up, and that are read then */
} spoil;

static const struct spoiled spoils[] = {
    {"may not be fragmented", ETHERNET_HEADER + IPV4_FRAGMENT, 0x40, 1, 3},
    {"PSH", ETHERNET_HEADER + IPV4_HEADER + TCP_FLAG_BITS, PEER_PSH, 1, 3},
    {"URG", ETHERNET_HEADER + IPV4_HEADER + TCP_FLAG_BITS, 0x20, 3, 3},
    {"no ACK, which lwIP does not mind", ETHERNET_HEADER + IPV4_HEADER + TCP_FLAG_BITS, PEER_ACK, 3, 3},
    {"acknowledges what was not sent", ETHERNET_HEADER + IPV4_HEADER + TCP_ACKNOWLEDGEMENT, 0x40, 3, 1},
    {"further on", ETHERNET_HEADER + IPV4_HEADER + TCP_SEQUENCE + 3, 4, 3, 1},
    {"another port of the peer", ETHERNET_HEADER + IPV4_HEADER + TCP_FROM_PORT, 1, 3, 1},
    {"another port of ours", ETHERNET_HEADER + IPV4_HEADER + TCP_TO_PORT, 1, 3, 1},
    {"another sender", ETHERNET_HEADER + IPV4_SOURCE + 3, 2, 3, 1},
    {"for another address", ETHERNET_HEADER + IPV4_DESTINATION + 3, 4, 3, 1},
    {"a fragment", ETHERNET_HEADER + IPV4_FRAGMENT, 0x20, 3, 1},
    {"UDP", ETHERNET_HEADER + IPV4_PROTOCOL, PROTOCOL_TCP ^ PROTOCOL_UDP, 3, 1},
    {"longer than the frame", ETHERNET_HEADER + IPV4_TOTAL_LENGTH, 0x40, 3, 1},
    {"IP version 5", ETHERNET_HEADER, 0x10, 3, 1},
    {"sent to a group, which lwIP does not mind", ETHERNET_DESTINATION, 0xFF, 3, 3},
};

static unsigned sent_until_spoiled;

static bool send_spoiled(const uint8_t *frame, unsigned length)
{
    uint8_t bytes[WIRE_FRAME];

    if (length < HEADERS + SEGMENT || sent_until_spoiled-- != 0)
        return false;
    memcpy(bytes, frame, length);
    bytes[spoil.at] ^= spoil.flip;
    wire_inject(bytes, length);
    return true;
}

static void expect_spoiled(const struct spoiled *how)
{
    spoil = *how;
    sent_until_spoiled = 1;
    already_read = 0;
    peer.sends = send_spoiled;
    connect();
    segments_come(3);
    print_message("the second is %s\n", spoil.what);
    assert_int_equal(packets, spoil.packets);
    assert_read(spoil.segments * SEGMENT);
    peer.sends = NULL;
}

/* The card has verified the checksums, as it does those of forged headers. */
static void what_is_not_the_next_goes_up_alone(void **state)
{
    for (unsigned i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        open_world(state);
        wire.verified = true;
        expect_spoiled(&spoils[i]);
        close_world(state);
    }
}

static void a_wrong_checksum_is_found(void **state)
{
    static const struct spoiled data = {"data", HEADERS + 500, 1, 3, 1};
    static const struct spoiled header = {"IP's identification", ETHERNET_HEADER + 4, 1, 3, 1};
    (void)state;

    expect_spoiled(&data);
    peer.next -= 2 * SEGMENT; /* it is sent again, and what waited behind it comes, too */
    segments_come(1);
    assert_read(2 * SEGMENT);
    close_world(state);
    open_world(state);
    expect_spoiled(&header);
}

static void options_go_up_alone(void **state)
{
    static const uint8_t none[4] = {1, 1, 1, 1};
    (void)state;

    already_read = 0;
    connect();
    segment_comes();
    segment_comes_with(0, none, sizeof none);
    segments_come(1);
    assert_int_equal(packets, 3);
    assert_read(3 * SEGMENT);
}

/* Behind a hole, and in it, each segment is one, so that its sender hears of the hole as often as it sends. */
static void out_of_order_each_is_acknowledged(void **state)
{
    (void)state;
    already_read = 0;
    connect();
    peer.next += 2 * SEGMENT;
    unsigned before = peer.acks;
    segments_come(4);
    assert_int_equal(packets, 4);
    assert_int_equal(peer.acks - before, 4);
    assert_read(0);

    peer.next = peer.iss + 1;
    segments_come(2);
    assert_int_equal(packets, 6);
    assert_read(6 * SEGMENT);
}

static void a_run_ends_with_the_window(void **state)
{
    (void)state;
    already_read = 0;
    connect();
    tcp_active_pcbs->rcv_wnd = 3 * SEGMENT - 1;
    segments_come(3);
    assert_int_equal(packets, 2);
    assert_int_equal(peer.acknowledged, peer.next - SEGMENT);
    assert_read(2 * SEGMENT);
}

static void a_fin_ends_it(void **state)
{
    (void)state;
    already_read = 0;
    connect();
    segment_comes();
    segment_comes_with(PEER_FIN, NULL, 0);
    turn();
    assert_int_equal(packets, 2);
    assert_read(2 * SEGMENT);

    size_t received;
    uint8_t more;
    assert_int_equal(stream->ops->receive(stream, &more, sizeof more, &received), E_STREAM_CLOSED);
}

/* ---- IPv6: the peer has none of it, so the frames are asked for alone ---- */

static const uint8_t ours[16] = {0x20, 1, [15] = 2}, theirs[16] = {0x20, 1, [15] = 1};

static unsigned write_ipv6_segment(uint8_t *frame, uint32_t sequence, unsigned length)
{
    uint8_t *ip = frame + ETHERNET_HEADER, *tcp = ip + IPV6_HEADER;

    memset(frame, 0, ETHERNET_HEADER + IPV6_HEADER + TCP_HEADER + length);
    memcpy(frame, peer_network->netif.hwaddr, NIC_MAC_LENGTH);
    put_be16(frame + ETHERNET_TYPE, ETHERTYPE_IPV6);
    ip[0] = 0x60;
    put_be16(ip + IPV6_PAYLOAD_LENGTH, TCP_HEADER + length);
    ip[IPV6_NEXT_HEADER] = PROTOCOL_TCP;
    memcpy(ip + IPV6_SOURCE, theirs, sizeof theirs);
    memcpy(ip + IPV6_DESTINATION, ours, sizeof ours);
    put_be16(tcp + TCP_FROM_PORT, 3260);
    put_be16(tcp + TCP_TO_PORT, 50000);
    put_be32(tcp + TCP_SEQUENCE, sequence);
    tcp[TCP_DATA_OFFSET] = TCP_PLAIN;
    tcp[TCP_FLAG_BITS] = PEER_ACK;
    uint32_t sum = internet_sum(ip + IPV6_SOURCE, IPV6_HEADER - IPV6_SOURCE, PROTOCOL_TCP + TCP_HEADER + length);
    put_be16(tcp + TCP_CHECKSUM, internet_fold(internet_sum(tcp, TCP_HEADER + length, sum)) ^ 0xFFFFu);
    return ETHERNET_HEADER + IPV6_HEADER + TCP_HEADER + length;
}

static unsigned taken;

static err_t take_all(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)argument, (void)pcb;
    assert_int_equal(error, ERR_OK);
    taken += data->tot_len;
    pbuf_free(data);
    return ERR_OK;
}

static void ipv6_segments_join(void **state)
{
    struct net_address us = {.family = 6}, them = {.family = 6};
    struct tcp_pcb pcb = {.state = ESTABLISHED, .local_port = 50000, .remote_port = 3260, .rcv_nxt = 77, .rcv_wnd = 60000};
    struct net_run *run = &peer_network->link.run;
    static uint8_t bytes[2][WIRE_FRAME];
    (void)state;

    memcpy(us.bytes, ours, sizeof ours);
    memcpy(them.bytes, theirs, sizeof theirs);
    pcb.local_ip = net_to_lwip(&us);
    pcb.remote_ip = net_to_lwip(&them);
    pcb.netif_idx = netif_get_index(&peer_network->netif);
    pcb.next = tcp_active_pcbs;
    tcp_active_pcbs = &pcb;

    for (unsigned i = 0; i < 2; i++) {
        struct nic_frame frame = {.bytes = bytes[i]};
        struct net_segment segment;
        frame.length = (uint16_t)write_ipv6_segment(bytes[i], 77 + i * 100, 100);
        assert_true(net_run_takes(peer_network, &frame, &segment));
        assert_int_equal(segment.to - segment.data, 100);
        net_run_add(run, &segment, pbuf_alloc_reference(bytes[i] + segment.from, segment.to - segment.from, PBUF_REF));

        bytes[i][frame.length - 1] ^= 1;
        assert_false(net_run_takes(peer_network, &frame, &segment));
        bytes[i][frame.length - 1] ^= 1;
    }
    struct pbuf *joined = net_run_end(run);
    assert_int_equal(joined->tot_len, ETHERNET_HEADER + IPV6_HEADER + TCP_HEADER + 200);
    assert_int_equal(get_be16(bytes[0] + ETHERNET_HEADER + IPV6_PAYLOAD_LENGTH), TCP_HEADER + 200);

    netif_ip6_addr_set_state(&peer_network->netif, 0, IP6_ADDR_PREFERRED);
    ip6_addr_copy(peer_network->netif.ip6_addr[0].u_addr.ip6, *ip_2_ip6(&pcb.local_ip));
    pcb.recv = take_all;
    NETIF_SET_CHECKSUM_CTRL(&peer_network->netif, 0);
    assert_int_equal(peer_network->netif.input(joined, &peer_network->netif), ERR_OK);
    assert_int_equal(taken, 200);
    assert_int_equal(pcb.rcv_nxt, 77 + 200);
    tcp_active_pcbs = pcb.next;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(a_turns_segments_are_one),
        cmocka_unit_test_setup_teardown(tagged_segments_are_one, open_vlan_world, close_vlan_world),
        CASE(the_last_window_counts),
        cmocka_unit_test(what_is_not_the_next_goes_up_alone),
        CASE(a_wrong_checksum_is_found),
        CASE(options_go_up_alone),
        CASE(out_of_order_each_is_acknowledged),
        CASE(a_run_ends_with_the_window),
        CASE(a_fin_ends_it),
        CASE(ipv6_segments_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
