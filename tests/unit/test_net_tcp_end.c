/* SPDX-License-Identifier: BSD-2-Clause */
/* All that was written arrives, and then the end, when the window is small or closed and when the peer has closed first. */
#include <limits.h>
#include <unistd.h>

#include "lwip/mem.h"
#include "platform/bytes.h"
#include "tests/unit/stream_world.h"

#define SMALL 100u /* of a window */

static void connect(void)
{
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
}

/* The window is small, or closed, when the rest is written. */
static void write_behind_window(uint16_t window)
{
    peer.advertise = window;
    send_out(1);
    peer_world_run(20);

    struct stream_span span = {outgoing + 1, 1000, true};
    size_t taken;
    fill_out(1001);
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    assert_int_equal(taken, 1000);
}

static void expect_all(size_t length)
{
    assert_int_equal(peer.received, length);
    assert_false(peer.corrupted);
}

/* The last segment is longer than the window that there is, and carries the FIN. */
static void a_fin_behind_a_small_window(void **state)
{
    (void)state;
    connect();
    write_behind_window(SMALL);
    stream->ops->close(stream, deadline_after_ms(60000));
    expect_all(1001);
    assert_true(peer.got_fin);
}

/* The peer has no window when it answers the SYN, and then a small one: segments are to be half of its largest. */
static void written_before_there_was_a_window(void **state)
{
    (void)state;
    peer.advertise = 0;
    connect();
    send_out(2000);
    peer.advertise = 1000;
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
    host_clock_advance_us(200);
    stream->ops->pump(stream);

    size_t taken;
    fill_out(6000);
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){outgoing + 2000, 4000, true}, 1, &taken), OK);
    assert_int_equal(taken, 4000);
    peer_world_run(10000);
    expect_all(6000);
}

static void (*peer_hears)(const uint8_t *, unsigned);
static deadline_t deaf_until;

static void hear_later(const uint8_t *frame, unsigned length)
{
    if (deadline_passed(deaf_until))
        peer_hears(frame, length);
}

/* The peer closed its side long ago, and hears nothing of ours for a while. */
static void a_fin_to_who_has_closed(void **state)
{
    (void)state;
    connect();
    peer_segment(PEER_ACK | PEER_FIN, peer.next, peer.expected, NULL, 0, NULL, 0);
    peer.next++;
    peer_world_run(3000);
    peer_hears = wire.sent;
    wire.sent = hear_later;
    deaf_until = deadline_after_ms(1000);
    send_out(500);
    stream->ops->close(stream, deadline_after_ms(10000));
    expect_all(500);
    assert_true(peer.got_fin);
}

static void *blocks[4096];
static unsigned block_count;

static void take_memory(size_t size)
{
    void *block = mem_malloc(size);
    while (block && block_count < sizeof blocks / sizeof *blocks) {
        blocks[block_count++] = block;
        block = mem_malloc(size);
    }
}

/* Nothing tells of the window when its update was lost, but the answer to a probe. */
static void a_small_window_and_no_memory(void **state)
{
    (void)state;
    connect();
    write_behind_window(SMALL);
    void *for_a_probe = mem_malloc(160);
    for (size_t size = 16 * KIB; size >= 256; size /= 2)
        take_memory(size);
    mem_free(for_a_probe);

    peer.advertise = 0xFF00;
    peer_world_run(3000);
    assert_true(peer.received > 1);
    while (block_count)
        mem_free(blocks[--block_count]);
    peer_world_run(3000);
    expect_all(1001);
}

/* The card takes nothing for a second, while the window is closed. */
static void probes_that_cannot_be_sent(void **state)
{
    (void)state;
    connect();
    write_behind_window(0);
    wire.busy = 1000000;
    peer_world_run(3000);
    wire.busy = 0;
    peer.advertise = 0xFF00;
    peer_world_run(10000);
    expect_all(1001);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(a_fin_behind_a_small_window),  CASE(written_before_there_was_a_window), CASE(a_fin_to_who_has_closed),
        CASE(a_small_window_and_no_memory), CASE(probes_that_cannot_be_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
