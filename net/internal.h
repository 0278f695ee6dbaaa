/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of net/ know of each other. Nobody else includes this. */
#ifndef SANSTRAP_NET_INTERNAL_H
#define SANSTRAP_NET_INTERNAL_H

#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "net/net.h"

/* ---- net.c ---- */

#define NET_GROUPS 8 /* multicast groups that the filter is told of: solicited-node addresses, all-nodes */

/* Segments that go up as one: coalesce.c. */
struct net_run {
    struct tcp_pcb *pcb; /* whose they are; NULL: there are none */
    struct pbuf *first, *last;
    uint8_t *ip, *tcp; /* the first one's headers */
    uint32_t length;   /* bytes of data */
};

/* link.c's part. */
struct net_link {
    struct rx_frame *free;
    unsigned frames, held;
    bool send_again;     /* the card had no descriptor: TCP is to try again next turn */
    bool pauses;         /* whoever calls pauses when he has what he wants */
    bool gap;            /* something waited out of order when the last turn ended */
    bool held_back;      /* an acknowledgement waits for more to acknowledge, */
    deadline_t hold_end; /* until then at most */
    uint32_t heard;      /* bytes received since something was sent */
    struct net_run run;  /* empty but while the card is polled */
    uint8_t groups[NET_GROUPS][NIC_MAC_LENGTH];
    unsigned group_count;
};

/* Who named a DNS server, in the order in which they are asked. */
enum dns_source { DNS_BY_HAND6, DNS_BY_IPV4 /* with its address: by hand or by DHCP */, DNS_BY_ROUTER, DNS_SOURCES };
#define DNS_SERVERS_MAX (DNS_SOURCES * NET_DNS_SERVERS)

/* How the card was left by the last pause, as long as no turn has woken it. */
enum card_rest { CARD_AWAKE, CARD_PARKED, CARD_STOPPED };

/* One card. What is not in here is one for all: lwIP with its tables and timers, its heap, the datagrams in the making. */
struct network {
    struct network *next; /* of net_first() */
    struct nic *nic;
    struct netif netif; /* whose `state` is this network */
    struct net_link link;
    struct dhcp_client *dhcp; /* of lwIP's heap; NULL without a lease or an exchange */
    char hostname[64];
    uint16_t vlan; /* 0: untagged */
    uint8_t vlan_priority;
    bool by_hand; /* nothing but TCP and neighbour discovery is received */
    bool open;
    enum card_rest rest;
    bool paused;
    bool link_lost;
    deadline_t next_stranger, next_ask; /* next_hop.c: when one may be asked for again */
    uint32_t unshown;                   /* advertisements of routers that never answered, routers.c */
    struct net_ipv4 ipv4;               /* as it was set last */
    bool static_router_set;
    ip6_addr_t static_router;                    /* of net_set_ipv6() */
    ip_addr_t dns[DNS_SOURCES][NET_DNS_SERVERS]; /* all zero: none */
};

struct network *net_first(void); /* of those that are open, in the order in which they were opened */
struct network *net_of_netif(const struct netif *netif);
struct network *net_of_pcb(const struct tcp_pcb *pcb); /* that of the stream that began it */

/* Begins the first turn after a pause, if it has not begun; for whoever may send before. */
void net_wake(struct network *network);

/* One turn, and the home's own; for loops that wait. */
void net_wait_turn(void);

/* ---- heap.c: lwIP's mem_malloc() over a block of the arena ---- */

void net_heap_open(void);                    /* it is empty from now on, and has no memory */
void net_heap_add(void *block, size_t size); /* memory for it, until it is opened again */
size_t net_heap_left(void);                  /* bytes that are free, in pieces that an acknowledgement fits in */

/*
 * Whether enough of that is kept to acknowledge with. What is to be sent must leave it: what is received would not move on
 * otherwise, nor would what it waits behind.
 */
void net_heap_keep(bool keep);

/* So many blocks of that size are there from the beginning, whatever else is taken: as far as the memory goes. */
void net_heap_set_apart(unsigned count, size_t size);

/* ---- link.c: lwIP's netif over the NIC ---- */

/* Takes what `frames` held receive buffers need from the arena. False when it has not enough. */
bool net_link_open(struct network *network, struct arena *arena, unsigned frames);
size_t net_link_arena_size(unsigned frames);
err_t net_link_init(struct netif *netif);                            /* for netif_add() */
unsigned net_link_receive(struct network *network, unsigned frames); /* takes what has come, so many at most; returns how many */
unsigned net_link_room(const struct network *network);               /* so many more need no copy, however large they are */
void net_link_flush(struct network *network, bool received);         /* what had to wait for the end of a receive batch */
void net_link_acknowledge(struct network *network);                  /* what a pause must not find unacknowledged */
void net_link_drop_out_of_order(void); /* what TCP waits with: its sender will repeat it (RFC 2018 8 allows that) */

/* ---- coalesce.c ---- */

/* Bytes of a frame, from its beginning. */
struct net_segment {
    struct tcp_pcb *pcb;
    uint16_t from, to; /* what the run has of it: the first one's headers, too */
    uint16_t ip, data;
};

/* Whether the run, if need be a new one, can be continued by the frame. Until it ends lwIP must be asked for nothing. */
bool net_run_takes(const struct network *network, const struct nic_frame *frame, struct net_segment *segment);

/* `pbuf` is from..to of that frame. */
void net_run_add(struct net_run *run, const struct net_segment *segment, struct pbuf *pbuf);

/* The run as one frame, whose checksums are not to be looked at; NULL: there is none. It is empty then. */
struct pbuf *net_run_end(struct net_run *run);

/* ---- fragments.c ---- */

/* One whose IPv6 header is followed by a fragment header. */
void net_fragment_ipv6(struct network *network, const struct pbuf *packet);
void net_fragments_expire(void);                          /* a timer */
void net_fragments_forget(const struct network *network); /* what came in by it; NULL: everything */
#define FRAGMENTS_MS 500

/* ---- routers.c ---- */

/* Whether a router's advertisement, from its IPv6 header on, may be read now; if not, it comes again when its sender answers. */
bool net_router_shown(struct network *network, struct pbuf *packet);
void net_router_answers(struct network *network, const ip6_addr_t *router); /* somebody says that he has this address */
void net_routers_expire(void);                                              /* to be called several times a second */
void net_routers_forget(const struct network *network);

/* ---- next_hop.c ---- */

err_t net_hop_output_ipv4(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to); /* the interface's */
err_t net_hop_output_ipv6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to);

/*
 * Asks the link who has the address that packets to `remote` go to, if that is known: the answer takes the place of what is
 * known, which serves until then. What goes to an IPv6 hop that is not known finds its hop anew.
 */
void net_hop_ask(struct network *network, const ip_addr_t *remote);

/* False without an address of ours, or a gateway or route to what is outside its network. */
bool net_leads_to_ipv4(const struct network *network, const ip4_addr_t *remote);

/* True when packets to `remote` go to `hop` now. */
bool net_hop_serves(const struct network *network, const ip6_addr_t *remote, const ip6_addr_t *hop);

void net_hop_watch(void);           /* a timer: asks for the hops of connections that are not answered */
void net_hop_age(uint32_t seconds); /* so much time has passed in which no timer ran */
#define HOP_WATCH_MS 50

/* ---- address.c, address6.c ---- */

/* True for an address that one machine can have and send from. */
bool net_ipv4_usable(const uint8_t address[4]);

/* True when it is neither its network's own nor its broadcast address, either. The netmask is one. */
bool net_ipv4_is_host(const struct net_ipv4 *ipv4);

/* Puts what is set by hand over what a server said; an MTU above that of the card becomes 0. */
void net_lease_override(struct net_ipv4 *ipv4, const struct net_overrides *by_hand, uint16_t mtu_max);

/* Whether the gateway, set by hand, goes with the address: OK, or E_ADDRESS_INVALID. */
enum status net_check_gateway(const struct net_ipv4 *ipv4);

/* Sets what net_check_ipv4() takes, without an end of the DHCP client. E_ADDRESS_INVALID. */
enum status net_use_ipv4(struct network *network, const struct net_ipv4 *ipv4);

/* ---- dns_servers.c ---- */

bool net_has_ipv4(const struct network *network); /* an address of ours */
bool net_has_ipv6(const struct network *network); /* in use, and no link-local one */

void net_dns_set(struct network *network, enum dns_source source, unsigned index, const ip_addr_t *server); /* NULL: none */
void net_dns_set_ipv6(struct network *network, enum dns_source source,
                      const uint8_t servers[NET_DNS_SERVERS][16]); /* all zero: none */
/* Those that can be asked with the addresses that there are; returns how many. */
unsigned net_dns_servers(const struct network *network, ip_addr_t servers[DNS_SERVERS_MAX]);
bool net_is_dns_server(const struct network *network, const ip_addr_t *address); /* it is among them */

/* ---- arp_probe.c ---- */

void net_arp_probe(struct network *network, const uint8_t address[4]); /* asks who has it */
/* Another machine has answered. */
bool net_arp_owner(struct network *network, const uint8_t address[4], uint8_t mac[NIC_MAC_LENGTH]);
void net_arp_probe_end(struct network *network);

/* ---- dhcp.c, dhcp_exchange.c ---- */

void net_dhcp_turn(struct network *network);   /* whatever the client's clock demands; cheap when nothing does */
void net_dhcp_settle(struct network *network); /* before a pause: waits for the answer to what was sent a moment ago */
void net_dhcp_stop(struct network *network);   /* the lease is kept by nobody from now on, and not given back */

/* ---- lwip_address.c ---- */

/* A family of 0 gives 0.0.0.0. */
ip_addr_t net_to_lwip(const struct net_address *address);
struct net_address net_from_lwip(const ip_addr_t *address);

/* ---- stream.c ---- */

/*
 * Drops every connection over this network, NULL: over any; `why` is what their streams answer from now on. What was received and
 * not read is dropped, too.
 */
void net_streams_abort(const struct network *network, enum status why);
void net_streams_orphan(const struct network *network); /* its streams cannot be opened any more */
struct network *net_stream_network(const struct stream *stream);
const ip_addr_t *net_stream_remote(const struct stream *stream); /* the peer's address; NULL when the stream is not open */

#endif
