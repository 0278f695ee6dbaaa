/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting as platform/stream.h has it, and where the packets go then. */
#include "tests/unit/stream_world.h"

static void connect_succeeds(void **state)
{
    (void)state;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_true(peer.established);
    assert_true(peer.port >= 49152);
}

static bool hop_known;
static uint8_t hop[NIC_MAC_LENGTH];

static void watch_next_hop(void)
{
    host_clock_advance_us(500);
    hop_known = net_next_hop(stream, hop);
}

/* The peer's own; with the peer as a router, also that of what lies beyond. */
static void next_hop_ipv4(void **state)
{
    (void)state;
    struct net_ipv4 behind = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .gateway = {10, 0, 0, 1}};
    assert_false(net_next_hop(stream, hop));
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_true(net_next_hop(stream, hop));
    assert_memory_equal(hop, "\2\0\0\0\0\376", 6);
    stream->ops->abort(stream);
    assert_false(net_next_hop(stream, hop));

    memset(hop, 0, sizeof hop);
    assert_int_equal(net_set_ipv4(peer_network, &behind), OK);
    host_idle_hook = watch_next_hop;
    assert_int_equal(connect_to("192.0.2.1", 1000), E_CONNECT_TIMEOUT);
    assert_true(hop_known);
    assert_memory_equal(hop, "\2\0\0\0\0\376", 6);
    assert_int_equal(connect_to("10.0.0.9", 1000), E_CONNECT_TIMEOUT); /* on the link, where nobody has it */
    assert_false(hop_known);
}

/* RFC 3021: a link of two hosts has no broadcast address, and the upper host is one. */
static void connect_over_31_bits(void **state)
{
    (void)state;
    struct net_ipv4 pair = {.address = {10, 0, 0, 0}, .netmask = {255, 255, 255, 254}};
    memcpy(peer.stack_ip, pair.address, sizeof peer.stack_ip);
    assert_int_equal(net_set_ipv4(peer_network, &pair), OK);
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
}

static void a_link_that_goes_is_logged_at_once_and_once(void **state)
{
    (void)state;
    host_log_clear();
    peer_world_run(3000);
    assert_null(strstr(host_log_text(), "Link"));

    wire.unplugged = true;
    peer_world_run(110);
    assert_string_equal(host_log_text(), "Link: lost\n");
    peer_world_run(5000);

    wire.unplugged = false;
    peer_world_run(110);
    assert_string_equal(host_log_text(), "Link: lost\nLink: up again, 1000 Mbit/s\n");
    peer_world_run(5000);
    assert_string_equal(host_log_text(), "Link: lost\nLink: up again, 1000 Mbit/s\n");
}

static void connect_refused(void **state)
{
    (void)state;
    peer.refuse = true;
    assert_int_equal(connect_to("10.0.0.1", 1000), E_CONNECT_REFUSED);
}

static void connect_unanswered_ends_at_its_deadline(void **state)
{
    (void)state;
    uint64_t start = platform_ticks();
    peer.silent = true;
    assert_int_equal(connect_to("10.0.0.1", 3000), E_CONNECT_TIMEOUT);
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 3000, 3010);
}

static void connect_without_arp_answer(void **state)
{
    (void)state;
    peer.no_arp = true;
    assert_int_equal(connect_to("10.0.0.1", 2000), E_CONNECT_TIMEOUT);
}

/* Connecting is the pump's matter: neither call lets time pass, and a host that is silent is told of at the deadline. */
static void connect_and_opened_never_wait(void **state)
{
    uint64_t start = platform_ticks();
    bool open = true;

    (void)state;
    peer.silent = true;
    assert_int_equal(stream->ops->connect(stream, "10.0.0.1", 3260, deadline_after_ms(200)), OK);
    assert_true(platform_ticks() == start);
    for (enum status status = OK; status == OK;) {
        uint64_t before = platform_ticks();

        status = stream->ops->opened(stream, &open);
        assert_false(open);
        assert_true(platform_ticks() == before);
        assert_int_equal(status, deadline_passed(start + 200 * platform_ticks_per_ms()) ? E_CONNECT_TIMEOUT : OK);
        stream->ops->pump(stream);
        platform_idle();
    }
    assert_int_equal(stream->ops->opened(stream, &open), E_UNREACHABLE); /* nothing is under way any more */
}

static void connect_without_route(void **state)
{
    (void)state;
    assert_int_equal(connect_to("fd00::1", 1000), E_UNREACHABLE);
}

/* lwIP alone would wait 3 s before it repeats the SYN. */
static void lost_syn_is_repeated_soon(void **state)
{
    (void)state;
    peer.silent = true;
    wire.busy = 0;
    (void)host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(50)); /* ARP is known from here on */
    peer.silent = false;
    peer.port = 0;

    wire.loss = 1000;
    uint64_t start = platform_ticks();
    host_idle_hook();
    wire.loss = 0;
    assert_int_equal(connect_to("10.0.0.1", 1000), OK);
    assert_true((platform_ticks() - start) / platform_ticks_per_ms() < 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(connect_succeeds),
        CASE(next_hop_ipv4),
        CASE(connect_over_31_bits),
        CASE(a_link_that_goes_is_logged_at_once_and_once),
        CASE(connect_refused),
        CASE(connect_unanswered_ends_at_its_deadline),
        CASE(connect_without_arp_answer),
        CASE(connect_and_opened_never_wait),
        CASE(connect_without_route),
        CASE(lost_syn_is_repeated_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
