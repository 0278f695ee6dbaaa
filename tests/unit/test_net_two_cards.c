/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two networks at once, each with a card and a wire of its own: one subnet, and on either wire a machine with the target's
 * address, so that nothing but the card tells where a stream leads.
 */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/nic_double.h"
#include "tests/host/peer.h"

#define BUFFERS     96u
#define WINDOW      (64u * 1460u)
#define FLYING      256u
#define FIRST_HOST  2 /* the last byte of the cards' addresses */
#define SECOND_HOST 3

static const uint8_t first_mac[6] = {0x02, 0, 0, 0, 0, 0x01}, second_mac[6] = {0x02, 0, 0, 0, 0, 0x11};
static const uint8_t second_peer_mac[6] = {0x02, 0, 0, 0, 0, 0xFD};

/* The second card, and who is at its wire's end while the first card's has the peer. */
static struct {
    struct nic nic;
    struct nic_double card;
    struct arena arena;
    struct network *network;
    struct peer peer;
    uint8_t flying[FLYING][WIRE_FRAME];
    unsigned lengths[FLYING], first, count;
    unsigned sent, misled; /* frames; of them with the other card's address */
} second;

static struct stream *streams[2];
static unsigned first_sent, first_misled, pass_us;
static void (*to_first_peer)(const uint8_t *frame, unsigned length);

static void swap_peers(void)
{
    struct peer other = peer;
    peer = second.peer;
    second.peer = other;
}

/* Whether a frame has the source addresses of this card. */
static bool is_from(const uint8_t *frame, const uint8_t mac[6], uint8_t host)
{
    if (memcmp(frame + 6, mac, 6) != 0)
        return false;
    const uint8_t *source = frame + ETHERNET_HEADER + IPV4_SOURCE;
    return get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV4 || get_be32(source) == 0 || source[3] == host;
}

static const uint8_t target6[16] = {0xFD, 0x77, [15] = 1};

static void answer_solicitation(const uint8_t *frame, unsigned length)
{
    if (peer_is_solicitation(frame, length, target6))
        peer_advertise(target6, frame + ETHERNET_HEADER + IPV6_SOURCE, peer.mac, true);
}

static void count_first(const uint8_t *frame, unsigned length)
{
    answer_solicitation(frame, length);
    first_sent++;
    first_misled += !is_from(frame, first_mac, FIRST_HOST);
    to_first_peer(frame, length);
}

/* second.peer.sends */
static bool fly_to_second(const uint8_t *frame, unsigned length)
{
    if (second.count < FLYING) {
        unsigned at = (second.first + second.count++) % FLYING;
        memcpy(second.flying[at], frame, length);
        second.lengths[at] = length;
    }
    return true;
}

static enum status send_second(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload)
{
    uint8_t frame[WIRE_FRAME];
    unsigned length = 0;
    (void)nic, (void)offload;
    for (unsigned i = 0; i < count; i++) {
        memcpy(frame + length, spans[i].bytes, spans[i].length);
        length += spans[i].length;
    }

    second.sent++;
    second.misled += !is_from(frame, second_mac, SECOND_HOST);
    swap_peers();
    answer_solicitation(frame, length);
    to_first_peer(frame, length);
    swap_peers();
    return OK;
}

static unsigned poll_second(struct nic *nic, unsigned budget)
{
    unsigned done = 0;
    for (; done < budget && second.count && !second.card.paused; done++) {
        unsigned at = second.first;
        uint8_t *buffer = nic_double_buffer(&second.card);
        assert_non_null(buffer);
        memcpy(buffer, second.flying[at], second.lengths[at]);
        second.first = (second.first + 1) % FLYING;
        second.count--;
        struct nic_frame frame = nic_double_frame(&second.card, (uint16_t)second.lengths[at]);
        nic->deliver(nic->deliver_context, &frame);
    }
    return done;
}

static void link_is_up(struct nic *nic, struct nic_link *link)
{
    (void)nic;
    *link = (struct nic_link){.up = true, .megabits = 1000, .full_duplex = true};
}

static const struct nic_driver driver = {
    .name = "second",
    .read_link = link_is_up,
    .send = send_second,
    .flush = nic_double_flush,
    .poll = poll_second,
    .release = nic_double_release,
    .pause = nic_double_pause,
    .resume = nic_double_resume,
    .park = nic_double_park,
    .set_multicast = nic_double_set_multicast,
};

/* host_idle_hook */
static void let_time_pass(void)
{
    host_clock_advance_us(pass_us);
    peer_turn();
    swap_peers();
    peer_turn();
    swap_peers();
}

static void open_second(void)
{
    struct nic_config card = {.arena = &second.arena, .rx_buffers = BUFFERS, .mtu = NIC_MTU_DEFAULT};
    struct net_config config = {.nic = &second.nic, .arena = &second.arena, .window = WINDOW};
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, SECOND_HOST}, .netmask = {255, 255, 255, 0}};
    assert_int_equal(nic_double_open(&second.nic, &second.card, &driver, &card, WIRE_FRAME, second_mac), OK);
    assert_int_equal(net_open(&second.network, &config), OK);
    assert_int_equal(net_set_ipv4(second.network, &ipv4), OK);
}

static int open_both(void **state)
{
    (void)state;
    memset(&second, 0, sizeof second);
    peer_world_open(BUFFERS, WINDOW);
    to_first_peer = wire.sent;
    second.peer = peer;
    second.peer.sends = fly_to_second;
    second.peer.stack_ip[3] = SECOND_HOST;
    memcpy(second.peer.mac, second_peer_mac, sizeof second.peer.mac);
    second.arena = host_arena_new(MIB);
    open_second();

    first_sent = first_misled = 0;
    pass_us = 500;
    wire.sent = count_first;
    host_idle_hook = let_time_pass;
    streams[0] = net_stream_new(peer_network);
    streams[1] = net_stream_new(second.network);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(host_connect(streams[i], "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    net_stream_free(streams[0]);
    net_stream_free(streams[1]);
    net_close(second.network);
    net_close(peer_network);
    assert_int_equal(first_misled + second.misled, 0);
    assert_int_equal(wire.held, 0);
    assert_int_equal(second.card.free_count, BUFFERS);
    peer_world_close();
    host_arena_free(&second.arena);
    return 0;
}

static void run(unsigned milliseconds)
{
    peer_world_run(milliseconds);
}

/* Everything that has come; checks that it goes on with the pattern at *offset. */
static void receive_pattern(struct stream *stream, uint64_t *offset)
{
    uint8_t bytes[4096];
    size_t length = 1;
    while (length) {
        if (stream->ops->receive(stream, bytes, sizeof bytes, &length) != OK)
            return;
        for (size_t i = 0; i < length; i++)
            assert_int_equal(bytes[i], peer_pattern(*offset + i));
        *offset += length;
    }
}

static void send_pattern(struct stream *stream, uint64_t offset, unsigned length)
{
    static uint8_t bytes[8192];
    struct stream_span span = {.bytes = bytes, .length = length};
    size_t taken;
    for (unsigned i = 0; i < length; i++)
        bytes[i] = peer_pattern(offset + i);
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    assert_int_equal(taken, length);
}

static void each_stream_has_its_card(void **state)
{
    (void)state;
    uint8_t macs[2][NIC_MAC_LENGTH];
    for (unsigned i = 0; i < 2; i++)
        assert_true(net_next_hop(streams[i], macs[i]));
    assert_memory_equal(macs[0], peer.mac, NIC_MAC_LENGTH);
    assert_memory_equal(macs[1], second_peer_mac, NIC_MAC_LENGTH);

    uint64_t got[2] = {0, 0};
    peer.source = second.peer.source = true;
    peer.to_send = second.peer.to_send = 200000;
    send_pattern(streams[0], 0, 5000);
    send_pattern(streams[1], 0, 7000);
    for (unsigned i = 0; i < 400; i++) {
        run(5);
        receive_pattern(streams[0], &got[0]);
        receive_pattern(streams[1], &got[1]);
    }
    assert_int_equal(got[0], 200000);
    assert_int_equal(got[1], 200000);
    assert_int_equal(peer.received, 5000);
    assert_int_equal(second.peer.received, 7000);
    assert_false(peer.corrupted || second.peer.corrupted);
}

/* Either may be closed; the other does not notice, and a new one may come in its place. */
static void one_closes_and_comes_back(void **state)
{
    (void)state;
    net_close(second.network);
    assert_true(second.peer.got_reset);
    assert_int_equal(host_connect(streams[1], "10.0.0.1", 3260, deadline_after_ms(1000)), E_UNREACHABLE);
    unsigned sent = second.sent;
    send_pattern(streams[0], 0, 3000);
    run(500);
    assert_int_equal(peer.received, 3000);
    assert_false(peer.got_reset);
    assert_int_equal(second.sent, sent);

    net_stream_free(streams[1]);
    open_second();
    streams[1] = net_stream_new(second.network);
    net_close(peer_network);
    assert_true(peer.got_reset);
    assert_int_equal(host_connect(streams[1], "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    send_pattern(streams[1], 0, 2000);
    run(500);
    assert_int_equal(second.peer.received, 2000);
}

#define LONG_MS 1200000 /* than lwIP repeats what is not acknowledged */

/* For a paused card no time passes, however long the other runs; it sends nothing, and goes on where it was. */
static void one_pauses(void **state)
{
    (void)state;
    second.peer.no_acks = true;
    send_pattern(streams[1], 0, 1000);
    run(20);
    net_pause(second.network);
    unsigned sent = second.sent;
    pass_us = 20000;
    send_pattern(streams[0], 0, 3000);
    run(LONG_MS);
    assert_int_equal(peer.received, 3000);
    assert_int_equal(second.sent, sent);

    pass_us = 500;
    net_resume(second.network);
    run(20);
    assert_int_equal(second.sent, sent);
    second.peer.no_acks = false;
    run(3000);
    assert_int_equal(streams[1]->ops->unsent(streams[1]), 0);
    send_pattern(streams[1], 1000, 1000);
    run(1000);
    assert_int_equal(streams[1]->ops->unsent(streams[1]), 0);
    assert_false(second.peer.got_reset);

    net_pause(second.network);
    net_pause(peer_network);
    sent = first_sent + second.sent;
    host_clock_advance_us(60000000);
    run(100);
    assert_int_equal(first_sent + second.sent, sent);
    net_resume(peer_network);
    net_resume(second.network);
}

static unsigned requests[2];

static void count_request(uint16_t from_port, uint16_t to_port, const uint8_t *data, unsigned length)
{
    (void)from_port, (void)data, (void)length;
    if (to_port == 67)
        requests[memcmp(peer.mac, second_peer_mac, sizeof peer.mac) == 0]++;
}

/* Who waits for a lease has turns of the other card. */
static void one_asks_for_a_lease(void **state)
{
    (void)state;
    struct net_dhcp_request request = {0};
    static struct net_lease lease;
    peer_got_datagram = count_request;
    memset(requests, 0, sizeof requests);
    send_pattern(streams[0], 0, 8000);
    assert_int_equal(net_dhcp(second.network, &request, &lease, deadline_after_ms(4000)), E_DHCP_TIMEOUT);
    assert_int_equal(requests[0], 0);
    assert_true(requests[1] > 1);
    assert_int_equal(peer.received, 8000);
    assert_int_equal(net_dhcp(peer_network, &request, &lease, deadline_after_ms(1500)), E_DHCP_TIMEOUT);
    assert_true(requests[0] > 0);
}

/* A stream's own card is the way even to who is on neither link; without a gateway there is none. */
static void no_way_by_the_other_card(void **state)
{
    (void)state;
    struct net_ipv4 routed = {.address = {10, 0, 0, FIRST_HOST}, .netmask = {255, 255, 255, 0}, .gateway = {10, 0, 0, 9}};
    assert_int_equal(net_set_ipv4(peer_network, &routed), OK);
    unsigned sent = first_sent;
    enum status status = host_connect(streams[1], "192.0.2.1", 3260, deadline_after_ms(300));
    assert_true(status == E_UNREACHABLE || status == E_CONNECT_TIMEOUT);
    assert_int_equal(first_sent, sent);
}

/* Neighbours of one address on two links are two. */
static void each_link_has_its_neighbours(void **state)
{
    (void)state;
    struct net_ipv6 ipv6 = {.address = {0xFD, 0x77, [15] = FIRST_HOST}, .prefix_length = 64};
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    ipv6.address[15] = SECOND_HOST;
    assert_int_equal(net_set_ipv6(second.network, &ipv6, deadline_after_ms(5000)), OK);

    bool open;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(streams[i]->ops->connect(streams[i], "fd77::1", 3260, deadline_after_ms(5000)), OK);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(streams[i]->ops->opened(streams[i], &open), OK);
    run(500);

    uint8_t mac[NIC_MAC_LENGTH];
    assert_true(net_next_hop(streams[0], mac));
    assert_memory_equal(mac, peer.mac, NIC_MAC_LENGTH);
    assert_true(net_next_hop(streams[1], mac));
    assert_memory_equal(mac, second_peer_mac, NIC_MAC_LENGTH);
}

/* A segment of the second card's connection that strays to the first is not answered, above all not with a reset. */
static void what_is_for_the_other_card(void **state)
{
    (void)state;
    struct peer first_peer = peer;
    peer.stack_ip[3] = SECOND_HOST;
    peer.port = second.peer.port;
    unsigned sent = first_sent;
    peer_segment(PEER_ACK, second.peer.next, second.peer.expected, NULL, 0, "stray", 5);
    run(300);
    assert_int_equal(first_sent, sent);

    peer = first_peer;
    send_pattern(streams[1], 0, 1000);
    run(300);
    assert_int_equal(second.peer.received, 1000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_stream_has_its_card),   CASE(one_closes_and_comes_back), CASE(one_pauses),
        CASE(one_asks_for_a_lease),       CASE(no_way_by_the_other_card),  CASE(each_link_has_its_neighbours),
        CASE(what_is_for_the_other_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
