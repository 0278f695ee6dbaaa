/* SPDX-License-Identifier: BSD-2-Clause */
/* When TCP repeats what nobody answers, when it acknowledges, and peers with tiny segments. */
#include "platform/bytes.h"
#include "tests/unit/stream_world.h"

static void (*peer_hears)(const uint8_t *, unsigned);
static uint64_t sent_at[64]; /* when TCP segments with data or a SYN left */
static unsigned sent_count;

static void note_segments(const uint8_t *frame, unsigned length)
{
    if (frame[12] == 8 && frame[13] == 0 && frame[23] == 6 && (length > 54 || (frame[47] & PEER_SYN)) &&
        sent_count < sizeof sent_at / sizeof *sent_at)
        sent_at[sent_count++] = platform_ticks() / platform_ticks_per_ms();
    peer_hears(frame, length);
}

static void note_from_now(void)
{
    peer_hears = wire.sent;
    wire.sent = note_segments;
    sent_count = 0;
}

static void send_more(size_t from, size_t length)
{
    struct stream_span span = {outgoing + from, length, true};
    size_t taken;
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    assert_int_equal(taken, length);
}

/* RFC 6298 5.5: few SYNs, each after twice the time, and the whole of it to the caller's deadline. */
static void syns_back_off(void **state)
{
    (void)state;
    peer.silent = true;
    note_from_now();
    uint64_t start = platform_ticks();
    assert_int_equal(connect_to("10.0.0.1", 60000), E_CONNECT_TIMEOUT);
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 60000, 60010);
    assert_in_range(sent_count, 6, 10);
    for (unsigned i = 2; i < sent_count - 1; i++)
        assert_in_range(sent_at[i + 1] - sent_at[i], 19 * (sent_at[i] - sent_at[i - 1]) / 10, 3 * (sent_at[i] - sent_at[i - 1]));
}

/* RFC 6298 5.7: the answer to the SYN was late, and so may be the first acknowledgement. */
static void slow_path(void **state)
{
    (void)state;
    wire.delay_us = 700000;
    assert_int_equal(connect_to("10.0.0.1", 5000), OK);
    note_from_now();
    send_out(100);
    peer_world_run(1000);
    assert_int_equal(sent_count, 1);
    assert_int_equal(stream->ops->unsent(stream), 0);
}

/* A long silence after the SYN is no round trip: what is lost then is repeated soon. */
static void silence_before_the_first_byte(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_world_run(5000);
    send_out(100);
    peer_world_run(100);

    wire.loss = 1000;
    fill_out(200);
    send_more(100, 100);
    peer_world_run(10);
    wire.loss = 0;
    peer_world_run(400);
    assert_int_equal(peer.received, 200);
}

/* Sends a segment, which is acknowledged so much later. */
static void be_patient(unsigned milliseconds)
{
    send_more(peer.received, 100);
    peer_world_run(milliseconds);
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer_world_run(1);
}

/* Linux acknowledges one segment after 40 ms: nothing is sent twice. Others take 200 ms: it is asked once after it, no more. */
static void delayed_acknowledgements(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer.no_acks = true;
    note_from_now();
    fill_out(3000);

    for (unsigned i = 0; i < 20; i++)
        be_patient(2 * i + 2);
    assert_int_equal(sent_count, 20);
    be_patient(239);
    assert_int_equal(sent_count, 22);
}

/* RFC 6298 3: nobody knows which of the two was answered. */
static void what_is_sent_again_is_not_timed(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer.no_acks = true;
    note_from_now();
    fill_out(3000);

    for (unsigned i = 0; i < 5; i++)
        be_patient(240);
    sent_count = 0;
    be_patient(100);
    assert_int_equal(sent_count, 2);
    assert_in_range(sent_at[1] - sent_at[0], 55, 75);
}

/* What was to be asked for again does not fit any more, and then is acknowledged: nothing waits for the window. */
static void window_that_closes(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer.no_acks = true;
    fill_out(3000);
    send_more(0, 48);
    peer_world_run(2);
    peer.advertise = 0;
    peer_segment(PEER_ACK, peer.next, peer.expected - 48, NULL, 0, "hello", 5);
    peer.next += 5;
    peer_world_run(90);
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer_world_run(200);

    uint8_t answer[16];
    size_t received;
    assert_int_equal(stream->ops->receive(stream, answer, sizeof answer, &received), OK);
    assert_int_equal(received, 5);

    peer.advertise = 0xFF00;
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer.no_acks = false;
    send_more(48, 1000);
    peer_world_run(5);
    assert_int_equal(peer.received, 1048);
    assert_int_equal(stream->ops->receive(stream, answer, sizeof answer, &received), OK);
}

/* A path as long as a SYN waits for: what the SYN took is known when the first data is sent. */
static void distant_peer(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK); /* its MAC is known from here on */
    stream->ops->abort(stream);
    peer_world_run(20);

    wire.delay_us = 190000;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.delay_us = 320000;
    note_from_now();
    send_out(100);
    peer_world_run(400);
    assert_int_equal(stream->ops->unsent(stream), 0);
    assert_int_equal(sent_count, 1);
}

/* Where one that was delayed would have come by then: losing the last segment of a burst costs so much, and no other. */
static void losing_the_last_segment(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    send_out(20 * 1460);
    peer_world_run(100);
    peer_hears = wire.sent;
    wire.sent = NULL;
    fill_out(21 * 1460);
    send_more(20 * 1460, 1460);
    net_poll();
    wire.sent = peer_hears;

    uint64_t start = platform_ticks();
    while (peer.received < 21 * 1460 && platform_ticks() - start < 5000 * platform_ticks_per_ms()) {
        net_poll();
        platform_idle();
    }
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 50, 75);
}

/* The target must not repeat into a card that hears nothing. */
static void acknowledges_before_a_pause(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_segment(PEER_ACK | PEER_PSH, peer.next, peer.expected, NULL, 0, "hello", 5);
    host_clock_advance_us(1000);
    net_poll();
    net_pause(peer_network);
    assert_int_equal(peer.acknowledged, peer.iss + 6);
    net_resume(peer_network);
}

static unsigned acknowledgements;

static void count_acknowledgements(const uint8_t *frame, unsigned length)
{
    acknowledgements += frame[12] == 8 && frame[13] == 0 && frame[23] == 6 && length <= 60;
    peer_hears(frame, length);
}

/* One turn in which a full segment came, 20 us after the last. */
static void hear_segment(void)
{
    static uint8_t data[1460];
    peer_segment(PEER_ACK | PEER_PSH, peer.next, peer.expected, NULL, 0, data, sizeof data);
    peer.next += sizeof data;
    host_clock_advance_us(20);
    net_poll();
}

static void count_from_now(void)
{
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_hears = wire.sent;
    wire.sent = count_acknowledgements;
    wire.delay_us = 10;
    acknowledgements = 0;
}

static void pause_and_resume(void)
{
    net_pause(peer_network);
    net_resume(peer_network);
}

/* A short answer, whose segments come one by one, costs one frame and not two. */
static void acknowledges_once_before_a_pause(void **state)
{
    (void)state;
    count_from_now();
    pause_and_resume();
    for (unsigned i = 1; i <= 10; i++) {
        for (unsigned segment = 0; segment < 3; segment++)
            hear_segment();
        pause_and_resume();
        assert_int_equal(acknowledgements, i);
        assert_int_equal(peer.acknowledged, peer.next);
    }
}

/* Two segments and no pause: the sender waits a quarter of a millisecond at most. */
static void held_acknowledgement_leaves(void **state)
{
    (void)state;
    count_from_now();
    pause_and_resume();
    hear_segment();
    hear_segment();
    assert_int_equal(acknowledgements, 0);
    host_clock_advance_us(260);
    net_poll();
    assert_int_equal(acknowledgements, 1);
    assert_int_equal(peer.acknowledged, peer.next);
}

/* A sender that may have no more than four segments on the way is not kept waiting, */
static void long_answers_are_acknowledged_on_the_way(void **state)
{
    (void)state;
    count_from_now();
    pause_and_resume();
    for (unsigned i = 0; i < 20; i++)
        hear_segment();
    assert_in_range(acknowledgements, 5, 10);
    assert_in_range(peer.next - peer.acknowledged, 0, 3 * 1460);
}

/* nor one who repeats what was lost, nor anyone while nobody pauses. */
static void losses_are_told_at_once(void **state)
{
    (void)state;
    count_from_now();
    hear_segment();
    hear_segment();
    assert_int_equal(acknowledgements, 1);

    pause_and_resume();
    acknowledgements = 0;
    peer.next += 1460;
    hear_segment();
    assert_int_equal(acknowledgements, 1);
    hear_segment();
    assert_int_equal(acknowledgements, 2);
}

static uint32_t told_to[8]; /* where the first SACK block of each acknowledgement ended */
static unsigned told;

static void note_sacks(const uint8_t *frame, unsigned length)
{
    if (frame[23] == 6 && length >= 66 && frame[56] == 5 && told < sizeof told_to / sizeof *told_to)
        told_to[told++] = get_be32(frame + 62);
    peer_hears(frame, length);
}

/* RFC 5681 4.2, RFC 2018 4: one acknowledgement for each, also of those that came in one turn, the newest block first. */
static void each_segment_out_of_order_is_told(void **state)
{
    static const uint8_t data[100];
    (void)state;
    peer.sack = true;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_hears = wire.sent;
    wire.sent = note_sacks;
    told = 0;

    static const unsigned places[] = {1, 2, 3, 6, 4};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        peer_segment(PEER_ACK, peer.next + places[i] * sizeof data, peer.expected, NULL, 0, data, sizeof data);
    host_clock_advance_us(200);
    net_poll();
    assert_int_equal(told, 5);
    for (unsigned i = 0; i < told; i++)
        assert_int_equal(told_to[i], peer.next + (places[i] + 1) * sizeof data);
}

/* Each of these is the largest segment that the peer takes. */
static void tiny_segments_out(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {1, 7, 48, 64, 128, 536};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t total = 100u * sizes[i] + 1000, sent = 0;
        peer.mss = sizes[i];
        peer.received = 0;
        assert_int_equal(connect_to("10.0.0.1", 1000), OK);
        fill_out(65536);

        uint64_t start = platform_ticks();
        while (peer.received < total && platform_ticks() - start < 20000 * platform_ticks_per_ms()) {
            struct stream_span span = {outgoing + sent, 65536 - sent, true};
            size_t taken = 0;
            if (sent < total)
                assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
            sent += taken;
            stream->ops->pump(stream);
            platform_idle();
        }
        assert_true(peer.received >= total);
        assert_false(peer.corrupted);
        stream->ops->abort(stream);
        peer_world_run(20);
    }
}

/* The same with the dump's heap: what is queued leaves room for what has to be sent besides. */
static void tiny_segments_from_the_smallest_heap(void **state)
{
    net_stream_free(stream);
    peer_world_close();
    peer_world_open(7, 8 * 1460);
    stream = net_stream_new(peer_network);
    tiny_segments_out(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(syns_back_off),
        CASE(slow_path),
        CASE(silence_before_the_first_byte),
        CASE(delayed_acknowledgements),
        CASE(what_is_sent_again_is_not_timed),
        CASE(window_that_closes),
        CASE(distant_peer),
        CASE(losing_the_last_segment),
        CASE(acknowledges_before_a_pause),
        CASE(acknowledges_once_before_a_pause),
        CASE(held_acknowledgement_leaves),
        CASE(long_answers_are_acknowledged_on_the_way),
        CASE(losses_are_told_at_once),
        CASE(each_segment_out_of_order_is_told),
        CASE(tiny_segments_out),
        CASE(tiny_segments_from_the_smallest_heap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
