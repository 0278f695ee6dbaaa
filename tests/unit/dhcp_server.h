/* SPDX-License-Identifier: BSD-2-Clause */
/* A DHCP server at the other end of the wire, at 10.0.0.1, that does as told; and the world around it. */
#ifndef SANSTRAP_TESTS_DHCP_SERVER_H
#define SANSTRAP_TESTS_DHCP_SERVER_H

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"
#include "tests/unit/unit.h"

#define SECS    8
#define OPTIONS 240

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK };

static struct {
    uint8_t request[1500]; /* the last one */
    unsigned discovers, requests, declines;
    uint16_t discover_seconds;             /* that the last DISCOVER told of */
    bool to_all;                           /* the last one was a broadcast */
    unsigned ignore;                       /* so many requests stay unanswered */
    unsigned refuse;                       /* so many DHCPREQUESTs are answered by NAK */
    unsigned lose;                         /* so many DHCPREQUESTs are not answered */
    uint8_t ack_server[4], ack_address[4]; /* what acknowledgements say in place of what is right; zeros: nothing else */
    const uint8_t *extra;                  /* options put into every answer, before the end mark */
    unsigned extra_length;
    uint8_t omit; /* an option that answers lack */
    bool no_end;
    uint8_t address[4];
    uint8_t router[4];
    uint32_t seconds;
    bool wrong_xid, wrong_chaddr;
    bool commits;          /* a DISCOVER that asks for it is acknowledged (RFC 4039) … */
    bool commits_silently; /* … without saying so */
} server;

static void (*peer_sent)(const uint8_t *frame, unsigned length);

static inline const uint8_t *option(const uint8_t *message, uint8_t code)
{
    for (const uint8_t *at = message + OPTIONS; *at != 255; at += *at ? 2 + at[1] : 1) {
        if (*at == code)
            return at;
    }
    return NULL;
}

static inline uint8_t *put(uint8_t *at, uint8_t code, const void *value, uint8_t length)
{
    if (code == server.omit)
        return at;
    *at++ = code;
    *at++ = length;
    memcpy(at, value, length);
    return at + length;
}

static inline void answer(const uint8_t *request, uint8_t type)
{
    uint8_t reply[1400] = {2, 1, 6}, *at = reply + OPTIONS, seconds[4];

    memcpy(reply + 4, request + 4, 4);
    reply[4] ^= server.wrong_xid;
    memcpy(reply + 16, server.address, 4);
    if (type == ACK && server.ack_address[0])
        memcpy(reply + 16, server.ack_address, 4);
    memcpy(reply + 28, request + 28, 16);
    reply[28] ^= server.wrong_chaddr;
    memcpy(reply + 236, "\x63\x82\x53\x63", 4);
    put_be32(seconds, server.seconds);
    at = put(at, 53, &type, 1);
    bool another_server = type == ACK && server.ack_server[0];
    at = put(at, 54, another_server ? server.ack_server : (const uint8_t *)"\12\0\0\1", 4);
    at = put(at, 51, seconds, 4);
    at = put(at, 1, "\377\377\377\0", 4);
    at = put(at, 3, server.router, 4);
    at = put(at, 6, "\12\0\0\3\12\0\0\4", 8);
    if (type == ACK && option(request, 53)[2] == DISCOVER && !server.commits_silently)
        at = put(at, 80, "", 0);
    if (server.extra_length)
        memcpy(at, server.extra, server.extra_length);
    at += server.extra_length;
    if (!server.no_end)
        *at++ = 255;
    peer_datagram(67, 68, reply, (unsigned)(at - reply));
}

static inline void serve(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    if (from != 68 || to != 67)
        return;
    assert_true(length <= 548 && length >= 300);
    memcpy(server.request, data, length);
    uint8_t type = option(data, 53)[2];
    server.discovers += type == DISCOVER;
    if (type == DISCOVER)
        server.discover_seconds = get_be16(data + SECS);
    server.requests += type == REQUEST;
    server.declines += type == DECLINE;

    if (server.ignore) {
        server.ignore--;
        return;
    }
    if (type == REQUEST && server.lose) {
        server.lose--;
        return;
    }
    if (type == REQUEST && server.refuse) {
        server.refuse--;
        answer(data, NAK);
        return;
    }
    bool committed = type == DISCOVER && server.commits && option(data, 80);
    if (type != DECLINE)
        answer(data, type == DISCOVER && !committed ? OFFER : ACK);
}

static inline void see_frame(const uint8_t *frame, unsigned length)
{
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV4)
        server.to_all = frame[0] == 0xFF;
    peer_sent(frame, length);
}

static const struct net_dhcp_request request = {
    .uuid = {0x11, 0x22, 0x33},
    .architecture = 7,
    .user_class = "unit",
};
static struct net_lease lease;

static inline int open_world(void **state)
{
    (void)state;
    peer_world_open(64, 65536);
    memset(&server, 0, sizeof server);
    memcpy(server.address, "\12\0\0\2", 4);
    memcpy(server.router, "\12\0\0\1", 4);
    server.seconds = 3600;
    peer_got_datagram = serve;
    peer_sent = wire.sent;
    wire.sent = see_frame;
    host_log_clear();
    return 0;
}

static inline int close_world(void **state)
{
    (void)state;
    peer_world_close();
    assert_int_equal(wire.held, 0);
    return 0;
}

static inline enum status run(unsigned milliseconds)
{
    return net_dhcp(peer_network, &request, &lease, deadline_after_ms(milliseconds));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
