/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP/IP over one NIC: addresses by DHCP, SLAAC or hand, then streams. lwIP is inside and seen nowhere else.
 * Addresses are in network byte order.
 *
 * A struct network is one card with its addresses, lease and neighbours. Several may be open at once, on one link or on different
 * ones, each running or paused; a stream belongs to one of them, and leaves by its card whatever else would lead to its peer.
 *
 * lwIP itself is one for all, from the first net_open() to the last net_close(): the heap, to which each card adds; TCP's window,
 * which is that of the first; and the streams. DNS servers are each network's own: those that were set, then those that its
 * routers advertise.
 */
#ifndef SANSTRAP_NET_H
#define SANSTRAP_NET_H

#include "nicdrv/nic.h"
#include "platform/stream.h"

#define NET_DNS_SERVERS 2

struct network;
struct dhcp_message; /* dhcp_options.h */

/* An address with its family: 0 none, 4 or 6. IPv4 uses the first four bytes. */
struct net_address {
    uint8_t family;
    uint8_t bytes[16];
};

struct net_config {
    struct nic *nic; /* open, of no other network, and to stay so until net_close(); net takes its deliver callback */
    struct arena
        *arena; /* the network, its pools and its part of lwIP's heap are taken from here at net_open(); no card reads it */
    /*
     * TCP receive window in bytes, at most what the NIC's ring can hold in full segments; with `by_hand`, what three quarters of
     * the ring but two buffers can: then nothing is copied.
     */
    uint32_t window;
    const char *hostname; /* sent by DHCP (option 12); may be NULL; copied */
    /*
     * IEEE 802.1Q: with a VLAN of 1..4094 every frame is sent with its tag, and only frames of it are received. With 0 frames are
     * untagged; those that come with a priority only (VLAN 0) are untagged ones, too.
     */
    uint16_t vlan;
    uint8_t vlan_priority; /* of what is sent, 0..7; what is received may have any */
    /*
     * Addresses are set by hand and hosts are addresses, as in a crash dump: nothing is received but ARP, neighbour discovery and
     * TCP, so that DHCP and DNS get no answer and pings none from us, and no memory is kept for any of that.
     */
    bool by_hand;
};

/* To a network behind another gateway than most (RFC 3442). A gateway of 0.0.0.0: it is on the link. */
#define NET_ROUTES 8
struct net_route {
    uint8_t network[4], gateway[4];
    uint8_t prefix_length; /* 1..32 */
};

/* An IPv4 configuration, as given by hand or by DHCP. */
struct net_ipv4 {
    uint8_t address[4], netmask[4], gateway[4]; /* gateway 0.0.0.0: none; outside the network: on the link all the same */
    uint8_t dns[NET_DNS_SERVERS][4];            /* 0.0.0.0: none */
    uint16_t mtu;                               /* NIC_MTU_MIN or more; one above the NIC's counts as the NIC's, as does 0 */
    uint8_t route_count;
    struct net_route routes[NET_ROUTES];
};

struct net_ipv6 {
    uint8_t address[16];
    uint8_t prefix_length;            /* 64 */
    uint8_t gateway[16];              /* :: for the one that router advertisements name */
    uint8_t dns[NET_DNS_SERVERS][16]; /* all zero: none */
};

/* What was set by hand and goes before what a DHCP server says, today and at every later lease. */
struct net_overrides {
    bool gateway, dns, mtu; /* which of these in `ipv4` count */
    struct net_ipv4 ipv4;
};

/* What the DHCP exchange says of this machine. */
struct net_dhcp_request {
    uint8_t uuid[16];         /* SMBIOS system UUID in wire order (option 97); all zero: option left out */
    uint16_t architecture;    /* option 93: 0 BIOS, 7 x86-64 UEFI */
    const char *user_class;   /* option 77, a literal: by which servers tell us from the boot ROM; NULL: left out */
    const uint8_t *client_id; /* option 61 with its type byte; NULL: type 1 and the MAC; of length 0: none is sent */
    uint8_t client_id_length;
    /*
     * Whether an offer says what to boot from: one that does not is taken if nothing better comes within seconds. NULL: any will
     * do.
     */
    bool (*has_root)(const struct dhcp_message *offer);
    struct net_overrides by_hand;
};

#define NET_LEASE_MESSAGE 1500 /* bytes of the longest that is taken */

/* What it brought. The message is kept whole: every option in it belongs to the loader's settings. */
struct net_lease {
    struct net_ipv4 ipv4;
    uint8_t server[4];
    uint32_t seconds;    /* 0xFFFFFFFF: for ever */
    deadline_t acquired; /* when, in platform_ticks() */
    uint16_t message_length;
    uint8_t message[NET_LEASE_MESSAGE]; /* the DHCPACK from its op byte on */
    uint16_t proxy_length;              /* 0: none */
    uint8_t proxy[NET_LEASE_MESSAGE]; /* of net_dhcp(): the offer of a ProxyDHCP server, without an address, that has the root */
};

/*
 * Starts a network, which lies in the arena: that memory is in use until the last network is closed, as the others' connections
 * have it, too. Fails with E_NET_MEMORY, E_INVALID_ARGUMENT (VLAN), and *network is NULL then.
 */
enum status net_open(struct network **network, const struct net_config *config);

/*
 * How many bytes of an arena net_open() takes for this window, and with `by_hand` as it is; at most, while the NIC is NULL: one
 * of jumbo frames wants less. Nothing else counts.
 */
size_t net_arena_size(const struct net_config *config);

/*
 * One turn of every network that is open and not paused: receive, timers, send. Never waits. Cheap when nothing is there. Whoever
 * waits in one of the functions below, or pumps a stream, has turns of all of them.
 */
void net_poll(void);

/*
 * A DHCP exchange of our own, pumped until it is bound or `deadline` passes: E_DHCP_TIMEOUT, whose detail says how many requests
 * were sent and why answers were dropped. Options that cannot be read are left out, with a warning in the log, and no answer is
 * dropped for them. An address that somebody answers for is declined. lease->ipv4 is in use afterwards, with what is set by hand.
 * E_NET_MEMORY; E_ADDRESS_INVALID when what is set by hand does not go with the address.
 *
 * From then on net_poll() keeps the lease by platform_ticks(), however long nobody called: it is renewed from T1 and rebound from
 * T2 on (RFC 2131 4.4.5), which changes nothing but its times. When it is over or taken back, the log says so; the address stays
 * in use, as a disk depends on it, and is asked for again. If a server then gives another one, that is taken, and connections end
 * with E_STREAM_TIMEOUT, to begin anew from it.
 */
enum status net_dhcp(struct network *network, const struct net_dhcp_request *request, struct net_lease *lease,
                     deadline_t deadline);

/*
 * Takes over a lease that the boot ROM has acquired, read by net_lease_read(): it is in use afterwards, with what is set by hand,
 * and kept as one of our own. The request says what the ROM's said; above all its client identifier. As nobody knows how old
 * the lease is, it is renewed after half of T1. E_ADDRESS_INVALID as net_set_ipv4(); E_NET_MEMORY.
 */
enum status net_adopt_lease(struct network *network, const struct net_dhcp_request *request, struct net_lease *lease);

/*
 * Sets a static IPv4 configuration. A lease is no longer kept. E_ADDRESS_INVALID, also for a gateway outside the network, which
 * is a slip when it was set by hand; but a netmask of 32 bits leaves it no other place.
 */
enum status net_set_ipv4(struct network *network, const struct net_ipv4 *ipv4);

/* Whether an address, with what a lease may have beside it, can be used: OK, or E_ADDRESS_INVALID. */
enum status net_check_ipv4(const struct net_ipv4 *ipv4);

/*
 * The gateway by which packets to `to`, outside the network, go: of the routes that lead there the one of the longest prefix,
 * else the gateway. 0.0.0.0: none, as it is on the link. NULL: nothing leads there.
 */
const uint8_t *net_gateway_to(const struct net_ipv4 *ipv4, const uint8_t to[4]);

/*
 * Claims an IPv4 address that somebody else may have taken meanwhile (RFC 5227): asks the link who has it, for 600 ms, then sets
 * and announces it as net_set_ipv4() does. The network has no address yet. E_ADDRESS_CONFLICT when another machine answers.
 */
enum status net_claim_ipv4(struct network *network, const struct net_ipv4 *ipv4);

/*
 * Sets a static IPv6 address, and waits for duplicate address detection (RFC 4862 5.4), until `deadline` at most.
 * E_ADDRESS_INVALID; E_ADDRESS_CONFLICT when somebody has it. If nobody has objected at the deadline, it is used.
 */
enum status net_set_ipv6(struct network *network, const struct net_ipv6 *ipv6, deadline_t deadline);

/*
 * Waits for router advertisements and an address formed from them; fills in what was found. The DNS servers that *found has
 * before, if any, are set by hand, and go before those of routers. A router counts when it has answered a solicitation of ours:
 * E_IPV6_NO_ROUTER says how many advertisements came from others.
 */
enum status net_autoconfigure_ipv6(struct network *network, struct net_ipv6 *found, deadline_t deadline);

/*
 * Asks DHCPv6 servers for nothing but DNS servers (RFC 8415 18.2.6), on a link whose routers name none: ipv6->dns, which are
 * asked from then on, as those of a router. Waits until `deadline` at most. E_DHCP_TIMEOUT: nobody has named one; E_NET_MEMORY.
 */
enum status net_dhcp6_dns(struct network *network, struct net_ipv6 *ipv6, deadline_t deadline);

/*
 * Asks for the IPv4 addresses of `host`, a DNS name, before there is an address of IPv6, and waits until `deadline` at most.
 * Unknown: there is no such name. Unanswered: no DNS server is set, or answered, or can say. The next connection to it, within
 * seconds, need not ask.
 */
enum net_name { NET_NAME_HAS_IPV4, NET_NAME_LACKS_IPV4, NET_NAME_UNKNOWN, NET_NAME_UNANSWERED };
enum net_name net_ask_ipv4(struct network *network, const char *host, deadline_t deadline);

/*
 * The address at which a host last answered: the first one that the stream was told to connect to by its name, whatever others it
 * has been sent to since. A family of 0: it never did.
 */
void net_named_peer(const struct stream *stream, struct net_address *address);

/*
 * The MAC address that an open stream's packets go to at present, the peer's or a router's. False, with `mac` as it was, when
 * none is known or the stream is not open.
 */
bool net_next_hop(struct stream *stream, uint8_t mac[NIC_MAC_LENGTH]);

/*
 * Text forms. Parsing is strict: no leading zeros, no trailing text; when it fails *address stays as it was. Formatting takes
 * FORMAT_ADDRESS_SIZE bytes at most; a family of 0 gives "".
 */
bool net_parse_address(const char *text, struct net_address *address);
void net_format_address(const struct net_address *address, char *text);

/*
 * A TCP stream (platform/stream.h). NULL when all NET_STREAMS, of all networks, are in use; net_stream_free() aborts it when it
 * is open. Connecting fails with E_UNREACHABLE when its network is closed.
 */
#define NET_STREAMS 4
struct stream *net_stream_new(struct network *network);
void net_stream_free(struct stream *stream);

/* How many bytes each segment has at most, as both ends have said; 0 when it is not connected. */
uint16_t net_stream_segment(const struct stream *stream);

/*
 * Between calls of a firmware service the NIC is paused: nothing is received, TCP's timers do not run for its streams. What was
 * received is acknowledged before, and what is known of neighbours and routers grows old all the same, as a lease does.
 * net_pause() waits as long as nic_pause() does, and for the answer to a DHCP request sent less than 100 ms ago, which comes
 * twice in a lease's time. The first turn after net_resume() wakes the NIC, takes in what has come, and only then sends; without
 * one before the next pause the NIC is not touched. Either does nothing when the network is closed, or already so, or NULL.
 */
void net_pause(struct network *network);
void net_resume(struct network *network);

/* The same as net_pause(), but that the NIC is parked: it receives what its ring has room for. Never waits for the NIC. */
void net_park(struct network *network);

/*
 * Aborts its streams and forgets its configuration; the NIC stays open, and other networks run on. A lease of net_dhcp() is not
 * given back (no DHCPRELEASE), but not renewed any more either: it runs out at the server when its time is over, and until then
 * the next exchange, ours or the OS's, is likely to get the address again. Streams stay their owners' to free. Does nothing with
 * NULL, or a network that is closed.
 */
void net_close(struct network *network);

#endif
