/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses. Private to net/. */
#ifndef SANSTRAP_NET_RESOLVE_H
#define SANSTRAP_NET_RESOLVE_H

#include "net/dns_message.h"
#include "net/internal.h"

struct udp_pcb;

/*
 * One name that is being looked up, or has been: the caller's to place, zeroed, and resolve.c's to read and write. The addresses
 * stay when it is stopped: they serve the next lookup of the same name if then nobody answers.
 */
struct net_lookup {
    struct network *network; /* by which it is asked; the addresses that it has say which kinds are asked for */
    const char *host;
    struct udp_pcb *socket; /* NULL: no question is out */
    uint16_t id;            /* of the question */
    uint16_t asked;         /* how often it was sent, */
    uint8_t refused;        /* how many servers could not say: */
    uint8_t family;         /* asked for: 4, then 6 */
    uint8_t rcode;          /* the last one */
    bool answered;          /* what is asked for at present; */
    bool heard;             /* some server has said what it knows */
    bool found, unusable;   /* addresses; such as no host can have */
    bool done;
    deadline_t began, ask_again;
    ip_addr_t refusing[DNS_SERVERS_MAX]; /* by address: places change when servers come and go */

    uint32_t name; /* whose addresses these are: a sum of it */
    uint8_t count, next, left;
    struct net_address addresses[DNS_ADDRESSES];
};

/*
 * Begins to look `host` up, a DNS name, which must stay until net_resolve_stop(). `served`: the address that was taken last has
 * been of use. E_RESOLVE: it is no name; no server is set.
 */
enum status net_resolve_start(struct net_lookup *lookup, struct network *network, const char *host, bool served);

/*
 * One turn, never waits. OK with lookup->done false: not yet; with it true: net_resolve_next() has addresses. E_RESOLVE: there is
 * none, or none until `deadline`.
 */
enum status net_resolve_turn(struct net_lookup *lookup, deadline_t deadline);

/*
 * Takes the next of the addresses that were found, IPv4's first, else in the server's order; but the one that was taken last of
 * this name, by whatever lookup, comes last, or first if it served. How many are left behind it is lookup->left. False when there
 * is none.
 */
bool net_resolve_next(struct net_lookup *lookup, struct net_address *address);

/* An answer that is still to come is not waited for any more. Harmless on a lookup that was never started. */
void net_resolve_stop(struct net_lookup *lookup);

#endif
