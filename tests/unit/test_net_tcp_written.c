/* SPDX-License-Identifier: BSD-2-Clause */
/* What arrives is what was written, whatever is lost meanwhile and has to be sent again. */
#include <limits.h>
#include <unistd.h>

#include "lwip/priv/tcp_priv.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/unit/stream_world.h"

#define BYTES (160u * 1024)

static void (*peer_hears)(const uint8_t *, unsigned);

/* A peer that keeps bytes. */
static struct {
    uint8_t bytes[BYTES + 1];
    bool have[BYTES + 1];         /* the FIN is one of them */
    bool lost[BYTES + 1];         /* what began here was, once */
    uint32_t missing, end;        /* the first that has not come; behind the last that has */
    uint32_t lose_all, lose_some; /* up to where everything is lost, once, and up to where half is */
} keeper;

static uint32_t behind_run(uint32_t at)
{
    while (keeper.have[at])
        at++;
    return at;
}

static bool have(uint32_t at)
{
    return keeper.have[at];
}

static void keep_segment(const uint8_t *frame, unsigned length)
{
    const uint8_t *ip = frame + ETHERNET_HEADER, *tcp = ip + IPV4_HEADER;
    unsigned count = get_be16(ip + IPV4_TOTAL_LENGTH) - IPV4_HEADER - TCP_HEADER;
    if (get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV4 || (tcp[TCP_FLAG_BITS] & (PEER_SYN | PEER_RST)) ||
        (count == 0 && !(tcp[TCP_FLAG_BITS] & PEER_FIN))) {
        peer_hears(frame, length);
        return;
    }

    uint32_t at = get_be32(tcp + TCP_SEQUENCE) - peer.stack_iss - 1;
    assert_true(at + count <= BYTES);
    if (!keeper.lost[at] && (at < keeper.lose_all || (at < keeper.lose_some && rand() % 2))) {
        keeper.lost[at] = true;
        return;
    }
    memcpy(keeper.bytes + at, tcp + TCP_HEADER, count);
    if (tcp[TCP_FLAG_BITS] & PEER_FIN)
        count++;
    memset(keeper.have + at, true, count);
    if (at + count > keeper.end)
        keeper.end = at + count;
    keeper.missing = behind_run(keeper.missing);
    peer_acknowledge(&(struct peer_came){have, keeper.missing, keeper.end, 1}, at);
}

static size_t written;

static void send_piece(size_t length)
{
    struct stream_span span = {outgoing + written, length, true};
    size_t taken;
    assert_int_equal(stream->ops->send(stream, &span, 1, &taken), OK);
    written += taken;
}

/*
 * Most of a window is lost, and of the odd pieces behind it every other one; and while that is sent again, as far as half of the
 * window takes it, more is written.
 */
static void lose_most(bool more)
{
    tcp_active_pcbs->cwnd = 30 * FULL_SEGMENT;
    keeper.lose_all = (uint32_t)written + 20 * FULL_SEGMENT;
    keeper.lose_some = keeper.lose_all + 3 * FULL_SEGMENT;
    send_piece(20 * FULL_SEGMENT);
    for (unsigned i = 0; i < 6; i++)
        send_piece(FULL_SEGMENT / 2 + (unsigned)rand() % FULL_SEGMENT / 2);
    send_piece(4 * FULL_SEGMENT);
    for (unsigned i = 1 + (unsigned)rand() % 4; i != 0; i--) {
        peer_world_run(1);
        if (more)
            send_piece(1 + (unsigned)rand() % 100);
    }
}

static void lose_and_close(bool sack)
{
    memset(&keeper, 0, sizeof keeper);
    peer.sack = sack;
    wire.sent = keep_segment;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    for (written = 0; written < BYTES - 60 * FULL_SEGMENT;) {
        lose_most(true);
        assert_true(wait_for_all() < 3000);
    }

    lose_most(false);
    stream->ops->close(stream, deadline_after_ms(20000));
    assert_int_equal(keeper.missing, written + 1);
    assert_memory_equal(keeper.bytes, outgoing, written);
    wire.sent = peer_hears;
    peer_world_run(20);
}

/* What comes is what was written, to the last byte and the FIN. */
static void what_arrives_is_what_was_written(void **state)
{
    (void)state;
    fill_out(BYTES);
    peer.advertise = 0xFF00;
    peer_hears = wire.sent;
    for (unsigned round = 0; round < 40; round++)
        lose_and_close(round % 4 != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(what_arrives_is_what_was_written)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
