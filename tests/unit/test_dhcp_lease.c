/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a lease: renewed, taken back, run out, and the boot ROM's among them. Time is the virtual clock's. */
#include "tests/unit/dhcp_server.h"

#include "net/dhcp_options.h"
#include "tests/host/connect.h"
#include "tests/unit/dhcp_builder.h"

static void sleep_s(uint64_t seconds)
{
    host_clock_advance_us(seconds * 1000000);
}

/* As a call of INT 13h: the card runs while it lasts, `milliseconds` of work at most, and no longer. */
static void call(unsigned milliseconds)
{
    net_resume(peer_network);
    peer_world_run(milliseconds);
    net_pause(peer_network);
}

static void assert_renewal(bool to_all)
{
    assert_int_equal(server.to_all, to_all);
    assert_memory_equal(server.request + 12, "\12\0\0\2", 4); /* ciaddr; RFC 2131 table 4: and neither 50 nor 54 */
    assert_null(option(server.request, 50));
    assert_null(option(server.request, 54));
}

static bool said(const char *text)
{
    return strstr(host_log_text(), text) != NULL;
}

/* Nobody calls for half a lease: the very next call, short as it is, renews. */
static void renewed_while_nobody_called(void **state)
{
    (void)state;
    server.seconds = 3600;
    assert_int_equal(run(1000), OK);
    net_pause(peer_network);
    unsigned asked = server.requests;

    sleep_s(1790);
    call(1);
    assert_int_equal(server.requests, asked);

    wire.delay_us = 20000; /* a server that takes longer than the call */
    for (unsigned i = 1; i <= 5; i++) {
        sleep_s(i == 1 ? 11 : 1801);
        call(1);
        assert_int_equal(server.requests, asked + i);
        assert_renewal(false);
        assert_memory_equal(option(server.request, 61), "\75\7\1\2\0\0\0\0\1", 9);
    }
    assert_int_equal(server.discovers, 1);
    assert_false(said("asked for again"));
}

/* The pause waits for an answer a moment only, and not again while none was asked for. */
static void a_pause_is_short(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    server.ignore = 1000;
    sleep_s(1801);
    uint64_t start = platform_ticks();
    call(1);
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 99, 110);
    assert_int_equal(server.requests, 2);

    start = platform_ticks();
    call(1);
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 0, 3);
    assert_int_equal(server.requests, 2);
}

static void rebound_by_anybody(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    sleep_s(1801);
    server.ignore = 1000;
    peer_world_run(100);
    assert_renewal(false);
    sleep_s(1400);
    peer_world_run(100);
    assert_renewal(true);

    server.ignore = 0;
    sleep_s(3605 - 1801 - 1400 - 120); /* the next try comes in time */
    peer_world_run(100);
    sleep_s(600); /* far behind the first lease's end */
    peer_world_run(1000);
    assert_int_equal(server.discovers, 1);
    assert_false(said("asked for again"));
}

/* RFC 2131 4.4.5: not more often than once a minute. */
static void a_deaf_server_is_not_flooded(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    server.ignore = 1000000;
    for (unsigned i = 0; i < 3590; i++) {
        sleep_s(1);
        peer_world_run(1);
    }
    assert_in_range(server.requests, 6, 20);
    assert_int_equal(server.discovers, 1);

    for (unsigned i = 0; i < 3600; i++) {
        sleep_s(1);
        peer_world_run(1);
    }
    assert_in_range(server.discovers, 30, 100);
}

/* Neither in a short lease: several tries before it is over. */
static void a_short_lease_is_renewed_in_time(void **state)
{
    (void)state;
    server.seconds = 120;
    assert_int_equal(run(1000), OK);
    for (unsigned i = 0; i < 1200; i++) {
        if (i % 60 == 59)
            server.ignore = 2;
        sleep_s(1);
        peer_world_run(1);
    }
    assert_int_equal(server.discovers, 1);
    assert_in_range(server.requests, 10, 80);
}

/* What a stream needs of the address: that it is still ours. */
static struct stream *connected(void)
{
    struct stream *stream = net_stream_new(peer_network);
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    peer_world_run(50);
    assert_true(peer.established);
    return stream;
}

static void sends(struct stream *stream, bool works)
{
    const uint8_t data[] = {peer_pattern(peer.received)};
    struct stream_span span = {.bytes = data, .length = sizeof data};
    uint64_t before = peer.received;
    size_t done;
    (void)stream->ops->send(stream, &span, 1, &done);
    peer_world_run(200);
    assert_int_equal(peer.received, before + works);
}

/* Its address stays in use, as a disk depends on it, and is leased again when a server is there again. */
static void a_lease_that_runs_out(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    struct stream *stream = connected();
    server.ignore = 1;
    sleep_s(4000);
    peer_world_run(10);
    assert_true(said("DHCP: 10.0.0.2 is leased no longer: its time is over; it stays in use, and is asked for again"));
    assert_int_equal(server.discovers, 2);
    assert_memory_equal(option(server.request, 50), "\62\4\12\0\0\2", 6);
    assert_memory_equal(server.request + 12, "\0\0\0\0", 4);
    sends(stream, true);

    peer_world_run(5000);
    assert_true(said("DHCP: 10.0.0.2 is leased again"));
    sends(stream, true);
    assert_int_equal(peer.resets, 0);
    sleep_s(1801);
    peer_world_run(10);
    assert_renewal(false);
    net_stream_free(stream);
}

static void a_lease_that_is_taken_back(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    struct stream *stream = connected();
    server.refuse = 1;
    sleep_s(1801);
    peer_world_run(100);
    assert_true(said("DHCP: 10.0.0.2 was taken back by the DHCP server; it stays in use, and is asked for again"));
    sends(stream, true);
    peer_world_run(3000);
    assert_true(said("DHCP: 10.0.0.2 is leased again"));
    sends(stream, true);
    net_stream_free(stream);
}

/* The connection ends, so that whoever has it makes a new one, from the new address. */
static void another_address_than_before(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    struct stream *stream = connected();
    server.refuse = 1;
    memcpy(server.address, "\12\0\0\7", 4);
    sleep_s(1801);
    peer_world_run(3000);
    assert_true(said("DHCP: 10.0.0.7 is our address from now on: connections begin anew"));
    uint8_t byte;
    size_t done;
    assert_int_equal(stream->ops->receive(stream, &byte, 1, &done), E_STREAM_TIMEOUT);

    memcpy(peer.stack_ip, "\12\0\0\7", 4);
    stream->ops->abort(stream);
    net_stream_free(stream);
    stream = connected();
    peer.received = 0;
    sends(stream, true);
    net_stream_free(stream);
}

/* After each end of a lease there is the same check before everything: damaged answers change nothing and hurt nobody. */
static void odd_answers_to_a_renewal(void **state)
{
    static uint8_t extra[60];

    (void)state;
    host_log_level = LOG_ERROR;
    assert_int_equal(run(1000), OK);
    struct stream *stream = connected();
    server.extra = extra;
    server.extra_length = sizeof extra;
    for (unsigned i = 0; i < 300; i++) {
        platform_random(extra, sizeof extra);
        server.omit = i % 3 == 0 ? 53 : i % 3 == 1 ? 51 : 1;
        server.seconds = i % 5 ? 3600 : 0;
        sleep_s(i % 4 ? 500 : 4000);
        peer_world_run(300);
    }
    sends(stream, true);
    host_log_level = LOG_WARNING;
    net_stream_free(stream);
}

/* ---- what is set by hand ---- */

static uint8_t asked_for[4]; /* by ARP */
static unsigned mss;         /* of our SYN */

static void see_router_and_mss(const uint8_t *frame, unsigned length)
{
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_ARP)
        memcpy(asked_for, frame + ETHERNET_HEADER + 24, 4);
    const uint8_t *ip = frame + ETHERNET_HEADER, *tcp = ip + IPV4_HEADER;
    if (get_be16(ip - 2) == ETHERTYPE_IPV4 && ip[IPV4_PROTOCOL] == PROTOCOL_TCP && tcp[13] & PEER_SYN)
        mss = get_be16(tcp + TCP_HEADER + 2);
    see_frame(frame, length);
}

static void assert_router(const char *router)
{
    struct stream *stream = net_stream_new(peer_network);
    (void)host_connect(stream, "192.0.2.9", 3260, deadline_after_ms(50));
    peer_world_run(50);
    assert_memory_equal(asked_for, router, 4);
    net_stream_free(stream);
}

static void assert_mss(unsigned wanted)
{
    struct stream *stream = net_stream_new(peer_network);
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), OK);
    peer_world_run(50);
    assert_int_equal(mss, wanted);
    net_stream_free(stream);
}

static void nothing_undoes_what_is_set_by_hand(void **state)
{
    static const uint8_t mtu[] = {26, 2, 1300 >> 8, 1300 & 0xFF};
    struct net_dhcp_request by_hand = request;

    (void)state;
    by_hand.by_hand.gateway = by_hand.by_hand.mtu = true;
    memcpy(by_hand.by_hand.ipv4.gateway, "\12\0\0\11", 4);
    by_hand.by_hand.ipv4.mtu = 1400;
    server.extra = mtu;
    server.extra_length = sizeof mtu;
    wire.sent = see_router_and_mss;
    assert_int_equal(net_dhcp(peer_network, &by_hand, &lease, deadline_after_ms(1000)), OK);
    assert_memory_equal(lease.ipv4.gateway, "\12\0\0\11", 4);
    assert_memory_equal(lease.ipv4.dns[0], "\12\0\0\3", 4);
    assert_router("\12\0\0\11");
    assert_mss(1360);

    sleep_s(1801); /* renewed */
    memcpy(server.router, "\12\0\0\12", 4);
    peer_world_run(100);
    assert_int_equal(server.requests, 2);
    assert_router("\12\0\0\11");
    assert_mss(1360);

    sleep_s(4000); /* lost, and given another address */
    memcpy(server.address, "\12\0\0\7", 4);
    memcpy(peer.stack_ip, "\12\0\0\7", 4);
    peer_world_run(3000);
    assert_true(said("10.0.0.7 is our address"));
    assert_router("\12\0\0\11");
    assert_mss(1360);
}

/* Without anything set a renewal changes nothing either; nor does an address of another network that the gateway does not fit. */
static void a_new_network_that_the_gateway_does_not_fit(void **state)
{
    struct net_dhcp_request by_hand = request;

    (void)state;
    by_hand.by_hand.gateway = true;
    memcpy(by_hand.by_hand.ipv4.gateway, "\12\0\0\11", 4);
    assert_int_equal(net_dhcp(peer_network, &by_hand, &lease, deadline_after_ms(1000)), OK);
    struct stream *stream = connected();
    memcpy(server.address, "\300\0\2\7", 4);
    server.refuse = 1;
    sleep_s(1801);
    peer_world_run(5000);
    assert_true(said("DHCP: the new address is not taken"));
    sends(stream, true);
    net_stream_free(stream);
}

/* ---- the boot ROM's lease ---- */

static void adopt(const struct net_dhcp_request *as)
{
    struct dhcp_builder builder;
    struct dhcp_message message;
    dhcp_ack(&builder);
    memcpy(builder.bytes + DHCP_AT_YIADDR, "\12\0\0\2", 4);
    memcpy(builder.bytes + DHCP_OPTIONS_START + 5, "\12\0\0\1", 4); /* the server */
    assert_null(dhcp_message_open(&message, builder.bytes, builder.length));
    net_lease_read(&lease, &message);
    assert_int_equal(net_adopt_lease(peer_network, as, &lease), OK);
}

/* Of unknown age: so it is renewed early, by its server, in the ROM's name. */
static void the_roms_lease_is_renewed(void **state)
{
    static const uint8_t id[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct net_dhcp_request rom = {.client_id = id, .client_id_length = i ? sizeof id : 0};
        server.requests = 0;
        adopt(&rom);
        struct stream *stream = connected();
        net_pause(peer_network);
        sleep_s(890);
        call(1);
        assert_int_equal(server.requests, 0);
        sleep_s(20);
        call(1);
        assert_int_equal(server.requests, 1);
        assert_renewal(false);
        const uint8_t *sent = option(server.request, 61);
        if (i)
            assert_memory_equal(sent + 1, "\21\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 18);
        else
            assert_null(sent);

        sleep_s(1801); /* from then on as one of ours */
        call(1);
        assert_int_equal(server.requests, 2);
        net_resume(peer_network);
        sends(stream, true);
        net_stream_free(stream);
        peer.received = 0;
    }
    assert_int_equal(server.discovers, 0);
}

/* What is set by hand is nobody's lease. */
static void a_static_address_ends_it(void **state)
{
    static const struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}};
    (void)state;
    assert_int_equal(run(1000), OK);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    sleep_s(5000);
    peer_world_run(1000);
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.discovers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(renewed_while_nobody_called),
        CASE(a_pause_is_short),
        CASE(rebound_by_anybody),
        CASE(a_deaf_server_is_not_flooded),
        CASE(a_short_lease_is_renewed_in_time),
        CASE(a_lease_that_runs_out),
        CASE(a_lease_that_is_taken_back),
        CASE(another_address_than_before),
        CASE(odd_answers_to_a_renewal),
        CASE(nothing_undoes_what_is_set_by_hand),
        CASE(a_new_network_that_the_gateway_does_not_fit),
        CASE(the_roms_lease_is_renewed),
        CASE(a_static_address_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
