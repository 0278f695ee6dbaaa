/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages that a DHCP client sends (RFC 2131 section 4.4.1, table 5), and the port that they go through. Private to net/. */
#ifndef SANSTRAP_DHCP_BUILD_H
#define SANSTRAP_DHCP_BUILD_H

#include "net/dhcp_options.h"

#define DHCP_SENT_MAX 548 /* what every host takes: a packet of 576 bytes without its headers */

/* ---- dhcp_build.c ---- */

/* What a message says. Addresses of four bytes; NULL where the message is not to have them. */
struct dhcp_draft {
    enum dhcp_type type;
    const uint8_t *xid;
    uint16_t seconds;                       /* since the client began */
    const uint8_t *in_use;                  /* ciaddr */
    const uint8_t *requested, *server;      /* options 50 and 54 */
    const uint8_t *mac;                     /* of NIC_MAC_LENGTH bytes */
    const struct net_dhcp_request *request; /* who asks */
    const char *hostname;                   /* option 12; "": none */
    uint16_t message_size;                  /* option 57: the longest that we take */
};

/* Writes it, filled up to BOOTP's 300 bytes, and returns its length. An option that has no room is left out. */
unsigned net_dhcp_build(uint8_t bytes[DHCP_SENT_MAX], const struct dhcp_draft *draft);

/* ---- dhcp_socket.c ---- */

/*
 * One port for all cards, opened by the first client and closed with the last. False when memory is short. `on_datagram` gets
 * what servers send to it by a card; it is not to keep or free the packet.
 */
struct network;
struct pbuf;
bool net_dhcp_socket_open(void (*on_datagram)(struct network *network, const struct pbuf *packet, const uint8_t from[4]));

/* Sends it to the server at `to`, to all when that is NULL; from nobody unless it says that our address is in use. */
bool net_dhcp_socket_send(struct network *network, const struct dhcp_draft *draft, const uint8_t *to);

void net_dhcp_socket_close(void); /* once for each that was opened */

#endif
