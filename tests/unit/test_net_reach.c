/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is on our link and who is behind a router, strangers from there, and IPv6 packets that are for nobody (RFC 4861, 8200). */
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/unit/stream_world.h"

#define IP             ETHERNET_HEADER
#define ECHO           128 /* RFC 4443 4.1 */
#define ECHO_REPLY     129
#define LISTENER_QUERY 130 /* RFC 2710 3 */
#define REPORT         131
#define REPORT_2       143 /* RFC 3810 */

static const uint8_t us[16] = {0xFD, 0x77, [15] = 2}, gateway[16] = {0xFD, 0x77, [15] = 1};
static const uint8_t all_nodes[16] = {0xFF, 2, [15] = 1}, router[16] = {0xFE, 0x80, [15] = 1};
static const uint8_t their_mac[6] = {2, 0, 0, 0, 0, 0xFE};
static unsigned echoes, reports, solicitations;
static bool gateway_answers;

static void on_frame(const uint8_t *frame, unsigned length)
{
    if (gateway_answers && peer_is_solicitation(frame, length, gateway))
        peer_advertise(gateway, us, their_mac, true);
    if (length < IP + IPV6_HEADER + 8 || get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV6)
        return;

    uint8_t next = frame[IP + IPV6_NEXT_HEADER];
    uint8_t type = next == 0 ? frame[IP + IPV6_HEADER + 8] : next == PROTOCOL_ICMPV6 ? frame[IP + IPV6_HEADER] : 0;
    echoes += type == ECHO_REPLY;
    reports += type == REPORT || type == REPORT_2;
    solicitations += type == 135;
}

static void set_ipv6(bool with_gateway)
{
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, us, 16);
    if (with_gateway)
        memcpy(ipv6.gateway, gateway, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    wire.sent = on_frame;
    echoes = reports = solicitations = 0;
    gateway_answers = true;
}

static void ping_from(const uint8_t from[16])
{
    uint8_t echo[64] = {ECHO};
    peer_ipv6(from, us, PROTOCOL_ICMPV6, 64, echo, sizeof echo);
    peer_world_run(4);
}

/* Answers leave by the router that was set; it is looked for, for one of many, when it is not known. */
static void pings_from_beyond_the_router(void **state)
{
    uint8_t from[16] = {0x20, 0x01, 0x0D, 0xB8};

    (void)state;
    set_ipv6(true);
    gateway_answers = false;
    for (unsigned i = 0; i < 200; i++) {
        from[15] = (uint8_t)i;
        ping_from(from);
    }
    assert_int_equal(echoes, 0);
    assert_in_range(solicitations, 1, 6);

    gateway_answers = true;
    peer_world_run(5000);
    for (unsigned i = 0; i < 200; i++) {
        from[15] = (uint8_t)i;
        ping_from(from);
    }
    assert_in_range(echoes, 1, 201);
    unsigned before = echoes;
    ping_from(from);
    assert_int_equal(echoes, before + 1); /* now that it is known */
}

static void pings_from_beyond_where_no_router_is(void **state)
{
    static const uint8_t from[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 9};

    (void)state;
    set_ipv6(false);
    for (unsigned i = 0; i < 50; i++)
        ping_from(from);
    assert_int_equal(echoes, 0);
    assert_int_equal(wire.held, 0);
}

/* RFC 2710 3: behind a hop-by-hop header with a router alert, from a link-local address, with a hop limit of 1. */
static void a_listener_query_is_answered(void **state)
{
    static const uint8_t header[8] = {PROTOCOL_ICMPV6, 0, 5, 2, 0, 0, 1, 0};
    uint8_t packet[8 + 24] = {0};
    uint32_t sum = 0;

    (void)state;
    set_ipv6(false);
    memcpy(packet, header, sizeof header);
    packet[8] = LISTENER_QUERY;
    put_be16(packet + 12, 100); /* within so many ms */
    for (unsigned i = 0; i < 16; i += 2)
        sum += get_be16(router + i) + get_be16(all_nodes + i);
    for (unsigned i = 8; i < sizeof packet; i += 2)
        sum += get_be16(packet + i);
    sum += 24 + PROTOCOL_ICMPV6;
    put_be16(packet + 10, 0xFFFF - ((sum & 0xFFFF) + (sum >> 16)));
    peer_ipv6(router, all_nodes, 0, 1, packet, sizeof packet);
    peer_world_run(2000);
    assert_true(reports > 0);
}

struct stray {
    const char *name;
    uint8_t next;
    uint8_t payload[48];
    unsigned length; /* that are sent */
    unsigned says;   /* the header's payload length */
    unsigned cut;    /* bytes of the header that are there; 0: all */
};

/* They are answered by nothing, and cost no buffer. */
static void packets_that_are_nobodys(void **state)
{
    static const struct stray cases[] = {
        {"RFC 8200 3 longer than its frame", PROTOCOL_ICMPV6, {ECHO}, 16, 400, 0},
        {"an IPv6 header that is cut", PROTOCOL_ICMPV6, {0}, 0, 0, 39},
        {"RFC 4443 2.1 an ICMPv6 message of 3 bytes", PROTOCOL_ICMPV6, {ECHO}, 3, 3, 0},
        {"RFC 8200 4.3 hop-by-hop without an alert", 0, {PROTOCOL_ICMPV6, 0, 1, 4, 0, 0, 0, 0, ECHO}, 24, 24, 0},
        {"hop-by-hop that is cut", 0, {PROTOCOL_ICMPV6, 0, 5, 2}, 4, 4, 0},
        {"a query of 4 bytes behind it", 0, {PROTOCOL_ICMPV6, 0, 5, 2, 0, 0, 1, 0, LISTENER_QUERY}, 9, 9, 0},
        {"RFC 4861 6.1.1 a router solicitation", PROTOCOL_ICMPV6, {133}, 8, 8, 0},
        {"a protocol that we have not", 132, {1}, 32, 32, 0},
    };

    (void)state;
    set_ipv6(false);
    peer_world_run(1000);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[IP + IPV6_HEADER + 48] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0xFE, 0x86, 0xDD, 0x60};
        unsigned length = IP + (cases[i].cut ? cases[i].cut : IPV6_HEADER + cases[i].length), sent = wire.frames_sent;
        put_be16(frame + IP + IPV6_PAYLOAD_LENGTH, cases[i].says);
        frame[IP + IPV6_NEXT_HEADER] = cases[i].next;
        frame[IP + 7] = 255;
        memcpy(frame + IP + IPV6_SOURCE, router, 16);
        memcpy(frame + IP + IPV6_DESTINATION, us, 16);
        memcpy(frame + IP + IPV6_HEADER, cases[i].payload, 48);
        print_message("%s\n", cases[i].name);
        wire.verified = true; /* it is no checksum that shall stop them */
        wire_inject(frame, length);
        peer_world_run(20);
        assert_int_equal(wire.frames_sent, sent);
        assert_int_equal(wire.held, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pings_from_beyond_the_router),
        CASE(pings_from_beyond_where_no_router_is),
        CASE(a_listener_query_is_answered),
        CASE(packets_that_are_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
