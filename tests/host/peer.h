/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine at the other end of the wire, 10.0.0.1, for a stack that is 10.0.0.2 unless told otherwise: answers ARP, serves one
 * TCP connection on port 3260 and one UDP handler, and lets the test send segments of its own making.
 */
#ifndef SANSTRAP_TESTS_PEER_H
#define SANSTRAP_TESTS_PEER_H

#include "tests/host/wire.h"

enum {
    PEER_FIN = 1,
    PEER_SYN = 2,
    PEER_RST = 4,
    PEER_PSH = 8,
    PEER_ACK = 16,
};

struct peer {
    bool silent, refuse; /* answers no SYN; answers it with RST */
    bool no_arp;
    bool source;                                          /* sends peer_pattern() without end, up to `to_send`, */
    const uint8_t *says;                                  /* … or these bytes */
    void (*hears)(const uint8_t *bytes, unsigned length); /* gets what is received, which then need not be peer_pattern() … */
    void (*opened)(void);                                 /* … and is told of each connection */
    bool established, got_fin, got_reset;
    uint32_t iss, next, acknowledged, window; /* sending: initial, next and oldest sequence number; the stack's window in bytes */
    uint32_t expected;                        /* receiving: next sequence number wanted */
    uint32_t stack_iss;
    uint16_t port;      /* the stack's */
    uint16_t advertise; /* window that is announced, unscaled */
    uint64_t received, to_send;
    bool corrupted; /* bytes received were not peer_pattern() */
    deadline_t resend_at;
    unsigned resets, acks, segments;
    bool tagged;  /* what the peer sends carries an 802.1Q tag */
    uint16_t tci; /* of that tag */
    uint8_t stack_ip[4];
    uint8_t mac[6];                                       /* where the peer is; frames to another address are not for it */
    uint16_t mss;                                         /* the largest segment it says that it takes */
    bool no_acks;                                         /* does not acknowledge data */
    bool sack;                                            /* says in its SYN that it takes SACK */
    bool unscaled;                                        /* says nothing there but its MSS: windows are not scaled */
    bool (*sends)(const uint8_t *frame, unsigned length); /* sees each frame first, given without a tag; true: it is gone */
};
extern struct peer peer;

/* Set before peer_world_open(): the VLAN of stack and peer, 0 for none, and the priority that the stack is to send with. */
struct peer_vlan {
    uint16_t id;
    uint8_t priority;
};
extern struct peer_vlan peer_vlan;
extern uint16_t peer_mtu; /* of the stack's card; set likewise, and 1500 again when the world is closed */
extern bool peer_by_hand; /* as net_config has it; set likewise, and false again */

/* The byte that every stream of these tests has at `offset`. */
uint8_t peer_pattern(uint64_t offset);

/* Resets the peer and connects it to the wire. */
void peer_open(void);

/* Sends what may be sent and repeats what was lost; to be called as time passes. */
void peer_turn(void);

/* A segment with these fields, from the peer's port; `options` is padded by the caller to a multiple of 4. */
void peer_segment(uint8_t flags, uint32_t sequence, uint32_t acknowledge, const void *options, unsigned options_length,
                  const void *data, unsigned length);

/* What a peer of a test's own has of the stack's bytes, counted in units of so many. It has none at `missing`. */
struct peer_came {
    bool (*has)(uint32_t at);
    uint32_t missing, end; /* the first that has not come; behind the last that has */
    uint32_t unit;
};

/* An ACK of all before what is missing; if the peer takes SACK, with the blocks behind, first the one that has `newest`. */
void peer_acknowledge(const struct peer_came *came, uint32_t newest);

/* Sends a frame, given without a tag, as everything of the peer's is sent. */
void peer_frame(const void *frame, unsigned length);

/* An ICMP echo request to the stack, with so many bytes of data. */
void peer_ping(unsigned length);

/* A UDP datagram to the stack; and what the stack sends by UDP. */
void peer_datagram(uint16_t from_port, uint16_t to_port, const void *data, unsigned length);
extern void (*peer_got_datagram)(uint16_t from_port, uint16_t to_port, const uint8_t *data, unsigned length);

/* An IPv6 packet to the stack, from fe80::1 unless `from` is given, its ICMPv6 checksum filled in when `next` is 58. */
void peer_ipv6(const uint8_t *from, const uint8_t *to, uint8_t next, uint8_t hops, uint8_t *payload, unsigned length);

/* Whether the stack, by this frame, asks for the neighbour that has `address`. */
bool peer_is_solicitation(const uint8_t *frame, unsigned length, const uint8_t address[16]);

/* Says that `mac` has `address`, as an answer or unasked. */
void peer_advertise(const uint8_t address[16], const uint8_t to[16], const uint8_t mac[6], bool solicited);

/* A world for one test: virtual clock, arena, wire, peer, net_open() and the address 10.0.0.2/24. */
extern struct network *peer_network;
void peer_world_open(unsigned rx_buffers, uint32_t window);
void peer_world_close(void);

/* Lets `milliseconds` pass, polling the stack. */
void peer_world_run(unsigned milliseconds);

#endif
