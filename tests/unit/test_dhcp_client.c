/* SPDX-License-Identifier: BSD-2-Clause */
/* net_dhcp() against servers good, absent and hostile. */
#include "tests/unit/unit.h"

#include "net/net.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define OPTIONS 240

static struct {
    uint8_t request[1500]; /* the last one */
    unsigned discovers, requests;
    unsigned ignore;      /* so many requests stay unanswered */
    unsigned refuse;      /* so many DHCPREQUESTs are answered by NAK */
    const uint8_t *extra; /* options put into every answer, before the end mark */
    unsigned extra_length;
    bool no_end;
    uint8_t address[4];
    bool wrong_xid;
} server;

static const uint8_t *option(const uint8_t *message, uint8_t code)
{
    for (const uint8_t *at = message + OPTIONS; *at != 255; at += *at ? 2 + at[1] : 1) {
        if (*at == code)
            return at;
    }
    return NULL;
}

static void answer(const uint8_t *request, uint8_t type)
{
    uint8_t reply[1400] = {2, 1, 6};
    uint8_t *at = reply + OPTIONS;
    const uint8_t head[] = {53,  1, type, 54, 4,  10, 0, 0, 1, 51, 4,  0, 0, 14, 16, 1, 4, 255, 255,
                            255, 0, 3,    4,  10, 0,  0, 1, 6, 8,  10, 0, 0, 3,  10, 0, 0, 4};

    memcpy(reply + 4, request + 4, 4);
    if (server.wrong_xid)
        reply[4] ^= 1;
    memcpy(reply + 16, server.address, 4);
    memcpy(reply + 28, request + 28, 16);
    memcpy(reply + 236, "\x63\x82\x53\x63", 4);
    memcpy(at, head, sizeof head);
    at += sizeof head;
    if (server.extra_length)
        memcpy(at, server.extra, server.extra_length);
    at += server.extra_length;
    if (!server.no_end)
        *at++ = 255;
    peer_datagram(67, 68, reply, (unsigned)(at - reply));
}

static void serve(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    uint8_t type;

    if (from != 68 || to != 67)
        return;
    memcpy(server.request, data, length);
    type = option(data, 53)[2];
    if (type == 1)
        server.discovers++;
    if (type == 3)
        server.requests++;
    if (server.ignore) {
        server.ignore--;
        return;
    }
    if (type == 3 && server.refuse) {
        server.refuse--;
        answer(data, 6);
        return;
    }
    answer(data, type == 1 ? 2 : 5);
}

static const struct net_dhcp_request request = {
    .uuid = {0x11, 0x22, 0x33},
    .architecture = 7,
    .vendor_class = "PXEClient:Arch:00007:UNDI:003001",
};
static struct net_lease lease;

static int open_world(void **state)
{
    (void)state;
    peer_world_open(64, 65536);
    memset(&server, 0, sizeof server);
    memcpy(server.address, "\12\0\0\2", 4);
    peer_got_datagram = serve;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    peer_world_close();
    assert_int_equal(wire.held, 0);
    return 0;
}

static enum status run(unsigned milliseconds)
{
    return net_dhcp(&request, &lease, deadline_after_ms(milliseconds));
}

static void brings_a_lease(void **state)
{
    (void)state;
    assert_int_equal(run(1000), OK);
    assert_memory_equal(lease.ipv4.address, "\12\0\0\2", 4);
    assert_memory_equal(lease.ipv4.netmask, "\377\377\377\0", 4);
    assert_memory_equal(lease.ipv4.gateway, "\12\0\0\1", 4);
    assert_memory_equal(lease.ipv4.dns, "\12\0\0\3\12\0\0\4", 8);
    assert_memory_equal(lease.server, "\12\0\0\1", 4);
    assert_int_equal(lease.seconds, 3600);
    assert_int_equal(lease.message[0], 2);
    assert_int_equal(lease.message[OPTIONS + 2], 5); /* the ACK, not the offer */
    assert_true(lease.message_length > OPTIONS);
}

/* The exchange must not cost more than the server's own time. */
static void takes_no_time_of_its_own(void **state)
{
    uint64_t start = platform_ticks();

    (void)state;
    assert_int_equal(run(1000), OK);
    assert_true(platform_ticks() - start < 20 * platform_ticks_per_ms());
}

static void says_who_we_are(void **state)
{
    static const uint8_t wanted[] = {55, 16, 1, 3, 6, 12, 15, 17, 26, 28, 43, 54, 60, 66, 67, 119, 175, 203};
    static const uint8_t id[] = {61, 7, 1, 2, 0, 0, 0, 0, 1};
    static const uint8_t uuid[] = {97, 17, 0, 0x11, 0x22, 0x33};

    (void)state;
    assert_int_equal(run(1000), OK);
    assert_int_equal(server.discovers, 1);
    assert_int_equal(server.requests, 1);
    assert_memory_equal(option(server.request, 55), wanted, sizeof wanted);
    assert_memory_equal(option(server.request, 61), id, sizeof id);
    assert_memory_equal(option(server.request, 97), uuid, sizeof uuid);
    assert_memory_equal(option(server.request, 93), "\135\2\0\7", 4);
    assert_memory_equal(option(server.request, 94), "\136\3\1\2\1", 5);
    assert_memory_equal(option(server.request, 60) + 2, request.vendor_class, strlen(request.vendor_class));
    assert_memory_equal(option(server.request, 12), "\14\4unit", 6);
    assert_int_equal(option(server.request, 57)[2] << 8 | option(server.request, 57)[3], 1500);
    assert_null(option(server.request, 175));
}

static void repeats_after_a_second(void **state)
{
    uint64_t start = platform_ticks();

    (void)state;
    server.ignore = 1;
    assert_int_equal(run(10000), OK);
    assert_true(platform_ticks() - start < 1600 * platform_ticks_per_ms());
}

static void no_server(void **state)
{
    uint64_t start = platform_ticks();

    (void)state;
    server.ignore = 1000;
    assert_int_equal(run(10000), E_DHCP_TIMEOUT);
    assert_in_range((platform_ticks() - start) / platform_ticks_per_ms(), 10000, 10010);
    assert_in_range(server.discovers, 4, 6);
}

static void refused_once(void **state)
{
    (void)state;
    server.refuse = 1;
    assert_int_equal(run(20000), OK);
    assert_int_equal(server.requests, 2);
}

static void answer_to_somebody_else(void **state)
{
    (void)state;
    server.wrong_xid = true;
    assert_int_equal(run(3000), E_DHCP_TIMEOUT);
}

static void transaction_numbers_differ(void **state)
{
    uint8_t before[4];

    (void)state;
    assert_int_equal(run(1000), OK);
    memcpy(before, server.request + 4, 4);
    assert_int_equal(run(1000), OK);
    assert_memory_not_equal(before, server.request + 4, 4);
}

static void mtu_is_taken(void **state)
{
    static const uint8_t mtu[] = {26, 2, 1400 >> 8, 1400 & 0xFF};

    (void)state;
    server.extra = mtu;
    server.extra_length = sizeof mtu;
    assert_int_equal(run(1000), OK);
    assert_int_equal(lease.ipv4.mtu, 1400);
}

struct hostile {
    const char *name;
    uint8_t bytes[16];
    unsigned length;
    bool taken; /* the rest of the message is good enough */
};

/* Each of these must neither be taken nor hurt. */
static void hostile_options(void **state)
{
    static const struct hostile cases[] = {
        {"length beyond the message", {17, 200, 'x'}, 3, false},
        {"code without a length", {17}, 1, false},
        {"DNS list of five bytes", {6, 5, 1, 2, 3, 4, 5}, 7, false},
        {"netmask of two bytes", {1, 2, 255, 255}, 4, false},
        {"lease time of one byte", {51, 1, 1}, 3, false},
        {"overload of two bytes", {52, 2, 1, 1}, 4, false},
        {"empty router", {3, 0}, 2, false},
        {"MTU of 100", {26, 2, 0, 100}, 4, true},
        {"MTU of 65535", {26, 2, 255, 255}, 4, true},
        {"MTU of one byte", {26, 1, 5}, 3, true},
        {"unknown and empty", {224, 0}, 2, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum status status;

        server.extra = cases[i].bytes;
        server.extra_length = cases[i].length;
        server.no_end = cases[i].length == 1; /* so that the code is the last byte */
        status = run(1500);
        if (status != (cases[i].taken ? OK : E_DHCP_TIMEOUT))
            print_error("%s\n", cases[i].name);
        assert_int_equal(status, cases[i].taken ? OK : E_DHCP_TIMEOUT);
        if (cases[i].taken)
            assert_int_equal(lease.ipv4.mtu, 0);
    }
}

/*
 * 1eeb70fb: lwIP's table has two places for servers. 2.1.3 overruns it only where LWIP_DHCP_MAX_DNS_SERVERS differs from
 * DNS_MAX_SERVERS; lwipopts.h sets them equal, so this list was no danger to begin with.
 */
static void more_dns_servers_than_places(void **state)
{
    static uint8_t list[2 + 60 * 4] = {6, 60 * 4};

    (void)state;
    for (unsigned i = 2; i < sizeof list; i++)
        list[i] = (uint8_t)(10 + i / 4);
    server.extra = list;
    server.extra_length = sizeof list;
    assert_int_equal(run(1500), OK);
    assert_memory_equal(lease.ipv4.gateway, "\12\0\0\1", 4);
    assert_true(lease.message_length > sizeof list);
}

static void impossible_addresses(void **state)
{
    static const uint8_t addresses[][4] = {{0, 0, 0, 0}, {127, 0, 0, 1}, {224, 0, 0, 5}, {255, 255, 255, 255}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        memcpy(server.address, addresses[i], 4);
        assert_int_equal(run(1500), E_DHCP_TIMEOUT);
    }
    memcpy(server.address, "\12\0\0\377", 4);
    assert_int_equal(run(1500), E_ADDRESS_INVALID);
}

/* Forty random bytes among the options, three hundred times: whatever comes of it, nothing is overrun and the next exchange
 * works. */
static void random_options(void **state)
{
    static uint8_t extra[40];

    (void)state;
    server.extra = extra;
    server.extra_length = sizeof extra;
    for (unsigned i = 0; i < 300; i++) {
        platform_random(extra, sizeof extra);
        (void)run(700);
    }
    server.extra_length = 0;
    assert_int_equal(run(1000), OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(brings_a_lease),
        CASE(takes_no_time_of_its_own),
        CASE(says_who_we_are),
        CASE(repeats_after_a_second),
        CASE(no_server),
        CASE(refused_once),
        CASE(answer_to_somebody_else),
        CASE(transaction_numbers_differ),
        CASE(mtu_is_taken),
        CASE(hostile_options),
        CASE(more_dns_servers_than_places),
        CASE(impossible_addresses),
        CASE(random_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
