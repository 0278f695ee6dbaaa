/* SPDX-License-Identifier: BSD-2-Clause */
/* A parked card: what is told before nobody polls, and what the first turn does with all that came meanwhile. */
#include "tests/unit/stream_world.h"

#define MANY  40u
#define STRAY 70u /* frames: more than two turns look at */

static struct {
    unsigned frames;
    uint32_t first_acknowledged; /* by the first of them */
} heard;

static void (*peer_hears)(const uint8_t *, unsigned);

static void note(const uint8_t *frame, unsigned length)
{
    peer_hears(frame, length);
    if (heard.frames++ == 0)
        heard.first_acknowledged = peer.acknowledged;
}

static void listen_from_now(void)
{
    if (wire.sent != note)
        peer_hears = wire.sent;
    wire.sent = note;
    memset(&heard, 0, sizeof heard);
}

static void connect(void)
{
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    listen_from_now();
}

/* `count` segments, read by the caller. */
static void read_segments(unsigned count)
{
    static uint8_t data[MANY * FULL_SEGMENT];
    size_t received;

    assert_int_equal(stream->ops->receive(stream, data, count * FULL_SEGMENT, &received), OK);
    assert_int_equal(received, count * FULL_SEGMENT);
    uint64_t at = peer.next - peer.iss - 1 - received;
    for (size_t i = 0; i < received; i++)
        assert_int_equal(data[i], peer_pattern(at + i));
}

/* The target must not repeat what has come, nor wait for a window. */
static void acknowledges_before_it_returns(void **state)
{
    (void)state;
    connect();
    full_segments_come(1);
    host_clock_advance_us(1000);
    net_poll();
    net_park(peer_network);
    assert_int_equal(peer.acknowledged, peer.next);
    assert_true(wire_is_parked());
    assert_false(wire_is_paused());
}

/* What a caller sends waits for a turn; what a turn sends does not wait for the next one. */
static void the_card_is_told_once_a_turn(void **state)
{
    (void)state;
    connect();
    send_out(2 * FULL_SEGMENT);
    assert_in_range(wire.waiting, 2, 3);
    net_poll();
    assert_int_equal(wire.waiting, 0);

    heard.frames = 0;
    full_segments_come(MANY);
    host_clock_advance_us(1000);
    net_poll();
    assert_true(heard.frames > 0);
    assert_int_equal(wire.waiting, 0);
}

static void nobody_polls_and_nothing_is_sent(void **state)
{
    (void)state;
    connect();
    send_out(100);
    wire.loss = 1000; /* so that there is something to repeat */
    net_park(peer_network);
    wire.loss = 0;

    full_segments_come(2);
    unsigned sent = wire.frames_sent;
    for (unsigned i = 0; i < 100; i++) {
        host_clock_advance_us(100000);
        net_poll();
    }
    assert_int_equal(wire.frames_sent, sent);
    assert_int_equal(wire.held, 0);
}

/* Ten seconds are no patience spent: nothing is repeated, and the first that is sent acknowledges all that had come. */
static void all_is_taken_in_before_anything_is_sent(void **state)
{
    (void)state;
    connect();
    full_segments_come(12);
    host_clock_advance_us(1000);
    net_poll();
    read_segments(12); /* the window is to be opened */
    net_park(peer_network);

    static const uint8_t stray[60] = {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02, 0x88, 0xB5};
    for (unsigned i = 0; i < STRAY; i++)
        peer_frame(stray, sizeof stray);
    full_segments_come(MANY);
    host_clock_advance_us(10000000);
    listen_from_now();
    net_resume(peer_network);
    assert_int_equal(heard.frames, 0);
    assert_true(wire_is_parked()); /* until there is a turn */
    stream->ops->pump(stream);
    assert_false(wire_is_parked());
    assert_int_equal(heard.first_acknowledged, peer.next);
    assert_int_equal(heard.frames, 1);
    read_segments(MANY);
}

static void what_was_queued_goes_out_behind_it(void **state)
{
    (void)state;
    connect();
    net_park(peer_network);
    full_segments_come(3);
    net_resume(peer_network);
    host_clock_advance_us(1000);
    listen_from_now();
    stream->ops->pump(stream);
    send_out(200);
    assert_int_equal(heard.first_acknowledged, peer.next);
    peer_world_run(5);
    assert_int_equal(peer.received, 200);
}

/* A call that is served from memory needs no turn: the card is not told anything. */
static void parked_twice_without_a_turn(void **state)
{
    (void)state;
    connect();
    for (unsigned i = 0; i < 3; i++) {
        net_park(peer_network); /* nic_double_park() wants it once */
        assert_true(wire_is_parked());
        net_resume(peer_network);
    }
    full_segments_come(1);
    host_clock_advance_us(1000);
    stream->ops->pump(stream);
    read_segments(1);
}

static void from_parked_to_stopped_and_back(void **state)
{
    (void)state;
    connect();
    net_park(peer_network);
    net_pause(peer_network); /* not from here: it is not running */
    assert_true(wire_is_parked());

    net_resume(peer_network);
    net_pause(peer_network);
    assert_false(wire_is_parked()); /* nic_pause() is not for a parked one */
    assert_true(wire_is_paused());
    net_park(peer_network);
    assert_true(wire_is_paused());

    net_resume(peer_network);
    net_poll();
    assert_false(wire_is_paused());
    full_segments_come(1);
    host_clock_advance_us(1000);
    net_poll();
    read_segments(1);
    net_park(peer_network);
    assert_true(wire_is_parked());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(acknowledges_before_it_returns),     CASE(the_card_is_told_once_a_turn),
        CASE(nobody_polls_and_nothing_is_sent),   CASE(all_is_taken_in_before_anything_is_sent),
        CASE(what_was_queued_goes_out_behind_it), CASE(parked_twice_without_a_turn),
        CASE(from_parked_to_stopped_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
