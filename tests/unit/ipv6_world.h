/* SPDX-License-Identifier: BSD-2-Clause */
/* A network with IPv6 beside a peer that speaks as the test wants. */
#ifndef SANSTRAP_TESTS_UNIT_IPV6_WORLD_H
#define SANSTRAP_TESTS_UNIT_IPV6_WORLD_H

#include "tests/unit/unit.h"

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

static const uint8_t all_nodes[16] = {0xFF, 2, [15] = 1};
static const uint8_t router[16] = {0xFE, 0x80, [15] = 1};
static const uint8_t by_hand[16] = {0xFD, 0x77, [15] = 2};

static const uint8_t peer_mac[6] = {0x02, 0, 0, 0, 0, 0xFE};

/* RFC 4861 4: the first byte of each message */
#define ND_ROUTER_SOLICITATION  133
#define ND_ROUTER_ADVERTISEMENT 134
#define ND_SOLICITATION         135
#define ND_ADVERTISEMENT        136
#define ND_REDIRECT             137

static uint8_t last[WIRE_FRAME]; /* the last neighbour advertisement that the stack sent */
static unsigned advertisements;

static inline bool is_ipv6(const uint8_t *frame, uint8_t next)
{
    return get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV6 && frame[ETHERNET_HEADER + IPV6_NEXT_HEADER] == next;
}

static inline void on_frame(const uint8_t *frame, unsigned length)
{
    if (peer_is_solicitation(frame, length, router))
        peer_advertise(router, all_nodes, peer_mac, false);
    if (length >= 78 && is_ipv6(frame, PROTOCOL_ICMPV6) && frame[ETHERNET_HEADER + IPV6_HEADER] == ND_ADVERTISEMENT) {
        memcpy(last, frame, length);
        advertisements++;
    }
}

static inline int open_world(void **state)
{
    (void)state;
    host_log_clear();
    peer_world_open(64, 65536);
    wire.sent = on_frame;
    advertisements = 0;
    return 0;
}

static inline int close_world(void **state)
{
    (void)state;
    assert_null(strstr(host_log_text(), "inconsistent"));
    net_close(peer_network);
    assert_int_equal(wire.held, 0);
    peer_world_close();
    return 0;
}

static inline enum status set_by_hand(void)
{
    struct net_ipv6 ipv6 = {.prefix_length = 64};
    memcpy(ipv6.address, by_hand, 16);
    return net_set_ipv6(peer_network, &ipv6, deadline_after_ms(5000));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
