/* SPDX-License-Identifier: BSD-2-Clause */
/* A lease in one exchange, from servers that acknowledge a DISCOVER (RFC 4039). */
#include "net/dhcp_options.h"
#include "tests/unit/dhcp_server.h"

static bool in_time(uint64_t began, unsigned milliseconds)
{
    return platform_ticks() - began < milliseconds * platform_ticks_per_ms();
}

static void one_exchange(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    server.commits = true;
    assert_int_equal(run(1000), OK);
    assert_int_equal(server.discovers, 1);
    assert_int_equal(server.requests, 0);
    assert_true(in_time(began, 20));
    assert_memory_equal(lease.ipv4.address, "\12\0\0\2", 4);
    assert_memory_equal(lease.server, "\12\0\0\1", 4);
    assert_int_equal(lease.seconds, 3600);
    assert_int_equal(lease.message[OPTIONS + 2], ACK);
}

/* It is asked for where it can be had, and nowhere else. */
static void only_a_discover_asks_for_it(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    assert_int_equal(server.requests, 1);
    assert_null(option(server.request, 80));
}

/* An acknowledgement that nobody asked for is none. */
static void one_that_does_not_say_so_is_dropped(void **state)
{
    (void)state;
    server.commits = server.commits_silently = true;
    assert_int_equal(run(3000), E_DHCP_TIMEOUT);
    assert_int_equal(server.requests, 0);
}

/* The peer answers ARP for 10.0.0.1. */
static void an_address_that_somebody_has_is_declined(void **state)
{
    (void)state;
    server.commits = true;
    memcpy(server.address, "\12\0\0\1", 4);
    assert_int_equal(run(5000), E_DHCP_TIMEOUT);
    assert_int_equal(server.declines, 1);
    assert_memory_equal(option(server.request, 50), "\62\4\12\0\0\1", 6);
}

static void what_is_no_address_is_not_taken(void **state)
{
    (void)state;
    server.commits = true;
    memcpy(server.address, "\177\0\0\1", 4);
    assert_int_equal(run(3000), E_DHCP_TIMEOUT);
}

static bool has_none(const struct dhcp_message *offer)
{
    (void)offer;
    return false;
}

/* A server that is quick, and knows nothing of us, is not preferred for it; what it said is asked for when nothing better comes.
 */
static void one_without_a_root_path_waits_like_an_offer(void **state)
{
    struct net_dhcp_request wants = request;
    uint64_t began = platform_ticks();

    (void)state;
    wants.has_root = has_none;
    server.commits = true;
    assert_int_equal(net_dhcp(peer_network, &wants, &lease, deadline_after_ms(10000)), OK);
    assert_false(in_time(began, 3900));
    assert_int_equal(server.requests, 1);
    assert_memory_equal(lease.ipv4.address, "\12\0\0\2", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_exchange),
        CASE(only_a_discover_asks_for_it),
        CASE(one_that_does_not_say_so_is_dropped),
        CASE(an_address_that_somebody_has_is_declined),
        CASE(what_is_no_address_is_not_taken),
        CASE(one_without_a_root_path_waits_like_an_offer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
