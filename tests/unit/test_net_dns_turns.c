/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens in the midst of a lookup, and of the attempts at the addresses that it found. */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define DNS_PORT   53
#define DNS_HEADER 12
#define HEAD       0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4

static struct stream *stream;
static bool refused, answers;
static unsigned questions;

static void serve(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    static const uint8_t list[] = {HEAD, 10, 0, 0, 1, HEAD, 10, 0, 0, 8}; /* the peer's, and nobody's */
    uint8_t reply[512];
    if (to != DNS_PORT || length < DNS_HEADER || length > 300)
        return;
    questions++;
    memcpy(reply, data, length);
    memcpy(reply + length, list, sizeof list);
    reply[2] = 0x81;
    reply[3] = answers ? 0x80 : 0x85; /* REFUSED */
    reply[7] = answers ? 2 : 0;
    peer_datagram(DNS_PORT, from, reply, length + (answers ? sizeof list : 0));
    refused = !answers;
}

static int open_world(void **state)
{
    (void)state;
    peer_world_open(64, 65536);
    peer_got_datagram = serve;
    stream = net_stream_new(peer_network);
    refused = answers = false;
    questions = 0;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    net_stream_free(stream);
    net_close(peer_network);
    assert_int_equal(wire.held, 0);
    peer_world_close();
    return 0;
}

/* Two servers are known, the first has refused, and the second is waited for. */
static struct net_ipv4 ask_until_one_refuses(void)
{
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .dns = {{10, 0, 0, 1}, {10, 0, 0, 8}}};
    bool open;
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    assert_int_equal(stream->ops->connect(stream, "target.example", 3260, deadline_after_ms(5000)), OK);
    for (deadline_t later = deadline_after_ms(300); !deadline_passed(later); platform_idle()) {
        assert_int_equal(stream->ops->opened(stream, &open), OK);
        stream->ops->pump(stream);
    }
    assert_true(refused);
    return ipv4;
}

/* As when a router takes them back, or a lease ends, while the second of two is waited for. */
static void servers_that_go_while_they_are_asked(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = ask_until_one_refuses();

    memset(ipv4.dns, 0, sizeof ipv4.dns);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    bool open;
    host_clock_advance_us(1000000);
    assert_int_equal(stream->ops->opened(stream, &open), E_RESOLVE);
    assert_string_equal(failure_detail(E_RESOLVE), "\"target.example\": the DNS server cannot say (RCODE 5)");
}

/* The one that refused is gone, and its place is another's, who has said nothing yet. */
static void a_server_in_the_place_of_one_that_refused(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = ask_until_one_refuses();

    memset(ipv4.dns, 0, sizeof ipv4.dns);
    memcpy(ipv4.dns[0], "\12\0\0\10", 4);
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    bool open;
    assert_int_equal(stream->ops->opened(stream, &open), OK);
    assert_false(open);
}

/* Set by hand and leased, say: it has refused, in both places. */
static void a_server_that_is_named_twice(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .dns = {{10, 0, 0, 1}, {10, 0, 0, 1}}};
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    uint64_t start = platform_ticks();
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(5000)), E_RESOLVE);
    assert_true((platform_ticks() - start) / platform_ticks_per_ms() < 1000);
}

/* Both in one turn. That it took the connection says nothing of the next one, and what it sent is not the next one's. */
static void an_address_that_resets_what_it_took(void **state)
{
    (void)state;
    bool open = false;
    answers = true;
    assert_int_equal(stream->ops->connect(stream, "target.example", 3260, deadline_after_ms(5000)), OK);
    enum status status = stream->ops->opened(stream, &open);
    for (; status == OK; status = stream->ops->opened(stream, &open)) {
        assert_false(open);
        if (peer.established) {
            peer_segment(PEER_PSH | PEER_ACK, peer.next, peer.expected, NULL, 0, "lost", 4);
            peer_segment(PEER_RST | PEER_ACK, peer.next + 4, peer.expected, NULL, 0, NULL, 0);
            peer.established = false;
            peer.silent = true;
        }
        stream->ops->pump(stream);
        platform_idle();
    }

    assert_int_equal(status, E_CONNECT_TIMEOUT);
    assert_non_null(strstr(host_log_text(), "trying the next address"));
    struct net_address address;
    net_named_peer(stream, &address);
    assert_int_equal(address.family, 0);
}

static void connects_after(unsigned asked)
{
    assert_int_equal(host_connect(stream, "target.example", 3260, deadline_after_ms(5000)), OK);
    stream->ops->abort(stream);
    assert_int_equal(questions, asked);
}

/* Whether it has an address of IPv4 was asked before: that is not asked for again, but by who comes back, or comes late. */
static void what_was_told_is_not_asked_for_again(void **state)
{
    (void)state;
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .dns = {{10, 0, 0, 1}}};
    assert_int_equal(net_set_ipv4(peer_network, &ipv4), OK);
    answers = true;
    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_HAS_IPV4);
    connects_after(1);
    connects_after(2);

    assert_int_equal(net_ask_ipv4(peer_network, "target.example", deadline_after_ms(3000)), NET_NAME_HAS_IPV4);
    host_clock_advance_us(10000000);
    connects_after(4);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(servers_that_go_while_they_are_asked), CASE(a_server_in_the_place_of_one_that_refused),
        CASE(a_server_that_is_named_twice),         CASE(an_address_that_resets_what_it_took),
        CASE(what_was_told_is_not_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
