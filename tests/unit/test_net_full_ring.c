/* SPDX-License-Identifier: BSD-2-Clause */
/* All that the window allows is in the ring at once: what is kept of it, and that what is lost can be made good. */
#include "tests/unit/stream_world.h"

#define RING       512u
#define JUMBO_RING 64u
#define SEGMENTS   448u /* as many as loader/cards.c lets in */

static uint64_t taken; /* bytes, so far */

static int open_large_world(void **state)
{
    (void)state;
    peer_world_open(RING, SEGMENTS * FULL_SEGMENT);
    stream = net_stream_new(peer_network);
    taken = 0;
    return 0;
}

static void turn(void)
{
    host_clock_advance_us(200); /* the wire takes half of it */
    stream->ops->pump(stream);
}

/* All that there is, which is what was sent. */
static void read_what_came(void)
{
    static uint8_t data[SEGMENTS * FULL_SEGMENT];
    size_t received;
    assert_int_equal(stream->ops->receive(stream, data, sizeof data, &received), OK);
    for (size_t i = 0; i < received; i++)
        assert_int_equal(data[i], peer_pattern(taken + i));
    taken += received;
}

static void what_came_while_parked_is_not_lost(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    net_park(peer_network);
    full_segments_come(SEGMENTS);
    host_clock_advance_us(10000);
    net_resume(peer_network);

    for (unsigned i = 0; i < SEGMENTS && taken < SEGMENTS * FULL_SEGMENT; i++) {
        turn();
        read_what_came();
    }
    assert_int_equal(taken, SEGMENTS * FULL_SEGMENT);

    net_park(peer_network);
    assert_int_equal(peer.acknowledged, peer.next);
}

/*
 * The caller has not read for so long that the rest had to be dropped. Then all memory has been copies, and what comes behind the
 * hole must not take the last of it.
 */
static void fill_holes_after_all_memory_was_taken(bool sack)
{
    peer.sack = sack;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    full_segments_come(SEGMENTS);
    for (unsigned i = 0; i < SEGMENTS; i++)
        turn();
    uint32_t hole = peer.acknowledged, sent = peer.next;
    assert_true(hole != sent);
    read_what_came();
    turn();

    full_segments_come(SEGMENTS - (sent - hole) / FULL_SEGMENT);
    for (unsigned i = 0; i < SEGMENTS / 8; i++) {
        turn();
        read_what_came();
    }
    assert_int_equal(peer.acknowledged, hole);

    unsigned lost = (sent - hole) / FULL_SEGMENT, filled = 0;
    while (wire.held) {
        uint32_t before = peer.next = peer.acknowledged;
        full_segments_come(1);
        turn();
        read_what_came();
        turn();
        assert_true(peer.acknowledged != before);
        filled++;
    }
    assert_int_equal(filled, lost); /* the last of them, too, was acknowledged at once */
    assert_true(peer.acknowledged - sent > FULL_SEGMENT);
    assert_int_equal(taken, peer.acknowledged - peer.iss - 1);
}

static void holes_are_filled_after_all_memory_was_taken(void **state)
{
    (void)state;
    fill_holes_after_all_memory_was_taken(true);
}

/* Each part of a gap is acknowledged at once (RFC 5681 4.2): its sender sends one at a time, and waits. */
static void holes_are_filled_without_sack(void **state)
{
    (void)state;
    fill_holes_after_all_memory_was_taken(false);
}

/* Also by who would wait, for a quarter of a millisecond, for the answer that is to go out with it. */
static void the_rest_of_a_gap_is_acknowledged_at_once(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    net_park(peer_network);
    net_resume(peer_network);
    uint32_t gap = peer.next;
    peer.next += FULL_SEGMENT;
    full_segments_come(1);
    turn();

    peer.next = gap;
    full_segments_come(1);
    turn();
    assert_int_equal(peer.acknowledged, gap + 2 * FULL_SEGMENT);
}

static int open_jumbo_world(void **state)
{
    (void)state;
    peer_mtu = 9000;
    peer_world_open(JUMBO_RING, JUMBO_RING * 7 / 8 * (9000 - 40));
    stream = net_stream_new(peer_network);
    taken = 0;
    return 0;
}

/* Frames that are much smaller than the card's buffers take all of these before they fill the window. */
static void a_jumbo_ring_keeps_buffers_for_what_fills_the_gap(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    uint32_t gap = peer.next;
    peer.next += FULL_SEGMENT;
    for (unsigned i = 0; i < 2 * JUMBO_RING; i++) {
        full_segments_come(1);
        turn();
    }

    peer.next = gap;
    full_segments_come(1);
    turn();
    turn();
    assert_true(peer.acknowledged != gap);
}

/* Of that size, until there is no room. */
static size_t write_pieces(size_t size, bool stable)
{
    size_t done = 0;
    for (size_t queued = 1; queued; done += queued) {
        struct stream_span span = {outgoing + done, size, stable};
        assert_int_equal(stream->ops->send(stream, &span, 1, &queued), OK);
    }
    return done;
}

static void expect_acknowledgement(void)
{
    full_segments_come(2);
    turn();
    turn();
    assert_int_equal(peer.acknowledged, peer.next);
}

/* Copies of small pieces take the most memory, and a peer may take none of them for a while. */
static void what_is_queued_leaves_memory_to_acknowledge(void **state)
{
    (void)state;
    peer.advertise = 0;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_in_range(write_pieces(160, false), 64 * 1024, SEGMENTS * FULL_SEGMENT);
    expect_acknowledgement();
}

/* A copy of what was received leaves a large block behind, which a small piece takes whole. */
static void large_blocks_are_left_to_acknowledge_with(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    full_segments_come(SEGMENTS);
    for (unsigned i = 0; i < SEGMENTS; i++)
        turn();
    read_what_came();

    peer.next = peer.acknowledged;
    peer.advertise = 0;
    full_segments_come(2);
    turn();
    read_what_came();
    assert_true(write_pieces(48, false));
    expect_acknowledgement();
}

/* The largest window that can be told is in the ring at once, and closed when that is acknowledged. */
static void a_window_without_scale_opens_when_it_is_read(void **state)
{
    (void)state;
    peer.unscaled = true;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    net_park(peer_network);
    full_segments_come(UINT16_MAX / FULL_SEGMENT);
    host_clock_advance_us(10000);
    net_resume(peer_network);

    turn();
    read_what_came();
    assert_int_equal(peer.acknowledged, peer.next);
    assert_int_equal(peer.window, UINT16_MAX);
}

static int open_by_hand(unsigned buffers, unsigned segments)
{
    peer_by_hand = true;
    peer_world_open(buffers, segments * FULL_SEGMENT);
    stream = net_stream_new(peer_network);
    return 0;
}

/* As the two profiles of a crash dump have it (dump/arm.c). */
static int open_small_world(void **state)
{
    (void)state;
    return open_by_hand(8, 4);
}

static int open_roomy_world(void **state)
{
    (void)state;
    return open_by_hand(88, 64);
}

/*
 * Small segments have more headers than there is memory for, and a small window has them cut up. That memory serves a command,
 * too, when they have been acknowledged.
 */
static void small_segments_are_followed_by_more(void **state)
{
    (void)state;
    peer.mss = 300;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    for (unsigned i = 0; i < 4; i++) {
        size_t queued;
        peer.advertise = 100;
        assert_int_equal(stream->ops->send(stream, &(struct stream_span){outgoing, 48, false}, 1, &queued), OK);
        assert_int_equal(queued, 48);
        wait_for_all();
        assert_in_range(write_pieces(64 * 1024, true), 32 * 300, 128 * 1024);
        peer_world_run(2000);

        peer.advertise = 0xFF00;
        assert_in_range(wait_for_all(), 0, 4000);
    }
}

/* What has been headers once is no longer there for anything larger. */
static void a_long_copy_goes_in_pieces(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    fill_out(64 * 1024);
    size_t done = write_pieces(48, false);

    for (size_t end = done + 1000; done < end;) {
        size_t queued;
        wait_for_all();
        assert_int_equal(stream->ops->send(stream, &(struct stream_span){outgoing + done, end - done, false}, 1, &queued), OK);
        assert_true(queued);
        done += queued;
    }

    wait_for_all();
    assert_int_equal(peer.received, done);
    assert_false(peer.corrupted);
}

#define LARGE_CASE(name) cmocka_unit_test_setup_teardown(name, open_large_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LARGE_CASE(what_came_while_parked_is_not_lost),
        LARGE_CASE(holes_are_filled_after_all_memory_was_taken),
        LARGE_CASE(holes_are_filled_without_sack),
        LARGE_CASE(the_rest_of_a_gap_is_acknowledged_at_once),
        LARGE_CASE(what_is_queued_leaves_memory_to_acknowledge),
        LARGE_CASE(large_blocks_are_left_to_acknowledge_with),
        LARGE_CASE(a_window_without_scale_opens_when_it_is_read),
        cmocka_unit_test_setup_teardown(small_segments_are_followed_by_more, open_roomy_world, close_world),
        cmocka_unit_test_setup_teardown(a_long_copy_goes_in_pieces, open_small_world, close_world),
        cmocka_unit_test_setup_teardown(a_jumbo_ring_keeps_buffers_for_what_fills_the_gap, open_jumbo_world, close_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
