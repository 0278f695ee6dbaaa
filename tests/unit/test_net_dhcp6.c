/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS servers by DHCPv6: the exchange with a server on the wire, and replies that are none. */
#include "tests/unit/unit.h"

#include "net/dhcp6.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

static const uint8_t to_all_servers[16] = {0xFF, 2, [13] = 1, [15] = 2};
static const uint8_t client_id[] = {0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1};

#define SERVER_ID   0, 2, 0, 4, 0, 3, 0, 1
#define ADDRESS(n)  0xFD, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (n)
#define DNS(n)      0, 23, 0, 16, ADDRESS(n)
#define REPLY       7
#define UDP_TO_PORT 2

static uint8_t options[128]; /* of the server's reply, behind the client's identifier */
static unsigned options_length, requests, asked_at[4];
static bool silent, another_number, another_client;

static unsigned now_ms(void)
{
    return (unsigned)(platform_ticks() / platform_ticks_per_ms());
}

static void answer(const uint8_t *client, const uint8_t *request)
{
    uint8_t reply[256], *message = reply + UDP_HEADER;
    unsigned length = 4 + sizeof client_id + options_length;
    memcpy(message, request, 4);
    message[0] = REPLY;
    message[3] ^= another_number;
    memcpy(message + 4, client_id, sizeof client_id);
    message[4 + sizeof client_id - 1] ^= another_client;
    memcpy(message + 4 + sizeof client_id, options, options_length);

    memset(reply, 0, UDP_HEADER);
    put_be16(reply, DHCP6_SERVER_PORT);
    put_be16(reply + UDP_TO_PORT, DHCP6_CLIENT_PORT);
    put_be16(reply + 4, UDP_HEADER + length);
    peer_ipv6(NULL, client, PROTOCOL_UDP, 64, reply, UDP_HEADER + length);
}

static void on_frame(const uint8_t *frame, unsigned length)
{
    const uint8_t *ip = frame + ETHERNET_HEADER, *udp = ip + IPV6_HEADER;
    if (get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV6 || ip[IPV6_NEXT_HEADER] != PROTOCOL_UDP)
        return;
    assert_int_equal(length, ETHERNET_HEADER + IPV6_HEADER + UDP_HEADER + DHCP6_REQUEST_SIZE);
    assert_memory_equal(ip + IPV6_DESTINATION, to_all_servers, 16);
    assert_int_equal(get_be16(ip + IPV6_SOURCE), 0xFE80);
    assert_int_equal(get_be16(udp), DHCP6_CLIENT_PORT);
    assert_int_equal(get_be16(udp + UDP_TO_PORT), DHCP6_SERVER_PORT);
    assert_int_equal(udp[UDP_HEADER], 11);
    assert_memory_equal(udp + UDP_HEADER + 4, client_id, sizeof client_id);

    if (requests < 4)
        asked_at[requests] = now_ms();
    requests++;
    if (!silent)
        answer(ip + IPV6_SOURCE, udp + UDP_HEADER);
}

static int open_world(void **state)
{
    struct net_ipv6 ipv6 = {.address = {0xFD, 0x77, [15] = 2}, .prefix_length = 64};
    (void)state;
    peer_world_open(64, 65536);
    wire.sent = on_frame;
    wire.verified = true;
    options_length = requests = 0;
    silent = another_number = another_client = false;
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    net_close(peer_network);
    assert_int_equal(wire.held, 0);
    peer_world_close();
    return 0;
}

static enum status ask(const void *bytes, unsigned length, struct net_ipv6 *ipv6)
{
    memcpy(options, bytes, length);
    options_length = length;
    memset(ipv6, 0, sizeof *ipv6);
    return net_dhcp6_dns(peer_network, ipv6, deadline_after_ms(5000));
}

static void two_servers(void **state)
{
    (void)state;
    static const uint8_t good[] = {SERVER_ID, 0, 24, 0, 1, 0, 0, 23, 0, 48, ADDRESS(5), ADDRESS(6), ADDRESS(7)};
    static const uint8_t first[16] = {ADDRESS(5)}, second[16] = {ADDRESS(6)};
    struct net_ipv6 ipv6;
    assert_int_equal(ask(good, sizeof good, &ipv6), OK);
    assert_memory_equal(ipv6.dns[0], first, 16);
    assert_memory_equal(ipv6.dns[1], second, 16);
    assert_int_equal(requests, 1);
}

/* One server that knows no DNS server answers first, and another one when it is asked again. */
static void answer_of_another(const uint8_t *frame, unsigned length)
{
    static const uint8_t good[] = {SERVER_ID, DNS(5)};
    if (requests == 1) {
        memcpy(options, good, sizeof good);
        options_length = sizeof good;
    }
    on_frame(frame, length);
}

static void a_better_answer_is_waited_for(void **state)
{
    (void)state;
    static const uint8_t none[] = {SERVER_ID}, first[16] = {ADDRESS(5)};
    struct net_ipv6 ipv6;
    wire.sent = answer_of_another;
    assert_int_equal(ask(none, sizeof none, &ipv6), OK);
    assert_memory_equal(ipv6.dns[0], first, 16);
    assert_int_equal(requests, 2);
}

/* RFC 8415 15: each time later than the last, until the caller's patience ends. */
static void nobody_answers(void **state)
{
    (void)state;
    struct net_ipv6 ipv6;
    silent = true;
    assert_int_equal(ask("", 0, &ipv6), E_DHCP_TIMEOUT);
    assert_in_range(requests, 2, 3);
    assert_in_range(asked_at[1] - asked_at[0], 1000, 1010);
}

static void replies_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[64];
        unsigned length;
        bool another_number, another_client;
    } cases[] = {
        {"of another exchange", {SERVER_ID, DNS(5)}, 28, true, false},
        {"to another client", {SERVER_ID, DNS(5)}, 28, false, true},
        {"without a server", {DNS(5)}, 20, false, false},
        {"without DNS servers", {SERVER_ID}, 8, false, false},
        {"half an address", {SERVER_ID, 0, 23, 0, 8, 0xFD, 0x77, 0, 0, 0, 0, 0, 0}, 20, false, false},
        {"an address that runs over", {SERVER_ID, DNS(5)}, 27, false, false},
        {"a length that runs over", {SERVER_ID, DNS(5), 0, 99, 0xFF, 0xFF}, 32, false, false},
        {"half a header", {SERVER_ID, DNS(5), 0, 99, 0}, 31, false, false},
        {"multicast", {SERVER_ID, 0, 23, 0, 16, 0xFF, 2, [27] = 1}, 28, false, false},
        {"loopback", {SERVER_ID, 0, 23, 0, 16, [27] = 1}, 28, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_ipv6 ipv6;
        print_message("%s\n", cases[i].name);
        another_number = cases[i].another_number;
        another_client = cases[i].another_client;
        assert_int_equal(ask(cases[i].bytes, cases[i].length, &ipv6), E_DHCP_TIMEOUT);
        assert_true(bytes_are_zero(ipv6.dns, sizeof ipv6.dns));
    }
}

/* What a reply to somebody else has named is forgotten. */
static void a_reply_after_one_to_another(void **state)
{
    (void)state;
    static const uint8_t two[] = {REPLY, 0, 0, 0, SERVER_ID, 0, 23, 0, 32, ADDRESS(8), ADDRESS(9)};
    static const uint8_t one[] = {REPLY, 0, 0, 0, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1, SERVER_ID, DNS(5)};
    static const uint8_t first[16] = {ADDRESS(5)}, mac[6] = {2, 0, 0, 0, 0, 1};
    uint8_t request[DHCP6_REQUEST_SIZE], dns[NET_DNS_SERVERS][16];
    dhcp6_write_request(request, 0, mac, 0);
    assert_int_equal(dhcp6_read_reply(two, sizeof two, request, dns), -1);
    assert_int_equal(dhcp6_read_reply(one, sizeof one, request, dns), 1);
    assert_memory_equal(dns[0], first, 16);
    assert_true(bytes_are_zero(dns[1], 16));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(two_servers),           CASE(a_better_answer_is_waited_for), CASE(nobody_answers),
        CASE(replies_that_are_none), CASE(a_reply_after_one_to_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
