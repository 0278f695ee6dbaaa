/* SPDX-License-Identifier: BSD-2-Clause */
/* A heap that is misused, more pieces than a card takes, a card that fails: the network goes on. */
#include "tests/unit/stream_world.h"

/* net/heap.c, by lwIP's names, whose headers and the host's do not go together. */
void *mem_malloc(uint16_t size);
void mem_free(void *memory);

static void broken_heap(void (*misuse)(void))
{
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    host_log_clear();
    misuse();
    net_poll();
    uint8_t byte;
    size_t received;
    assert_int_equal(stream->ops->receive(stream, &byte, 1, &received), E_INTERNAL);
    assert_non_null(strstr(host_log_text(), "all connections are dropped"));
    net_poll();
    assert_int_equal(connect_to("10.0.0.1", 5000), OK);
}

static void free_twice(void)
{
    void *memory = mem_malloc(100);
    assert_non_null(memory);
    mem_free(memory);
    mem_free(memory);
}

static void free_what_was_not_given(void)
{
    static uint64_t foreign[8];
    mem_free(foreign + 4);
    assert_int_equal(foreign[4], 0);
}

static void free_nothing(void)
{
    mem_free(NULL);
}

static void misuse_ends_connections(void **state)
{
    (void)state;
    broken_heap(free_twice);
    stream->ops->abort(stream);
    broken_heap(free_what_was_not_given);
    stream->ops->abort(stream);
    broken_heap(free_nothing);
}

static void more_than_there_can_be(void **state)
{
    (void)state;
    assert_null(mem_malloc(60000));
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
}

/* More spans than a card takes pieces, apart in memory: they go out joined. */
static void many_small_spans(void **state)
{
    (void)state;
    enum { COUNT = 60, LENGTH = 9 };
    static uint8_t bytes[COUNT][LENGTH + 7];
    for (unsigned i = 0; i < COUNT * LENGTH; i++)
        bytes[i / LENGTH][i % LENGTH] = peer_pattern(i);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);

    size_t sent = 0;
    while (sent < COUNT * LENGTH) {
        struct stream_span spans[COUNT];
        unsigned count = 0;
        size_t taken;
        for (size_t at = sent; at < COUNT * LENGTH; at += spans[count++].length)
            spans[count] = (struct stream_span){&bytes[at / LENGTH][at % LENGTH], LENGTH - at % LENGTH, true};
        assert_int_equal(stream->ops->send(stream, spans, count, &taken), OK);
        sent += taken;
        peer_world_run(5);
    }
    peer_world_run(1000);
    assert_int_equal(peer.received, COUNT * LENGTH);
    assert_false(peer.corrupted);
    assert_true(peer.segments < COUNT / 2);
}

/* What the card refuses is lost on the way, no more: TCP says it again. */
static void a_card_that_fails_now_and_then(void **state)
{
    (void)state;
    static uint8_t bytes[20000];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = peer_pattern(i);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    wire.broken = 3;
    size_t taken;
    assert_int_equal(stream->ops->send(stream, &(struct stream_span){bytes, sizeof bytes, true}, 1, &taken), OK);
    assert_int_equal(taken, sizeof bytes);
    peer_world_run(20000);
    assert_int_equal(peer.received, sizeof bytes);
    assert_false(peer.corrupted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(misuse_ends_connections),
        CASE(more_than_there_can_be),
        CASE(many_small_spans),
        CASE(a_card_that_fails_now_and_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
