/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Defects that lwIP had, or has, and that a packet can reach, each with the packet. Names are upstream's fixes. What closes them:
 * lwIP 2.2.1, net/guard.c, net/patches/, lwipopts.h; docs/lwip.md says which. An assertion of lwIP's shows as the warning that
 * net_poll() logs, and as lost connections.
 */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define SEGMENTS 16u
#define WINDOW   (SEGMENTS * 1460u)

static struct stream *stream;
static uint8_t buffer[4 * WINDOW];

/* What the stack has for us, at most `length` bytes of it. */
static size_t receive(size_t length)
{
    size_t received;
    assert_int_equal(stream->ops->receive(stream, buffer, length, &received), OK);
    return received;
}

static void send_stable(const void *bytes, size_t length)
{
    struct stream_span span = {bytes, length, true};
    size_t taken;
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
}

static int open_world(void **state)
{
    (void)state;
    host_log_clear();
    peer_world_open(96, WINDOW);
    stream = net_stream_new(peer_network);
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    assert_null(strstr(host_log_text(), "inconsistent"));
    net_stream_free(stream);
    net_close(peer_network);
    assert_int_equal(wire.held, 0);
    peer_world_close();
    return 0;
}

/* The connection lives: a byte each way arrives. */
static void assert_alive(void)
{
    static uint8_t byte;
    uint64_t before = peer.received;
    byte = peer_pattern(before);
    send_stable(&byte, 1);
    peer_world_run(100);
    assert_int_equal(peer.received, before + 1);

    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, "!", 1);
    peer.next++;
    peer_world_run(100);
    assert_int_equal(receive(1), 1);
    assert_int_equal(buffer[0], '!');
}

/* adbc5b5f, bug 56397: a SYN within a connection, with data and without. */
static void syn_in_a_connection(void **state)
{
    (void)state;
    peer_segment(PEER_SYN | PEER_ACK, peer.next, peer.expected, NULL, 0, "x", 1);
    peer_segment(PEER_SYN, peer.next + 1460, peer.expected, NULL, 0, "x", 1);
    peer_segment(PEER_SYN | PEER_FIN | PEER_ACK, peer.next + 10, peer.expected, NULL, 0, "x", 1);
    peer_world_run(50);
    assert_alive();
}

/* 574bd6e5: a segment at the window's edge, trimmed when it was queued, comes again longer. */
static void longer_repetition_at_the_windows_edge(void **state)
{
    (void)state;
    uint32_t edge = peer.next + WINDOW;
    peer_segment(PEER_ACK, edge - 100, peer.expected, NULL, 0, buffer, 100);
    peer_segment(PEER_ACK, edge - 100, peer.expected, NULL, 0, buffer, 1000);
    peer_segment(PEER_ACK | PEER_FIN, edge - 100, peer.expected, NULL, 0, buffer, 1400);
    peer_segment(PEER_ACK, edge - 1, peer.expected, NULL, 0, buffer, 1400);
    peer_segment(PEER_ACK | PEER_FIN, edge - 1, peer.expected, NULL, 0, buffer, 1);
    peer_world_run(50);

    /* Filled up, the queue is taken over; no byte beyond the window may come with it. */
    for (uint32_t at = peer.next; at != edge - 100;) {
        uint32_t length = smaller_of(edge - 100 - at, 1460);
        peer_segment(PEER_ACK, at, peer.expected, NULL, 0, buffer, length);
        at += length;
    }
    peer_world_run(50);

    size_t received = 0;
    while (received < WINDOW) {
        size_t done = receive(sizeof buffer);
        assert_int_not_equal(done, 0);
        received += done;
    }
    assert_int_equal(received, WINDOW);
    peer.next = edge;
    peer_world_run(50);
    assert_alive();
}

/* 3d896ba0: an option's length byte beyond the header. The option is the last byte of the header; the data behind it says "length
 * 4". */
static void option_reaching_past_the_header(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[4];
    } cases[] = {
        {"MSS, length behind", {1, 1, 1, 2}},      {"window scale, length behind", {1, 1, 1, 3}},
        {"SACK permitted of 200", {4, 200, 0, 0}}, {"unknown of zero", {99, 0, 0, 0}},
        {"unknown of one", {99, 1, 0, 0}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        peer_segment(PEER_ACK, peer.next, peer.expected, cases[i].bytes, 4, "\4data", 5);
        peer_world_run(20);
        size_t done = receive(sizeof buffer);
        if (done)
            print_error("%s\n", cases[i].name);
        assert_int_equal(done, 0);
    }
    assert_alive();
}

/* 003d34ee: numbers half the sequence space away are neither before nor after. */
static void sequence_numbers_half_the_space_away(void **state)
{
    (void)state;
    static const uint32_t distances[] = {0x80000000u, 0x7FFFFFFFu, 0x80000001u, 0xC0000000u, 0x40000000u};

    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        peer_segment(PEER_ACK, peer.next + distances[i], peer.expected, NULL, 0, "stale", 5);
        peer_segment(PEER_ACK, peer.next, peer.expected + distances[i], NULL, 0, "stale", 5);
        peer_segment(PEER_ACK | PEER_RST, peer.next + distances[i], peer.expected, NULL, 0, NULL, 0);
        peer_segment(PEER_ACK | PEER_FIN, peer.next + distances[i], peer.expected, NULL, 0, NULL, 0);
    }
    peer_world_run(50);
    assert_int_equal(receive(sizeof buffer), 0);
    assert_alive();
}

/*
 * RFC 5961 3.2 and 4.2: a reset in the window, but not at its very beginning, is a guess; who means it is told where it is. So is
 * who begins a connection within ours. A forger gets ten answers, not a thousand.
 */
static void guessed_resets_and_syns(void **state)
{
    (void)state;
    static const uint8_t flags[] = {PEER_RST, PEER_RST | PEER_ACK, PEER_SYN, PEER_SYN | PEER_ACK};
    for (unsigned i = 0; i < sizeof flags; i++) {
        peer_world_run(6000);
        unsigned before = peer.acks;
        peer_segment(flags[i], peer.next + 100, peer.expected, NULL, 0, NULL, 0);
        peer_world_run(50);
        assert_int_equal(peer.acks, before + 1);
    }

    peer_world_run(6000);
    unsigned before = peer.acks;
    for (unsigned i = 0; i < 1000; i++) {
        peer_segment(flags[i % sizeof flags], peer.next + 1 + i, peer.expected, NULL, 0, NULL, 0);
        peer_world_run(1);
    }
    assert_in_range(peer.acks - before, 1, 10);
    assert_alive();

    peer_segment(PEER_RST, peer.next, 0, NULL, 0, NULL, 0);
    peer_world_run(50);
    size_t received;
    assert_int_equal(stream->ops->receive(stream, buffer, 1, &received), E_STREAM_RESET);
}

/* b1d3dcb8: duplicate acknowledgements with data of the peer's between them still retransmit fast, before any timeout. */
static void fast_retransmission_under_two_way_traffic(void **state)
{
    (void)state;
    static uint8_t out[20 * 1460];
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = peer_pattern(i);
    send_stable(out, sizeof out / 2); /* so that the congestion window is open */
    peer_world_run(300);
    assert_int_equal(peer.received, sizeof out / 2);

    uint32_t lost = peer.expected;
    void (*handler)(const uint8_t *, unsigned) = wire.sent;
    wire.sent = NULL; /* these are all lost */
    send_stable(out + sizeof out / 2, sizeof out / 2);
    net_poll();
    uint64_t start = platform_ticks();
    wire.sent = handler;

    for (unsigned i = 0; i < 3; i++) {
        peer_segment(PEER_ACK, peer.next, lost, NULL, 0, NULL, 0);
        peer_segment(PEER_ACK, peer.next, lost, NULL, 0, "data", 4);
        peer.next += 4;
    }
    while (peer.expected == lost && platform_ticks() - start < 1000 * platform_ticks_per_ms()) {
        net_poll();
        platform_idle();
    }
    assert_true(platform_ticks() - start < 50 * platform_ticks_per_ms());
}

/* 3666dcc6: a segment that belongs to no connection is answered by a reset, and no PCB is looked for in the answer. */
static void segment_of_no_connection(void **state)
{
    (void)state;
    uint16_t port = peer.port;
    peer.port = 1;
    peer_segment(PEER_ACK, 1, 1, NULL, 0, "x", 1);
    peer_segment(PEER_SYN, 1, 0, NULL, 0, NULL, 0);
    peer_world_run(50);
    assert_int_equal(peer.resets, 2);
    peer.port = port;
    peer.established = true;
    assert_alive();
}

/* c8f42025, 16e8ef31, f85ed72b, 56b29f8b: strays at any offset, odd lengths among them. net/fragments.c puts together, not lwIP.
 */
static void stray_fragments(void **state)
{
    (void)state;
    uint8_t frame[80] = {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0xFE, 0x08, 0x00, 0x45, 0, 0, 60, 0, 1, 0x20, 0, 64, 6};
    memcpy(frame + 26, "\12\0\0\1\12\0\0\2", 8);
    wire.verified = true; /* so that the header's checksum does not matter */
    for (unsigned offset = 0; offset < 0x4000; offset += 0x0FFF) {
        frame[20] = (uint8_t)(offset >> 8);
        frame[21] = (uint8_t)offset;
        wire_inject(frame, 74);
    }
    peer_world_run(50);
    assert_int_equal(wire.held, 0);
    assert_alive();
}

/* A segment with a wrong checksum counts only when the card says that it verified it. */
static void wrong_checksum(void **state)
{
    (void)state;
    /* clang-format off */
    uint8_t frame[58] = {
        0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0xFE, 0x08, 0x00,
        0x45, 0, 0, 44, 0, 0, 0, 0, 64, PROTOCOL_TCP, 0x66, 0xCA, 10, 0, 0, 1, 10, 0, 0, 2,
        [46] = 0x50, PEER_ACK, 0xFF, /* header, flags, window */
    };
    /* clang-format on */
    uint8_t *tcp = frame + ETHERNET_HEADER + IPV4_HEADER;
    put_be16(tcp, 3260);
    put_be16(tcp + 2, peer.port);
    put_be32(tcp + 4, peer.next);
    put_be32(tcp + 8, peer.expected);
    memcpy(tcp + TCP_HEADER, "evil", 4);

    wire_inject(frame, sizeof frame);
    peer_world_run(20);
    assert_int_equal(receive(4), 0);
    wire.verified = true;
    wire_inject(frame, sizeof frame);
    peer_world_run(20);
    assert_int_equal(receive(4), 4);
}

/* RFC 6528: the numbers of one connection say nothing of the next. */
static void initial_sequence_numbers(void **state)
{
    (void)state;
    uint32_t previous = 0, previous_step = 0;
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
        uint32_t step = peer.stack_iss - previous;
        assert_true(step > 1000000 && step < 0u - 1000000);
        assert_int_not_equal(step, previous_step);
        previous = peer.stack_iss;
        previous_step = step;
    }
}

/* Frames of any length and content: nothing is overrun, nothing kept, and the connection lives. */
static void random_frames(void **state)
{
    (void)state;
    static const uint8_t heads[][24] = {
        {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0xFE, 0x08, 0x00, 0x45},
        {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0xFE, 0x86, 0xDD, 0x60},
        {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0xFE, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, 2},
    };

    wire.verified = true;
    for (unsigned i = 0; i < 30000; i++) {
        uint8_t frame[256];
        uint32_t random;
        unsigned length;
        platform_random(&random, sizeof random);
        platform_random(frame, sizeof frame);
        length = random % sizeof frame;
        memcpy(frame, heads[random >> 8 & 1], random & 0x10000 ? 15 : 14);
        if (length > 34 && (random & 0x20000)) { /* an honest length and addresses get further in */
            frame[16] = 0;
            frame[17] = (uint8_t)(length - 14);
            memset(frame + 18, 0, 5);
            memcpy(frame + 26, "\12\0\0\1\12\0\0\2", 8);
        }
        wire_inject(frame, length);
        net_poll();
        host_clock_advance_us(200);
    }
    peer_world_run(20);
    wire.verified = false;
    assert_int_equal(wire.starved, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(syn_in_a_connection),
        CASE(longer_repetition_at_the_windows_edge),
        CASE(option_reaching_past_the_header),
        CASE(sequence_numbers_half_the_space_away),
        CASE(guessed_resets_and_syns),
        CASE(fast_retransmission_under_two_way_traffic),
        CASE(segment_of_no_connection),
        CASE(stray_fragments),
        CASE(wrong_checksum),
        CASE(initial_sequence_numbers),
        CASE(random_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
