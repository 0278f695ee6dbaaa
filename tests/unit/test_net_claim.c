/* SPDX-License-Identifier: BSD-2-Clause */
/* An address that may have been taken meanwhile is asked for before it is used. */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define ARP        ETHERNET_HEADER
#define ARP_SENDER (ARP + 14)
#define ARP_TARGET (ARP + 24)

static struct nic nic;
static struct arena arena;
static struct network *network;
static unsigned probes, announcements;

static void (*to_peer)(const uint8_t *frame, unsigned length);

/* With no address of its own the stack has asked for one; or it says that it has one. */
static void watch(const uint8_t *frame, unsigned length)
{
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_ARP) {
        bool probe = bytes_are_zero(frame + ARP_SENDER, 4);
        probes += probe;
        announcements += !probe && memcmp(frame + ARP_SENDER, frame + ARP_TARGET, 4) == 0;
    }
    to_peer(frame, length);
}

static enum status claim(uint8_t last)
{
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, last}, .netmask = {255, 255, 255, 0}};
    return net_claim_ipv4(network, &ipv4);
}

static void let_time_pass(void)
{
    host_clock_advance_us(100);
    peer_turn();
}

/* A network that was just opened has no address. */
static int set_up(void **state)
{
    (void)state;
    host_clock_use_virtual();
    host_random_seed(4711);
    host_idle_hook = let_time_pass;
    arena = host_arena_new(MIB);
    wire_open(&nic, &arena, 16, NIC_MTU_DEFAULT);
    peer_open();
    probes = announcements = 0;
    to_peer = wire.sent;
    wire.sent = watch;
    struct net_config config = {.nic = &nic, .arena = &arena, .window = 16 * 1460, .by_hand = true};
    return net_open(&network, &config) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    net_close(network);
    host_idle_hook = NULL;
    host_arena_free(&arena);
    return 0;
}

static void a_free_address_is_taken_and_announced(void **state)
{
    (void)state;
    uint64_t began = platform_ticks();
    assert_int_equal(claim(7), OK);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 590, 700);
    assert_true(announcements >= 1);
}

static void an_address_that_somebody_has_is_not(void **state)
{
    (void)state;
    assert_int_equal(claim(1), E_ADDRESS_CONFLICT);
    assert_non_null(strstr(failure_detail(E_ADDRESS_CONFLICT), "10.0.0.1 is in use by "));
    assert_int_equal(announcements, 0);
}

/* Each may be lost. */
static void it_is_asked_three_times(void **state)
{
    (void)state;
    peer.no_arp = true;
    assert_int_equal(claim(1), OK);
    assert_in_range(probes, 3, 4); /* one may be the timer's */
}

static void what_is_no_host_is_refused(void **state)
{
    (void)state;
    assert_int_equal(claim(255), E_ADDRESS_INVALID);
    assert_int_equal(claim(0), E_ADDRESS_INVALID);
}

/* Not from 0.0.0.0, until nobody answers: as when a target of IPv6 sends us there. */
static void connecting_without_an_address(void **state)
{
    (void)state;
    struct stream *stream = net_stream_new(network);
    assert_int_equal(host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(1000)), E_UNREACHABLE);
    net_stream_free(stream);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_free_address_is_taken_and_announced),
        CASE(an_address_that_somebody_has_is_not),
        CASE(it_is_asked_three_times),
        CASE(what_is_no_host_is_refused),
        CASE(connecting_without_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
