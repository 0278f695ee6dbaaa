/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of what we send and the wire loses: what is sent again, how soon, and no more than that. */
#include <limits.h>
#include <unistd.h>

#include "lwip/priv/tcp_priv.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/unit/stream_world.h"

#define SEGMENTS    8192u
#define ROUND_TRIPS 8u /* ms: of some 1.2 ms each, as time here goes by the half millisecond */

/* A peer that keeps what comes out of order. */
static struct {
    unsigned lose[SEGMENTS]; /* so often */
    unsigned came[SEGMENTS]; /* and how often each came */
    unsigned sent, base, told;
    bool moving; /* its window is another one each time */
    bool silent; /* it acknowledges nothing */
    bool deaf;   /* for the next SYN */
} receiver;

static unsigned next_out; /* segment */
static void (*peer_hears)(const uint8_t *, unsigned);

static unsigned first_missing(void)
{
    unsigned i = receiver.base;
    while (receiver.came[i])
        i++;
    return i;
}

static uint32_t number_of(unsigned segment)
{
    return peer.stack_iss + 1 + segment * FULL_SEGMENT;
}

static bool has_come(uint32_t segment)
{
    return receiver.came[segment] != 0;
}

static void acknowledge(unsigned newest)
{
    if (receiver.moving)
        peer.advertise = (uint16_t)(0xF000 + receiver.told);
    receiver.told++;
    peer_acknowledge(&(struct peer_came){has_come, first_missing(), next_out, FULL_SEGMENT}, newest);
}

static void receive_segment(const uint8_t *frame, unsigned length)
{
    const uint8_t *tcp = frame + ETHERNET_HEADER + IPV4_HEADER;
    if (get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV4 || length <= ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER + 8 ||
        (tcp[TCP_FLAG_BITS] & PEER_SYN)) {
        bool lost = receiver.deaf && length > ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER && (tcp[TCP_FLAG_BITS] & PEER_SYN);
        receiver.deaf &= !lost;
        if (!lost)
            peer_hears(frame, length);
        return;
    }

    unsigned segment = (get_be32(tcp + TCP_SEQUENCE) - peer.stack_iss - 1) / FULL_SEGMENT;
    assert_true(segment < SEGMENTS);
    receiver.sent++;
    if (receiver.lose[segment]) {
        receiver.lose[segment]--;
        return;
    }
    receiver.came[segment]++;
    if (!receiver.silent)
        acknowledge(segment);
}

static void send_segments(unsigned count)
{
    struct stream_span span = {outgoing, count * FULL_SEGMENT, true};
    size_t taken;
    receiver.base = next_out;
    next_out += count;
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    assert_int_equal(taken, span.length);
}

static void listen_anew(bool sack)
{
    memset(&receiver, 0, sizeof receiver);
    next_out = 0;
    peer.sack = sack;
    peer.advertise = 0xFF00;
    peer_hears = wire.sent;
    wire.sent = receive_segment;
}

/* Connected, and with a congestion window that is no bound. */
static void begin(bool sack)
{
    listen_anew(sack);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    for (unsigned i = 0; i < 2; i++) {
        send_segments(40);
        assert_true(wait_for_all() < 50);
    }
    assert_int_equal(receiver.sent, 80);
    receiver.sent = 0;
}

/* Sends so many, of which those are lost; the milliseconds until all is acknowledged. */
static unsigned lose_of(unsigned count, const unsigned *lost, unsigned lost_count)
{
    for (unsigned i = 0; i < lost_count; i++)
        receiver.lose[next_out + lost[i]] = 1;
    receiver.sent = 0;
    send_segments(count);
    unsigned took = wait_for_all();
    assert_int_equal(receiver.sent, count + lost_count);
    return took;
}

static const unsigned some[] = {2, 6, 11, 12, 19, 23};
#define SOME (sizeof some / sizeof *some)

/* RFC 6582: without SACK each costs a round trip, and nothing is repeated that came. */
static void several_without_sack(void **state)
{
    (void)state;
    begin(false);
    assert_true(lose_of(30, some, 2) < ROUND_TRIPS);
    assert_true(lose_of(20, some, 5) < ROUND_TRIPS);
}

/* RFC 6675: all of them cost one. */
static void several_with_sack(void **state)
{
    (void)state;
    begin(true);
    assert_true(lose_of(30, some, SOME) < 3);
}

/* RFC 5681 2: a duplicate is told by its blocks, not by its window. */
static void window_that_moves(void **state)
{
    (void)state;
    begin(true);
    receiver.moving = true;
    assert_true(lose_of(30, some, 1) < 5);
}

/* RFC 8985 7: with nothing behind it, or too little. */
static void lost_tail(void **state)
{
    static const unsigned tail[] = {27, 28, 29}, before[] = {28}, much[] = {20, 21, 22, 23, 24, 25, 26, 27, 28, 29};
    (void)state;
    begin(true);
    assert_in_range(lose_of(30, tail, 3), 10, 25);
    assert_in_range(lose_of(30, before, 1), 10, 20);
    assert_in_range(lose_of(30, much, 10), 10, 40);
}

/* And so is what was sent again and lost again. */
static void lost_twice(void **state)
{
    (void)state;
    begin(true);
    receiver.lose[next_out + 5] = 2;
    send_segments(30);
    assert_in_range(wait_for_all(), 10, 25);
    assert_int_equal(receiver.sent, 32);
}

/* How many segments leave at once. */
static unsigned burst(void)
{
    unsigned before = receiver.sent;
    receiver.silent = true;
    send_segments(40);
    net_poll();
    receiver.silent = false;
    unsigned count = receiver.sent - before;
    acknowledge(receiver.base);
    assert_true(wait_for_all() < 50);
    return count;
}

static void send_one_and_wait(unsigned milliseconds)
{
    send_segments(1);
    peer_world_run(milliseconds);
    receiver.silent = false;
    acknowledge(receiver.base);
    acknowledge(receiver.base);
    assert_true(wait_for_all() < 5);
}

/* RFC 8985 7.4.2: a probe that was not needed costs one segment, one that was costs half of the window. */
static void probes_and_the_window(void **state)
{
    (void)state;
    begin(true);
    receiver.silent = true;
    send_one_and_wait(100);
    assert_int_equal(receiver.sent, 2);
    assert_int_equal(burst(), 40);

    receiver.lose[next_out] = 1;
    send_segments(1);
    assert_in_range(wait_for_all(), 50, 75);
    send_segments(1);
    assert_true(wait_for_all() < 5);
    assert_in_range(burst(), 20, 30);
}

/* RFC 2883: one acknowledgement for both of them says so, too. */
static void probe_told_with_the_first(void **state)
{
    uint8_t options[12] = {1, 1, 5, 10};
    (void)state;
    begin(true);
    receiver.silent = true;
    send_segments(1);
    peer_world_run(100);
    assert_int_equal(receiver.sent, 2);

    put_be32(options + 4, number_of(next_out - 1));
    put_be32(options + 8, number_of(next_out));
    peer_segment(PEER_ACK, peer.next, number_of(next_out), options, sizeof options, NULL, 0);
    receiver.silent = false;
    assert_true(wait_for_all() < 5);
    send_segments(1);
    assert_true(wait_for_all() < 5);
    assert_int_equal(burst(), 40);
}

/* Who is away for a moment and then acknowledges piece by piece has lost nothing: one probe, and the window stays. */
static void a_stall_is_no_loss(void **state)
{
    (void)state;
    for (unsigned sack = 0; sack < 2; sack++) {
        begin(sack);
        receiver.silent = true;
        send_segments(40);
        peer_world_run(25);
        for (unsigned i = 2; i <= 40; i += 2) {
            peer_segment(PEER_ACK, peer.next, number_of(receiver.base + i), NULL, 0, NULL, 0);
            host_clock_advance_us(200);
            net_poll();
        }
        peer_segment(PEER_ACK, peer.next, number_of(next_out), NULL, 0, NULL, 0);
        assert_true(wait_for_all() < 5);
        assert_int_equal(receiver.sent, 41);
        assert_int_equal(burst(), 40);
        stream->ops->abort(stream);
        wire.sent = peer_hears;
        peer_world_run(20);
    }
}

/* What the timeout of a SYN was about is over with its answer: the first loss does not wait for another. */
static void lost_after_a_repeated_syn(void **state)
{
    static const unsigned first[] = {0};
    (void)state;
    listen_anew(true);
    receiver.deaf = true;
    assert_int_equal(connect_to("10.0.0.1", 2000), OK);
    assert_false(receiver.deaf);
    assert_true(lose_of(10, first, 1) < ROUND_TRIPS);
}

/* What still waits to be sent again when the timeout comes keeps its place in the stream. */
static void timeout_in_the_middle_of_recovery(void **state)
{
    (void)state;
    begin(true);
    tcp_active_pcbs->cwnd = 30 * FULL_SEGMENT;
    for (unsigned i = 0; i < 26; i++)
        receiver.lose[next_out + i] = 1;
    send_segments(30);
    net_poll();
    wire.sent = NULL;
    peer_world_run(400);
    wire.sent = receive_segment;
    assert_true(wait_for_all() < 1000);
}

/* Whatever is lost, once or again, of a few segments or of many: all of it arrives, and nobody is given up. */
static void at_random(void **state)
{
    (void)state;
    for (unsigned sack = 0; sack < 2; sack++) {
        begin(sack);
        for (unsigned round = 0; round < 150; round++) {
            unsigned count = 1 + (unsigned)rand() % 40;
            for (unsigned i = 0; i < count; i++)
                receiver.lose[next_out + i] = rand() % 6 == 0 ? 1 + (unsigned)rand() % 2 : 0;
            receiver.moving = rand() % 2;
            send_segments(count);
            assert_true(wait_for_all() < 3000);
        }
        stream->ops->abort(stream);
        wire.sent = peer_hears;
        peer_world_run(20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(several_without_sack),
        CASE(several_with_sack),
        CASE(window_that_moves),
        CASE(lost_tail),
        CASE(lost_twice),
        CASE(probes_and_the_window),
        CASE(probe_told_with_the_first),
        CASE(a_stall_is_no_loss),
        CASE(lost_after_a_repeated_syn),
        CASE(timeout_in_the_middle_of_recovery),
        CASE(at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
