/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses. Private to net/. */
#ifndef SANSTRAP_NET_RESOLVE_H
#define SANSTRAP_NET_RESOLVE_H

#include "net/net.h"

/* One name that is being looked up: the caller's to place, resolve.c's to read and write until net_resolve_stop(). */
struct net_lookup {
    struct net_lookup *next;
    const struct network *network; /* the addresses that it has say which kind is asked for */
    const char *host;
    uint32_t number; /* tells a late answer to a lookup that was given up from one to this */
    bool asked, done, found;
    struct net_address address;
};

/* Begins to look `host` up, a literal or a DNS name, which must stay until net_resolve_stop(). E_RESOLVE: it is no name. */
enum status net_resolve_start(struct net_lookup *lookup, const struct network *network, const char *host);

/*
 * One turn, never waits. OK with lookup->done false: not yet; with it true: lookup->address is a host's. E_RESOLVE: there is no
 * address, or none until `deadline`.
 */
enum status net_resolve_turn(struct net_lookup *lookup, deadline_t deadline);

/* An answer that is still to come is not waited for any more. Harmless on a lookup that was never started. */
void net_resolve_stop(struct net_lookup *lookup);

#endif
