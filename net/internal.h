/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of net/ know of each other. Nobody else includes this. */
#ifndef SANSTRAP_NET_INTERNAL_H
#define SANSTRAP_NET_INTERNAL_H

#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "net/net.h"

/* ---- net.c ---- */

struct network {
    struct nic *nic;
    struct netif netif;
    char hostname[64];
    uint16_t vlan; /* 0: untagged */
    uint8_t vlan_priority;
    bool open;
    bool paused;
    bool suspect; /* an assertion of lwIP's failed */
    bool link_lost;
};
extern struct network network;

/* One turn, and the home's own; for loops that wait. */
void net_wait_turn(void);

/* ---- heap.c: lwIP's mem_malloc() over a block of the arena ---- */

/* The heap is from now on `size` bytes at `block`, and empty. */
void net_heap_open(void *block, size_t size);
size_t net_heap_left(void); /* bytes that were never or are no longer in use, in pieces of whatever size */

/* ---- link.c: lwIP's netif over the NIC ---- */

/* Takes what `frames` held receive buffers need from the arena. False when it has not enough. */
bool net_link_open(struct nic *nic, struct arena *arena, unsigned frames);
size_t net_link_arena_size(unsigned frames);
err_t net_link_init(struct netif *netif); /* for netif_add() */
void net_link_flush(bool received);       /* what had to wait for the end of a receive batch */
unsigned net_link_held(void);             /* receive buffers not given back */

/* ---- address.c, address6.c ---- */

/* True for an address that one machine can have and send from. */
bool net_ipv4_usable(const uint8_t address[4]);

/* The router given by net_set_ipv6() is no longer used. */
void net_static_ipv6_forget(void);

/* ---- lwip_address.c ---- */

/* A family of 0 gives 0.0.0.0. */
ip_addr_t net_to_lwip(const struct net_address *address);
struct net_address net_from_lwip(const ip_addr_t *address);

/* ---- stream.c ---- */

/* Drops every connection; `why` is what their streams answer from now on. What was received and not read is dropped, too. */
void net_streams_abort(enum status why);
const ip_addr_t *net_stream_remote(const struct stream *stream); /* the peer's address; NULL when the stream is not open */

#endif
