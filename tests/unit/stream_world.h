/* SPDX-License-Identifier: BSD-2-Clause */
/* One stream of net/, with a peer at the end of a wire, for the tests of platform/stream.h. */
#ifndef SANSTRAP_TESTS_STREAM_WORLD_H
#define SANSTRAP_TESTS_STREAM_WORLD_H

#include "net/net.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"
#include "tests/unit/unit.h"

#define FULL_SEGMENT 1460u
#define WINDOW       (64u * FULL_SEGMENT)

static struct stream *stream;
static uint8_t outgoing[1 << 20];

static inline int open_world(void **state)
{
    (void)state;
    peer_world_open(96, WINDOW);
    stream = net_stream_new(peer_network);
    return 0;
}

static inline int close_world(void **state)
{
    (void)state;
    net_stream_free(stream);
    net_close(peer_network);
    assert_int_equal(wire.held, 0); /* every receive buffer is back in the ring */
    assert_int_equal(wire.oversized, 0);
    peer_world_close();
    return 0;
}

static inline enum status connect_to(const char *host, unsigned milliseconds)
{
    return host_connect(stream, host, 3260, deadline_after_ms(milliseconds));
}

/* What the peer expects to receive. */
static inline void fill_out(size_t length)
{
    for (size_t i = 0; i < length; i++)
        outgoing[i] = peer_pattern(i);
}

/* Sends so much of it, all of which finds room. */
static inline void send_out(size_t length)
{
    struct stream_span span = {outgoing, length, true};
    size_t taken;
    fill_out(length);
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    assert_int_equal(taken, length);
}

/* Full segments of the peer's, from its next one on. */
static inline void full_segments_come(unsigned count)
{
    static uint8_t data[FULL_SEGMENT];
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < FULL_SEGMENT; j++)
            data[j] = peer_pattern(peer.next - peer.iss - 1 + j);
        peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, data, sizeof data);
        peer.next += FULL_SEGMENT;
    }
}

/* Milliseconds until all is acknowledged; 5000 when it is not. */
static inline unsigned wait_for_all(void)
{
    uint64_t start = platform_ticks();
    while (stream->ops->unsent(stream) && platform_ticks() - start < 5000 * platform_ticks_per_ms()) {
        net_poll();
        platform_idle();
    }
    return (unsigned)((platform_ticks() - start) / platform_ticks_per_ms());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
