/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How lwIP 2.2.1 is built for sanstrap, and why. What is not named here keeps lwIP's default (lwip/opt.h).
 *
 * The same objects serve a loader with megabytes and a crash dump with 10 KiB: what depends on that is a variable (net_tuning),
 * set by net_open() before anything else. lwIP's init.c would check these as constants and is not compiled; net/net.c starts the
 * modules.
 */
#ifndef SANSTRAP_LWIPOPTS_H
#define SANSTRAP_LWIPOPTS_H

#include <stdint.h>

/* Set by net_open() for the first card. */
struct net_tuning {
    uint32_t window;       /* TCP receive window */
    uint32_t send_buffer;  /* bytes queued for sending, per connection */
    uint16_t send_pbufs;   /* pbufs queued for sending, per connection */
    uint16_t ooseq_pbufs;  /* frames held out of order, per connection */
    uint32_t heap_reserve; /* bytes that copies of what was received leave: they cannot keep the stack from sending */
};
extern struct net_tuning net_tuning;

/* ---- system: one thread, polled; only the raw API ---- */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0 /* nothing runs in interrupts */
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_SINGLE_NETIF    0 /* each PCB of a stream is bound to its own: routing is a comparison */
#define LWIP_STATS           0
#define LWIP_NETIF_API       0
#define LWIP_TIMERS          0 /* net/net.c has a table of its own: lwIP allocates its timers, and a full heap would lose them */

/* ---- memory: net/heap.c over the caller's arena; lwIP's own pools would be sized at compile time ---- */
#define MEM_CUSTOM_ALLOCATOR     1 /* gives mem_size_t the width of size_t; mem.c itself is not compiled */
#define MEMP_MEM_MALLOC          1
#define MEM_ALIGNMENT            8
#define LWIP_SUPPORT_CUSTOM_PBUF 1 /* receive buffers of the NIC are passed up without a copy */
#define LWIP_PBUF_REF_T          uint16_t
#define PBUF_POOL_SIZE           0 /* the NIC's ring is the pool */

/*
 * What waits for an ARP or ND answer is copied unless its bytes are the packet's own: a stream's stable spans are PBUF_ROM to
 * lwIP, but stable only until the stream is aborted, and the waiting packet may be sent later.
 */
#define PBUF_NEEDS_COPY(p) (((p)->type_internal & PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS) == 0)

/* ---- Ethernet and IPv4 ---- */
#define LWIP_ARP                  1
#define ARP_TABLE_SIZE            16 /* gateway, DNS, a few portals; those who ask for us */
#define ARP_QUEUEING              0  /* one packet waits for an ARP answer: the SYN; TCP repeats what is lost */
#define ETHARP_SUPPORT_VLAN       1  /* net/net.h; the hooks are in net/port/lwip_hooks.h, which opt.h does not see */
#define PBUF_LINK_HLEN            18 /* so opt.h would leave no room for the tag in front of what is sent */
#define LWIP_IPV4                 1
#define IP_FORWARD                0
#define IP_REASSEMBLY             0 /* net/fragments.c */
#define IP_FRAG                   0 /* TCP segments and our few datagrams fit the MTU */
#define IP_OPTIONS_ALLOWED        0 /* source routes and the like have no use here */
#define LWIP_ICMP                 1 /* answers pings, which is how administrators look for us */
#define LWIP_RAW                  0
#define LWIP_IGMP                 0
#define LWIP_AUTOIP               0
#define IP_DEFAULT_TTL            64
#define LWIP_NETIF_HOSTNAME       1
#define LWIP_NETIF_TX_SINGLE_PBUF 0 /* nic_send() gathers */

/* ---- DHCP: net/dhcp.c; what is sent to its port comes in while we have no address ---- */
#define LWIP_DHCP                     0
#define LWIP_IP_ACCEPT_UDP_PORT(port) ((port) == PP_HTONS(68))

/* ---- DNS: net/resolve.c; nd6.c tells of a router's servers by functions of the same name as dns.c's (net/dns_servers.c) ---- */
#define LWIP_DNS        1
#define DNS_MAX_SERVERS 2 /* NET_DNS_SERVERS */

/* ---- IPv6 ---- */
#define LWIP_IPV6                      1
#define LWIP_IPV6_REASS                0 /* as IP_REASSEMBLY */
#define LWIP_IPV6_FRAG                 0
#define LWIP_IPV6_FORWARD              0
#define LWIP_IPV6_SCOPES               0 /* streams are bound to their interface: the zone is known */
#define LWIP_IPV6_AUTOCONFIG           1
#define LWIP_IPV6_DHCP6                0 /* net/dhcp6.c */
#define LWIP_IPV6_MLD                  1 /* snooping switches deliver neighbour solicitations only to groups that were joined */
#define MEMP_NUM_MLD6_GROUP            8
#define LWIP_ND6_QUEUEING              0 /* as ARP_QUEUEING */
#define LWIP_ND6_ALLOW_RA_UPDATES      1 /* the link's MTU */
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS DNS_MAX_SERVERS
#define LWIP_ND6_NUM_NEIGHBORS         16
#define LWIP_ND6_NUM_DESTINATIONS      8
#define LWIP_IPV6_NUM_ADDRESSES        3 /* link-local, and one by hand or by SLAAC, and one more prefix */
#define LWIP_ICMP6                     1

/* ---- UDP: DHCP and DNS ---- */
#define LWIP_UDP     1
#define LWIP_UDPLITE 0

/* ---- TCP ---- */
#define LWIP_TCP                   1
#define TCP_MSS                    8960 /* the most; each connection's is bounded by the MTU (TCP_CALCULATE_EFF_SEND_MSS) */
#define LWIP_WND_SCALE             1
#define TCP_RCV_SCALE              6 /* windows up to 4 MiB, in steps of 64 bytes */
#define TCP_WND                    (net_tuning.window)
#define TCP_SND_BUF                (net_tuning.send_buffer)
#define TCP_SND_QUEUELEN           (net_tuning.send_pbufs)
#define TCP_SNDLOWAT               (4 * 1460) /* only sockets look at it, but opt.h's default would be a wrong constant */
#define TCP_WND_UPDATE_THRESHOLD   (TCP_WND_MAX(pcb) / 4) /* the reader takes large pieces; ACKs carry the window anyway */
#define TCP_OVERSIZE               0                      /* copied spans are headers of known size: none is to grow */
#define TCP_QUEUE_OOSEQ            1
#define TCP_OOSEQ_PBUFS_LIMIT(pcb) (net_tuning.ooseq_pbufs) /* the queue holds receive buffers: the ring must not starve */
#define TCP_OOSEQ_MAX_PBUFS        1                        /* switches the limit above on */
#define TCP_LISTEN_BACKLOG         0
#define LWIP_TCP_TIMESTAMPS        0
#define LWIP_TCP_SACK_OUT          1 /* several losses in a window then cost the sender one round trip */
#define TCP_CALCULATE_EFF_SEND_MSS 1
#define TCP_SYNMAXRTX              12 /* its timeout doubles, as that of data: the caller's deadline comes earlier */
#define TCP_MAXRTX                 12
#define TCP_TMR_INTERVAL           5  /* probes of a tail */
#define TCP_FAST_INTERVAL          25 /* delayed acknowledgements */
#define TCP_SLOW_INTERVAL          50 /* retransmission counts in these */
/*
 * Hosts delay an acknowledgement for up to 200 ms (Linux, Windows), and what the last tick had left of its time may be next to
 * nothing. It is rarely waited for: a probe comes before (net/patches/14-tcp-tail-probe.patch).
 */
#define TCP_RTO_MIN       300
#define TCP_PROBE_DELAY   50     /* for so long, and some, Linux delays one of a single segment */
#define TCP_MSL           1000UL /* we choose a random port each time: TIME-WAIT need not keep memory for minutes */
#define LWIP_ALTCP        0
#define LWIP_EVENT_API    0
#define LWIP_CALLBACK_API 1

/* ---- checksums: decided for each packet (receive) and by the NIC's ability (send) in net/link.c ---- */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY        0
#define LWIP_CHKSUM                  net_checksum
uint16_t net_checksum(const void *bytes, int length); /* net/checksum.c */

#define LWIP_HOOK_FILENAME                "lwip_hooks.h"
#define LWIP_HOOK_IP4_ROUTE_SRC(from, to) net_route_ipv4(from)

#endif
