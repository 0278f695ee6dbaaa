/* SPDX-License-Identifier: BSD-2-Clause */
/* Data and its end as platform/stream.h has them, over a wire that loses, doubles and reorders. */
#include "tests/unit/stream_world.h"

/* ---- data ---- */

static uint8_t in[1 << 20];

static size_t receive(void *to, size_t length)
{
    size_t received;
    assert_int_equal(stream->ops->receive(stream, to, length, &received), OK);
    return received;
}

/* Sends and receives `total` bytes at once; checks every one. */
static void transfer(size_t total, bool stable)
{
    size_t sent = 0, received = 0;
    deadline_t deadline = deadline_after_ms(600000);

    fill_out(total);
    peer.source = true;
    peer.to_send = total;
    while (sent < total || received < total || stream->ops->unsent(stream)) {
        size_t rest = total - sent, taken;
        struct stream_span spans[] = {{outgoing + sent, rest / 3, stable}, {outgoing + sent + rest / 3, rest - rest / 3, stable}};
        assert_false(deadline_passed(deadline));
        assert_int_equal(stream->ops->send(stream, spans, 2, &taken), OK);
        sent += taken;
        stream->ops->pump(stream);
        received += receive(in + received, total - received);
        platform_idle();
    }

    for (size_t i = 0; i < total; i++)
        assert_int_equal(in[i], peer_pattern(i));
    assert_int_equal(peer.received, total);
    assert_false(peer.corrupted);
    assert_int_equal(wire.starved, 0);
}

static void data_both_ways(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    transfer(1 << 20, true);
}

static void data_copied(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    transfer(300000, false);
}

static void data_with_1_percent_loss_and_reordering(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 10;
    wire.reorder = 10;
    wire.duplicate = 10;
    transfer(1 << 20, true);
}

static void data_with_10_percent_loss_and_reordering(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 100;
    wire.reorder = 100;
    wire.duplicate = 50;
    transfer(200000, true);
}

static void data_verified_by_the_card(void **state)
{
    (void)state;
    wire.verified = true;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    transfer(300000, true);
}

static void card_without_free_descriptors(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.busy = 20;
    transfer(100000, true);
    assert_int_equal(wire.busy, 0);
}

/* And nothing arrives that would make the stack look at the connection again. */
static void full_card_and_a_silent_network(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.busy = 1;
    send_out(100);
    uint64_t start = platform_ticks();
    while (peer.received < 100 && platform_ticks() - start < 1000 * platform_ticks_per_ms()) {
        stream->ops->pump(stream);
        platform_idle();
    }
    assert_true(platform_ticks() - start < 5 * platform_ticks_per_ms());
}

/* One acknowledgement answers all segments of a turn. */
static void acknowledgements_are_few(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    unsigned before = wire.frames_sent;
    peer.source = true;
    peer.to_send = 1 << 20;
    for (size_t received = 0; received < peer.to_send; received += receive(in, sizeof in)) {
        stream->ops->pump(stream);
        platform_idle();
    }
    assert_true(wire.frames_sent - before < (peer.to_send / 1460) / 4);
}

/* Nobody reads: the window closes, buffers stay free for the rest of the traffic, and everything is there afterwards. */
static void reader_that_stops(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer.source = true;
    peer.to_send = 300000;
    for (unsigned i = 0; i < 4000; i++) {
        stream->ops->pump(stream);
        platform_idle();
    }
    assert_true(wire.held_most < 96 - 8);
    assert_int_equal(wire.starved, 0);

    size_t received = 0;
    while (received < peer.to_send) {
        stream->ops->pump(stream);
        received += receive(in + received, sizeof in - received);
        platform_idle();
    }
    for (size_t i = 0; i < received; i++)
        assert_int_equal(in[i], peer_pattern(i));
}

/* The crash dump's sizes: a ring of 8 buffers, of which a card can fill 7, and a window of as many segments. */
static void smallest_profile(void **state)
{
    (void)state;
    net_stream_free(stream);
    peer_world_close();
    peer_world_open(7, 8 * 1460);
    stream = net_stream_new(peer_network);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 10;
    wire.reorder = 20;
    transfer(200000, true);
}

/* A window full of one-byte segments holds far more frames than full ones would. */
static void tiny_segments_do_not_starve_the_ring(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t byte = peer_pattern(i);
        peer_segment(PEER_ACK, peer.iss + 1 + i, peer.expected, NULL, 0, &byte, 1);
        peer_world_run(1);
    }
    assert_int_equal(wire.starved, 0);

    /* And the same out of order: the first byte is missing. */
    for (unsigned i = 0; i < 500; i++) {
        uint8_t filler[100] = {0};
        peer_segment(PEER_ACK, peer.iss + 1 + 10000 + 101 * i, peer.expected, NULL, 0, filler, sizeof filler);
        peer_world_run(1);
    }
    assert_int_equal(wire.starved, 0);
    assert_true(wire.held_most <= 64);
}

static void peer_that_closes_its_window(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer.advertise = 0;
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer_world_run(50);
    send_out(50000);
    peer_world_run(3000);
    assert_true(peer.received <= 32); /* probes only */

    peer.advertise = 0xFFFF;
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer_world_run(3000);
    assert_int_equal(peer.received, 50000);
    assert_false(peer.corrupted);
    assert_int_equal(stream->ops->unsent(stream), 0);
}

static uint32_t bare; /* the number of the last segment without data */
static unsigned probes;
static void (*peer_hears)(const uint8_t *, unsigned);

/* Takes no byte of data: its window is closed. */
static void closed_to_data(const uint8_t *frame, unsigned length)
{
    const uint8_t *tcp = frame + 34;
    if (frame[12] == 8 && frame[13] == 0 && frame[23] == 6) {
        if ((frame[16] << 8 | frame[17]) - 20 > tcp[12] / 16 * 4) {
            probes++;
            return;
        }
        bare = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
    }
    peer_hears(frame, length);
}

/*
 * RFC 9293 3.10.7.4: with a window of 0 the peer takes only what begins where the probe does, be it an acknowledgement or a
 * reset.
 */
static void what_follows_a_probe(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_hears = wire.sent;
    wire.sent = closed_to_data;
    peer.advertise = 0;
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer_world_run(50);
    send_out(5000);
    probes = 0;
    peer_world_run(3000);
    assert_true(probes > 0);

    peer_segment(PEER_ACK | PEER_PSH, peer.next, peer.expected, NULL, 0, "hello", 5);
    peer.next += 5;
    peer_world_run(50);
    assert_int_equal(peer.acknowledged, peer.next);
    assert_int_equal(bare, peer.expected);

    bare = 0;
    stream->ops->abort(stream);
    peer_world_run(5);
    assert_true(peer.got_reset);
    assert_int_equal(bare, peer.expected);
}

/* unsent() counts what may still be read; when it no longer does, the bytes are the caller's again. */
static void stable_bytes_are_counted_until_acknowledged(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 1000;
    send_out(5000);
    peer_world_run(300);
    assert_int_equal(stream->ops->unsent(stream), 5000);

    wire.loss = 0;
    peer_world_run(3000);
    assert_int_equal(stream->ops->unsent(stream), 0);
    memset(outgoing, 0xEE, 5000);
    peer_world_run(3000);
    assert_false(peer.corrupted);
}

/* ---- ends ---- */

static void bytes_before_the_peers_end_are_handed_out_first(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_segment(PEER_ACK | PEER_FIN, peer.next, peer.expected, NULL, 0, "hello", 5);
    peer_world_run(20);
    assert_int_equal(receive(in, 3), 3);
    assert_int_equal(receive(in + 3, 100), 2);
    assert_memory_equal(in, "hello", 5);
    size_t done;
    assert_int_equal(stream->ops->receive(stream, in, 100, &done), E_STREAM_CLOSED);
}

static void reset_by_the_peer(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_segment(PEER_RST | PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer_world_run(20);
    size_t done;
    assert_int_equal(stream->ops->receive(stream, in, 3, &done), E_STREAM_RESET);
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){outgoing, 10, true}, 1, &done), E_STREAM_RESET);
    assert_int_equal(stream->ops->unsent(stream), 0);
}

static void peer_that_vanishes(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 1000;
    send_out(10);

    enum status status = OK;
    for (deadline_t deadline = deadline_after_ms(600000); status == OK && !deadline_passed(deadline); platform_idle()) {
        size_t done;
        stream->ops->pump(stream);
        status = stream->ops->receive(stream, in, 10, &done);
    }
    assert_int_equal(status, E_STREAM_TIMEOUT);
}

static void close_waits_for_the_acknowledgement(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    stream->ops->close(stream, deadline_after_ms(1000));
    assert_true(peer.got_fin);
    assert_false(peer.got_reset);
}

static void close_gives_up_at_its_deadline(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 1000;
    uint64_t start = platform_ticks();
    stream->ops->close(stream, deadline_after_ms(500));
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 500, 510);
}

static void abort_sends_a_reset(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    stream->ops->abort(stream);
    stream->ops->abort(stream);
    assert_true(peer.got_reset);
    size_t done;
    assert_int_equal(stream->ops->receive(stream, in, 3, &done), E_STREAM_CLOSED);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK); /* and it can be opened again */
}

/* While the OS loader computes nobody calls; TCP must not take the silence for the peer's. */
static void long_silence_costs_nothing(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.loss = 1000;
    send_out(10);
    wire.loss = 0;

    net_pause(peer_network);
    host_clock_advance_us(3600000000u);
    net_poll();
    net_resume(peer_network);
    peer_world_run(1000);
    assert_int_equal(peer.received, 10);

    host_clock_advance_us(3600000000u); /* and without a pause */
    peer_world_run(100);
    receive(in, 3);
}

/* A call that is served from memory leaves the card alone; one that sends wakes it first, and takes in what has come. */
static void only_a_turn_wakes_the_card(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    net_pause(peer_network);
    unsigned rests = wire.rests, wakes = wire.wakes;
    for (unsigned i = 0; i < 10; i++) {
        net_resume(peer_network);
        net_pause(peer_network);
    }
    assert_int_equal(wire.rests, rests);
    assert_int_equal(wire.wakes, wakes);

    net_resume(peer_network);
    net_park(peer_network); /* not as it was left */
    assert_int_equal(wire.rests, ++rests);
    assert_int_equal(wire.wakes, ++wakes);
    for (unsigned i = 0; i < 10; i++) {
        net_resume(peer_network);
        net_park(peer_network);
    }
    assert_int_equal(wire.rests, rests);
    assert_int_equal(wire.wakes, wakes);

    net_resume(peer_network);
    send_out(10);
    assert_int_equal(wire.wakes, wakes + 1);
    peer_world_run(100);
    assert_int_equal(peer.received, 10);
    net_pause(peer_network);
    assert_int_equal(wire.rests, rests + 1);
    net_resume(peer_network);
}

static void as_many_streams_as_promised(void **state)
{
    (void)state;
    struct stream *more[NET_STREAMS];
    for (unsigned i = 1; i < NET_STREAMS; i++)
        assert_non_null(more[i] = net_stream_new(peer_network));
    assert_null(net_stream_new(peer_network));
    for (unsigned i = 1; i < NET_STREAMS; i++)
        net_stream_free(more[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(data_both_ways),
        CASE(data_copied),
        CASE(data_with_1_percent_loss_and_reordering),
        CASE(data_with_10_percent_loss_and_reordering),
        CASE(data_verified_by_the_card),
        CASE(card_without_free_descriptors),
        CASE(full_card_and_a_silent_network),
        CASE(acknowledgements_are_few),
        CASE(reader_that_stops),
        CASE(smallest_profile),
        CASE(tiny_segments_do_not_starve_the_ring),
        CASE(peer_that_closes_its_window),
        CASE(what_follows_a_probe),
        CASE(stable_bytes_are_counted_until_acknowledged),
        CASE(bytes_before_the_peers_end_are_handed_out_first),
        CASE(reset_by_the_peer),
        CASE(peer_that_vanishes),
        CASE(close_waits_for_the_acknowledgement),
        CASE(close_gives_up_at_its_deadline),
        CASE(abort_sends_a_reset),
        CASE(long_silence_costs_nothing),
        CASE(only_a_turn_wakes_the_card),
        CASE(as_many_streams_as_promised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
