/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6's fragments: the same as IPv4's, but for what RFC 6946 and RFC 6980 say of them. */
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/internet_sum.h"
#include "tests/unit/stream_world.h"

#define IP ETHERNET_HEADER

static uint16_t number;

#define DATAGRAM     800u
#define ECHO_REQUEST 128
#define ECHO_REPLY   129

static const uint8_t us[16] = {0xFD, 0x77, [15] = 2}, them[16] = {0xFD, 0x77, [15] = 1};
static unsigned unreachables, echoes;

/* A datagram to a port that nobody has is answered: so it arrived. */
static void count_unreachables(const uint8_t *frame, unsigned length)
{
    if (length > IP + IPV6_HEADER && get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV6 &&
        frame[IP + IPV6_NEXT_HEADER] == PROTOCOL_ICMPV6 && frame[IP + IPV6_HEADER] == 1)
        unreachables++;
    if (length > IP + IPV6_HEADER && frame[IP + IPV6_NEXT_HEADER] == PROTOCOL_ICMPV6 && frame[IP + IPV6_HEADER] == ECHO_REPLY)
        echoes++;
    if (peer_is_solicitation(frame, length, them))
        peer_advertise(them, us, peer.mac, true);
}

static void send_piece6(const uint8_t *datagram, unsigned from, unsigned to, bool more, uint8_t protocol)
{
    uint8_t payload[8 + DATAGRAM] = {protocol, 0, (uint8_t)(from >> 8), (uint8_t)(from | more), 0, 0, 0, (uint8_t)number};
    memcpy(payload + 8, datagram + from, to - from);
    peer_ipv6(them, us, 44, 64, payload, 8 + to - from);
}

static void datagrams(void **state)
{
    (void)state;
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    uint8_t udp[DATAGRAM] = {0, 7, 0, 9, DATAGRAM >> 8, DATAGRAM & 0xFF};
    memcpy(ipv6.address, us, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    wire.sent = count_unreachables;
    uint32_t sum = internet_sum(us, 16, internet_sum(them, 16, PROTOCOL_UDP + DATAGRAM));
    put_be16(udp + UDP_CHECKSUM, internet_fold(internet_sum(udp, DATAGRAM, sum)) ^ 0xFFFFu);
    (void)connect_to("fd77::1", 100); /* so that the neighbour is known */

    unreachables = 0;
    send_piece6(udp, 400, DATAGRAM, false, PROTOCOL_UDP);
    send_piece6(udp, 0, 400, true, PROTOCOL_UDP);
    peer_world_run(20);
    assert_int_equal(unreachables, 1);
    number++;
    send_piece6(udp, 0, DATAGRAM, false, PROTOCOL_UDP); /* RFC 6946: of one piece */
    peer_world_run(20);
    assert_int_equal(unreachables, 2);

    number++;
    send_piece6(udp, 0, 400, true, PROTOCOL_UDP); /* RFC 5722 */
    send_piece6(udp, 392, DATAGRAM, false, PROTOCOL_UDP);
    send_piece6(udp, 400, DATAGRAM, false, PROTOCOL_UDP);
    peer_world_run(20);
    assert_int_equal(unreachables, 2);

    number++;
    send_piece6(udp, 0, 400, true, PROTOCOL_UDP);
    send_piece6(udp, 0, DATAGRAM, false, PROTOCOL_UDP); /* one of its own, whatever its number */
    send_piece6(udp, 400, DATAGRAM, false, PROTOCOL_UDP);
    peer_world_run(20);
    assert_int_equal(unreachables, 4);
}

/* RFC 6980: neighbour discovery is never cut up; of the rest of ICMPv6 we want none in pieces. */
static void echo_requests(void **state)
{
    (void)state;
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    uint8_t echo[DATAGRAM] = {ECHO_REQUEST};
    memcpy(ipv6.address, us, 16);
    assert_int_equal(net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000)), OK);
    wire.sent = count_unreachables;
    uint32_t sum = internet_sum(us, 16, internet_sum(them, 16, PROTOCOL_ICMPV6 + DATAGRAM));
    put_be16(echo + ICMPV6_CHECKSUM, internet_fold(internet_sum(echo, DATAGRAM, sum)) ^ 0xFFFFu);
    (void)connect_to("fd77::1", 100);

    echoes = 0;
    send_piece6(echo, 0, 400, true, PROTOCOL_ICMPV6);
    send_piece6(echo, 400, DATAGRAM, false, PROTOCOL_ICMPV6);
    peer_world_run(20);
    assert_int_equal(echoes, 0);
    peer_ipv6(them, us, PROTOCOL_ICMPV6, 64, echo, DATAGRAM);
    peer_world_run(20);
    assert_int_equal(echoes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(datagrams),
        CASE(echo_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
