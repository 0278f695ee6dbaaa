/* SPDX-License-Identifier: BSD-2-Clause */
/* IP fragments: datagrams that were cut up on the way, and what is only meant to look so. */
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/internet_sum.h"
#include "tests/unit/stream_world.h"

#define IP          ETHERNET_HEADER
#define IDENTIFIER  (IP + 4)
#define FRAGMENT    (IP + 6)
#define MORE        0x2000u
#define SEGMENT     1000u /* bytes of the stream in the segment that is cut up, and */
#define PAYLOAD     (TCP_HEADER + SEGMENT)
#define PIECES      3
#define FIRST_PIECE 400u

static uint8_t whole[WIRE_FRAME]; /* the last frame that the peer sent */
static unsigned whole_length;
static uint16_t number;
static uint32_t base; /* of the segment that was prepared */

static bool keep_frame(const uint8_t *frame, unsigned length)
{
    memcpy(whole, frame, length);
    whole_length = length;
    return true;
}

static void correct_header(uint8_t *frame)
{
    put_be16(frame + IP + IPV4_CHECKSUM, 0);
    put_be16(frame + IP + IPV4_CHECKSUM, internet_fold(internet_sum(frame + IP, IPV4_HEADER, 0)) ^ 0xFFFFu);
}

/* Bytes from..to of what the kept frame has behind its IP header. */
static void send_piece(unsigned from, unsigned to, bool more)
{
    uint8_t frame[WIRE_FRAME];
    memcpy(frame, whole, IP + IPV4_HEADER);
    memcpy(frame + IP + IPV4_HEADER, whole + IP + IPV4_HEADER + from, to - from);
    put_be16(frame + IP + IPV4_TOTAL_LENGTH, IPV4_HEADER + to - from);
    put_be16(frame + IDENTIFIER, number);
    put_be16(frame + FRAGMENT, from / 8 | (more ? MORE : 0));
    correct_header(frame);
    wire_inject(frame, IP + IPV4_HEADER + to - from);
}

static void send_numbered_piece(unsigned i)
{
    static const unsigned ends[PIECES + 1] = {0, FIRST_PIECE, 2 * FIRST_PIECE, PAYLOAD};
    send_piece(ends[i], ends[i + 1], i + 1 < PIECES);
}

/* Prepares the peer's next segment. It is not on its way. */
static void prepare_segment(void)
{
    uint8_t data[SEGMENT];
    for (unsigned i = 0; i < SEGMENT; i++)
        data[i] = peer_pattern(peer.next - peer.iss - 1 + i);
    base = peer.next;
    peer.sends = keep_frame;
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, data, SEGMENT);
    peer.sends = NULL;
    number++;
}

static size_t receive_all(void)
{
    static uint8_t in[64 * 1024];
    size_t received;
    peer_world_run(40);
    assert_int_equal(stream->ops->receive(stream, in, sizeof in, &received), OK);
    for (size_t i = 0; i < received; i++)
        assert_int_equal(in[i], peer_pattern(base - peer.iss - 1 + i));
    return received;
}

static void assert_delivered(void)
{
    assert_int_equal(receive_all(), SEGMENT);
    assert_int_equal(peer.acknowledged, base + SEGMENT);
}

static void assert_dropped(void)
{
    assert_int_equal(receive_all(), 0);
    assert_int_equal(wire.held, 0);
}

static void connect_first(void)
{
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    peer_world_run(20);
}

static void any_order(void **state)
{
    (void)state;
    static const uint8_t orders[][PIECES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    connect_first();
    for (unsigned i = 0; i < 600; i++) { /* far more than the heap has room for, if any of it stayed */
        prepare_segment();
        for (unsigned k = 0; k < PIECES; k++)
            send_numbered_piece(orders[i % 6][k]);
        assert_delivered();
    }
    assert_int_equal(wire.held, 0);
}

static void pieces_that_come_twice(void **state)
{
    (void)state;
    connect_first();
    prepare_segment();
    for (unsigned i = 0; i < 2 * (PIECES - 1); i++)
        send_numbered_piece(i / 2);
    send_numbered_piece(2);
    assert_delivered();
}

/* RFC 5722: no byte of such a datagram is believed. Sent again it arrives. */
static void pieces_that_overlap(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned from, to;
        bool more;
    } cases[] = {
        {"over the end of the first", FIRST_PIECE - 8, FIRST_PIECE + 8, true},
        {"within the first and beyond", 8, FIRST_PIECE + 80, true},
        {"ends before what was there", 8, 80, false},
        {"beyond all, as the last", 8, PAYLOAD + 80, false},
    };

    connect_first();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        prepare_segment();
        send_numbered_piece(0);
        send_piece(cases[i].from, cases[i].to, cases[i].more);
        send_numbered_piece(1);
        send_numbered_piece(2);
        if (receive_all() != 0)
            fail_msg("%s", cases[i].name);
        assert_int_equal(wire.held, 0);
        number++;
        for (unsigned k = 0; k < PIECES; k++)
            send_numbered_piece(k);
        assert_delivered();
    }
}

/* As many bytes as the datagram has, some of them twice and some never. */
static void a_hole_that_an_overlap_hides(void **state)
{
    (void)state;
    connect_first();
    prepare_segment();
    send_numbered_piece(0);
    send_piece(FIRST_PIECE - 8, 2 * FIRST_PIECE - 8, true);
    send_numbered_piece(2);
    assert_dropped();
}

static void ends_that_do_not_agree(void **state)
{
    (void)state;
    connect_first();
    prepare_segment();
    send_numbered_piece(2);
    send_piece(PAYLOAD - PAYLOAD % 8, PAYLOAD - PAYLOAD % 8 + 16, false);
    send_numbered_piece(0);
    send_numbered_piece(1);
    assert_dropped();
}

static void pieces_of_wrong_sizes(void **state)
{
    (void)state;
    connect_first();
    prepare_segment();
    send_piece(0, FIRST_PIECE + 4, true); /* no multiple of 8, and more follows */
    send_piece(0, 0, true);
    send_piece(FIRST_PIECE, FIRST_PIECE, false);
    send_numbered_piece(1);
    send_numbered_piece(2);
    assert_dropped();
    send_numbered_piece(0); /* those were no part of it */
    assert_delivered();

    /* Beyond the MTU, be it all there, and beyond what IPv4 can have. */
    prepare_segment();
    send_piece(0, 800, true);
    static const unsigned beyond[] = {800, 1456, 8000, 65000, 65528};
    for (unsigned i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        uint8_t frame[IP + IPV4_HEADER + 800] = {0};
        unsigned length = i == 0 ? 656 : 48;
        memcpy(frame, whole, IP + IPV4_HEADER);
        put_be16(frame + IP + IPV4_TOTAL_LENGTH, IPV4_HEADER + length);
        put_be16(frame + IDENTIFIER, number);
        put_be16(frame + FRAGMENT, beyond[i] / 8 | (i == 0 ? MORE : 0));
        correct_header(frame);
        wire_inject(frame, IP + IPV4_HEADER + length);
    }
    peer_world_run(20);
    assert_null(strstr(host_log_text(), "inconsistent"));
    size_t received;
    assert_int_equal(stream->ops->receive(stream, whole, sizeof whole, &received), OK);
    assert_int_equal(received, 0);
}

/* Whatever the card says of its pieces: it has not seen the whole. */
static void checksums_count(void **state)
{
    (void)state;
    connect_first();
    wire.verified = true;
    prepare_segment();
    whole[whole_length - 1] ^= 1;
    for (unsigned i = 0; i < PIECES; i++)
        send_numbered_piece(i);
    assert_dropped();

    wire.verified = false;
    prepare_segment();
    uint8_t broken[IP + IPV4_HEADER + 8];
    memcpy(broken, whole, sizeof broken);
    put_be16(broken + IP + IPV4_TOTAL_LENGTH, IPV4_HEADER + 8);
    put_be16(broken + IDENTIFIER, number);
    put_be16(broken + FRAGMENT, MORE);
    put_be16(broken + IP + IPV4_CHECKSUM, 0x1234);
    broken[sizeof broken - 1] ^= 1;
    wire_inject(broken, sizeof broken);
    for (unsigned i = 0; i < PIECES; i++)
        send_numbered_piece(i);
    assert_delivered();
}

static void too_late(void **state)
{
    (void)state;
    connect_first();
    prepare_segment();
    send_numbered_piece(0);
    send_numbered_piece(1);
    peer_world_run(2600);
    send_numbered_piece(2);
    assert_dropped();
    for (unsigned i = 0; i < PIECES - 1; i++)
        send_numbered_piece(i); /* the last one waits for them */
    assert_delivered();

    prepare_segment();
    send_numbered_piece(0);
    send_numbered_piece(1);
    peer_world_run(20);
    net_pause(peer_network);
    host_clock_advance_us(10000000);
    net_resume(peer_network);
    send_numbered_piece(2);
    assert_dropped();
}

/* From everywhere and from the peer's address: data arrives all the same, and is sent. */
static void flood(void **state)
{
    (void)state;
    connect_first();
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t kept[sizeof whole];
        prepare_segment();
        memcpy(kept, whole, sizeof kept);
        uint16_t wanted = number;
        bool ours = i % 100 == 99;
        if (ours)
            send_numbered_piece(0);
        for (unsigned k = 0; k < 4; k++) {
            number = (uint16_t)(i * 16 + k + 1000);
            if (i % 2)
                put_be32(whole + IP + IPV4_SOURCE, 0x0A000000u + (i & 0xFF));
            send_piece(80, 160, true);
        }
        memcpy(whole, kept, sizeof kept);
        number = wanted;
        if (ours) {
            send_numbered_piece(1);
            send_numbered_piece(2);
            assert_delivered();
        }
        peer_world_run(1);
    }
    assert_true(wire.held_most <= 16);
    assert_int_equal(wire.starved, 0);

    uint8_t out[20000];
    size_t taken;
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = peer_pattern(i);
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){out, sizeof out, true}, 1, &taken), OK);
    peer_world_run(100);
    assert_int_equal(peer.received, sizeof out);
}

/* The dump's heap is small: with all places taken there is room to send. */
static void smallest_heap(void **state)
{
    (void)state;
    net_stream_free(stream);
    peer_world_close();
    peer_world_open(7, 8 * 1460);
    stream = net_stream_new(peer_network);
    connect_first();
    for (unsigned i = 0; i < 20; i++) {
        prepare_segment();
        if (i % 2)
            put_be32(whole + IP + IPV4_SOURCE, 0x0A000020u + i);
        send_piece(80, 160, true);
    }

    static uint8_t out[8000];
    size_t taken;
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = peer_pattern(i);
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){out, sizeof out, false}, 1, &taken), OK);
    peer_world_run(100);
    assert_true(taken > 0);
    assert_int_equal(peer.received, taken);
    prepare_segment();
    for (unsigned i = 0; i < PIECES; i++)
        send_numbered_piece(i);
    assert_delivered();
}

/* A router cuts up a third of what comes, as it has a smaller MTU. */
static bool cut_some(const uint8_t *frame, unsigned length)
{
    static unsigned frames;
    if (length < 600 || ++frames % 3)
        return false;
    memcpy(whole, frame, length);
    unsigned payload = length - IP - IPV4_HEADER;
    number++;
    for (unsigned at = 0; at < payload; at += 552)
        send_piece(at, at + smaller_of(552, payload - at), at + 552 < payload);
    return true;
}

static void a_transfer_through_a_narrow_router(void **state)
{
    (void)state;
    static uint8_t in[1 << 20];
    connect_first();
    peer.sends = cut_some;
    peer.source = true;
    peer.to_send = sizeof in;

    uint64_t start = platform_ticks();
    for (size_t received = 0; received < sizeof in;) {
        size_t done;
        stream->ops->pump(stream);
        assert_int_equal(stream->ops->receive(stream, in + received, sizeof in - received, &done), OK);
        received += done;
        platform_idle();
    }
    for (size_t i = 0; i < sizeof in; i++)
        assert_int_equal(in[i], peer_pattern(i));
    assert_true(platform_ticks() - start < 2000 * platform_ticks_per_ms());
    assert_int_equal(wire.starved, 0);
}

/* Nobody reads: the heap fills with what was put together, no further, and everything is there afterwards. */
static void a_reader_that_stops(void **state)
{
    (void)state;
    static uint8_t in[200000];
    size_t received = 0, done;
    connect_first();
    peer.sends = cut_some;
    peer.source = true;
    peer.to_send = sizeof in;
    peer_world_run(2000);

    while (received < sizeof in) {
        stream->ops->pump(stream);
        assert_int_equal(stream->ops->receive(stream, in + received, sizeof in - received, &done), OK);
        received += done;
        platform_idle();
    }
    for (size_t i = 0; i < sizeof in; i++)
        assert_int_equal(in[i], peer_pattern(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(any_order),
        CASE(pieces_that_come_twice),
        CASE(pieces_that_overlap),
        CASE(a_hole_that_an_overlap_hides),
        CASE(ends_that_do_not_agree),
        CASE(pieces_of_wrong_sizes),
        CASE(checksums_count),
        CASE(too_late),
        CASE(flood),
        CASE(smallest_heap),
        CASE(a_transfer_through_a_narrow_router),
        CASE(a_reader_that_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
