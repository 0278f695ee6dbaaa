/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a card's DHCP client: dhcp.c's to read and write. Private to net/. */
#ifndef SANSTRAP_DHCP_CLIENT_H
#define SANSTRAP_DHCP_CLIENT_H

#include "net/net.h"

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

    uint8_t xid[4], offered[4], server[4];
    bool has_spare;                    /* while SELECTING: an offer without what is wanted, */
    uint8_t spare[4], spare_server[4]; /* its address and who made it, */
    deadline_t spare_until;            /* that is taken then */
    deadline_t began, next;            /* the exchange; when the next step is due */
    deadline_t asked;                  /* when the last message was sent */
    unsigned tries;                    /* of the message that is repeated */
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

#endif
