/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a card's DHCP client: dhcp.c's and dhcp_exchange.c's to read and write. Private to net/. */
#ifndef SANSTRAP_DHCP_CLIENT_H
#define SANSTRAP_DHCP_CLIENT_H

#include "net/dhcp_options.h"

enum dhcp_state {
    SELECTING,  /* DISCOVER is repeated */
    REQUESTING, /* REQUEST for an offer */
    CHECKING,   /* acknowledged; that nobody else has the address is being waited for */
    BOUND,
    EXTENDING, /* REQUEST for the address in use: RENEWING and REBINDING */
};

/* How much the reason of a drop says, in rising order. */
enum dhcp_telling { NOT_FOR_US, UNREADABLE, UNUSABLE, REFUSED };

struct dhcp_client {
    struct network *network; /* whose this is */
    enum dhcp_state state;
    struct net_dhcp_request request;
    uint8_t client_id[255];

    struct net_lease *lease; /* of net_dhcp(), as long as it runs; else NULL */
    uint8_t xid[4], offered[4], server[4];
    bool has_spare;                    /* while SELECTING: an offer without a root path, */
    uint8_t spare[4], spare_server[4]; /* its address and who made it, */
    deadline_t spare_until;            /* that is taken then */
    deadline_t began, next;            /* the exchange; when the next step is due */
    deadline_t asked;                  /* when the last message was sent */
    unsigned tries;                    /* of the message that is repeated */
    uint16_t seconds;                  /* since `began`, as the last message says */
    unsigned sent, dropped;
    enum dhcp_telling telling;
    char why[112]; /* the most telling of the drops */

    bool has_lease; /* else the next one is the first */
    bool lost;      /* it is over; its address is still in use */
    struct net_ipv4 in_use;
    deadline_t rebind_at, expire_at;
    unsigned wait_s; /* at least, between two attempts to extend it */

    uint8_t message[NET_LEASE_MESSAGE]; /* the reply being handled */
    size_t message_length;
};

/* ---- dhcp.c ---- */

/* From the first DISCOVER on. */
void net_dhcp_begin(struct dhcp_client *client);

/* For net/dhcp_socket.c. */
struct pbuf;
void net_dhcp_heard(struct network *network, const struct pbuf *packet, const uint8_t from[4]);

/*
 * Counts a lease's times from when its acknowledgement was asked for, as RFC 2131 4.4.1 does. `age`: the part of the time to T1
 * that may be over.
 */
void net_dhcp_bind(struct dhcp_client *client, const struct dhcp_message *ack, unsigned age);

/* Sets the address, with what is set by hand, in *ipv4, too. The failures are those of net_use_ipv4(). */
enum status net_dhcp_use(struct dhcp_client *client, struct net_ipv4 *ipv4);

#endif
