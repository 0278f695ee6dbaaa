/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door to lwIP's parsers: what must not reach them is dropped here, in lwIP's own hooks. What each check is for, and what
 * upstream has of it: docs/lwip.md.
 */
#include <string.h>

#include "lwip/icmp6.h"
#include "lwip/nd6.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/nd6.h"
#include "lwip/sys.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"

/* ---- TCP ---- */

/* Where an option has its length, TCP's (RFC 9293 3.1) as well as neighbour discovery's (RFC 4861 4.6). Its type comes first. */
#define OPTION_LENGTH 1

/* Sequence numbers this far outside the window are still compared: as long as the largest window without scaling. */
#define WINDOW_MARGIN 0x10000u

/* RFC 9293 3.1: every option lies inside the header. lwIP reads a length byte beyond it. */
static bool tcp_options_well_formed(const uint8_t *option, unsigned length)
{
    while (length && option[0] != LWIP_TCP_OPT_EOL) {
        unsigned size = 1;
        if (option[0] != LWIP_TCP_OPT_NOP) {
            if (length < 2 || option[OPTION_LENGTH] < 2 || option[OPTION_LENGTH] > length)
                return false;
            size = option[OPTION_LENGTH];
        }
        option += size;
        length -= size;
    }
    return true;
}

/*
 * RFC 9293 3.10.7.4: a segment must touch the receive window. lwIP queues a longer repetition past the window's edge, and then
 * asserts.
 */
static bool segment_in_window(const struct tcp_pcb *pcb, uint32_t sequence, uint32_t length)
{
    uint32_t ahead = sequence - pcb->rcv_nxt;
    if (ahead <= pcb->rcv_wnd)
        return length <= pcb->rcv_wnd - ahead || (ahead == 0 && length <= 1);

    /* Begins before what we want: repeated data, of which the part that is new, if any, must fit. */
    uint32_t behind = pcb->rcv_nxt - sequence;
    return behind <= TCP_WND + WINDOW_MARGIN && (length <= behind || length - behind <= pcb->rcv_wnd);
}

/* RFC 5961 5.2: an acknowledgement is of something sent, and not older than a window. */
static bool acknowledges_something(const struct tcp_pcb *pcb, uint32_t number)
{
    return number - pcb->lastack <= pcb->snd_nxt - pcb->lastack || pcb->lastack - number <= pcb->snd_wnd_max + WINDOW_MARGIN;
}

#define CHALLENGES            10
#define CHALLENGES_IN_SECONDS 5

/*
 * RFC 5961 3.2 and 4.2: whoever resets or begins a connection within ours is told what we expect. The true peer then says it
 * better; a forger must not make us send without end (section 7).
 */
static void challenge(struct tcp_pcb *pcb)
{
    static uint32_t since;
    static unsigned sent;
    if (sys_now() - since >= CHALLENGES_IN_SECONDS * 1000u) {
        since = sys_now();
        sent = 0;
    }
    if (sent == CHALLENGES)
        return;
    sent++;
    tcp_ack_now(pcb); /* leaves at the end of the turn */
}

/* Called with the header in host byte order and `data` behind it. Anything but ERR_OK drops the segment. */
signed char net_guard_tcp(struct tcp_pcb *pcb, const struct tcp_hdr *header, uint16_t options_length, const struct pbuf *data)
{
    uint16_t flags = TCPH_FLAGS(header);
    uint32_t length = data->tot_len + ((flags & TCP_FIN) ? 1u : 0u);

    if (!tcp_options_well_formed((const uint8_t *)header + TCP_HLEN, options_length))
        return ERR_VAL;
    if (pcb->state == SYN_SENT)
        return ERR_OK; /* nothing to compare with yet; tcp_process() wants exactly our SYN acknowledged */

    if ((flags & TCP_SYN) && !(flags & TCP_RST)) {
        if (pcb->state != TIME_WAIT)
            challenge(pcb);
        return ERR_VAL;
    }
    if (!segment_in_window(pcb, header->seqno, length) || ((flags & TCP_ACK) && !acknowledges_something(pcb, header->ackno))) {
        if (!(flags & TCP_RST) && pcb->state != TIME_WAIT)
            tcp_set_flags(pcb, TF_ACK_DELAY);
        return ERR_VAL;
    }

    /* Only a reset that names the very next byte is believed. */
    if ((flags & TCP_RST) && header->seqno != pcb->rcv_nxt) {
        if (pcb->state != TIME_WAIT)
            challenge(pcb);
        return ERR_VAL;
    }
    return ERR_OK;
}

/* ---- IPv6 ---- */

#define ND_OPTION_UNIT  8u  /* of an option's length, RFC 4861 4.6 */
#define ND_LLADDR_SIZE  8u  /* an Ethernet address with type and length, 4.6.1 */
#define ND_PREFIX_SIZE  32u /* 4.6.2 */
#define ND_MTU_SIZE     8u  /* 4.6.4 */
#define ND_RDNSS_SIZE   8u  /* before its addresses, RFC 8106 5.1 */
#define IPV6_ADDRESS    16u
#define ND_HOP_LIMIT    255 /* RFC 4861 6.1: a router would have lowered it */
#define ICMPV6_SIZE_MIN 8u
#define HOP_BY_HOP_SIZE 8u
#define PTB_MTU         4u /* in a Packet Too Big message, RFC 4443 3.2 */
#define TCP_QUOTED      8u /* of a quoted TCP header: ports and sequence number */

/* Where a neighbour discovery message's options begin, from the ICMPv6 header on; 0 when it is none. */
static unsigned nd_options_offset(uint8_t type)
{
    switch (type) {
    case ICMP6_TYPE_RS:
        return sizeof(struct rs_header);
    case ICMP6_TYPE_RA:
        return sizeof(struct ra_header);
    case ICMP6_TYPE_NS:
        return sizeof(struct ns_header);
    case ICMP6_TYPE_NA:
        return sizeof(struct na_header);
    case ICMP6_TYPE_RD:
        return sizeof(struct redirect_header);

    default:
        return 0;
    }
}

/* How long an option must be that lwIP copies from. */
static bool nd_option_size_good(uint8_t type, unsigned size)
{
    switch (type) {
    case ND6_OPTION_TYPE_SOURCE_LLADDR:
    case ND6_OPTION_TYPE_TARGET_LLADDR:
        return size == ND_LLADDR_SIZE;
    case ND6_OPTION_TYPE_PREFIX_INFO:
        return size == ND_PREFIX_SIZE;
    case ND6_OPTION_TYPE_MTU:
        return size == ND_MTU_SIZE;
    case ND6_OPTION_TYPE_RDNSS:
        return size > ND_RDNSS_SIZE && (size - ND_RDNSS_SIZE) % IPV6_ADDRESS == 0;

    default:
        return true;
    }
}

/* RFC 4861 4.6: no option is empty, none reaches past the message. */
static bool nd_options_well_formed(const uint8_t *option, unsigned length)
{
    while (length) {
        unsigned size = length < ND_OPTION_UNIT ? 0 : option[OPTION_LENGTH] * ND_OPTION_UNIT;
        if (size == 0 || size > length || !nd_option_size_good(option[0], size))
            return false;
        option += size;
        length -= size;
    }
    return true;
}

/*
 * lwIP takes whatever option comes first in NS, NA and redirect for the link-layer address. So the address is moved
 * to the front; the checksum, a sum of 16-bit words, does not notice. False when there are options but no address among them.
 */
static bool nd_address_first(uint8_t *options, unsigned length, uint8_t wanted)
{
    for (unsigned at = 0; at < length; at += options[at + OPTION_LENGTH] * ND_OPTION_UNIT) {
        if (options[at] != wanted)
            continue;
        uint8_t address[ND_LLADDR_SIZE];
        memcpy(address, options + at, sizeof address);
        memmove(options + sizeof address, options, at);
        memcpy(options, address, sizeof address);
        return true;
    }
    return length == 0;
}

static ip6_addr_t ipv6_at(const void *bytes)
{
    ip6_addr_t address = {0};
    memcpy(address.addr, bytes, sizeof address.addr);
    return address;
}

/*
 * RFC 4861 8.1: a redirect comes from the router that packets to the destination go to, so that there is none for whom we reach
 * directly, and names another router of the link, or says that the destination is on it. lwIP believes everybody and any next
 * hop, even the unspecified address, which is what the free entries of its neighbour cache hold.
 */
static bool redirect_good(const struct network *network, const struct ip6_hdr *header, const uint8_t *message)
{
    const uint8_t *target = message + offsetof(struct redirect_header, target_address);
    const uint8_t *destination = message + offsetof(struct redirect_header, destination_address);

    ip6_addr_t from = ipv6_at(&header->src), to = ipv6_at(destination);
    if (!net_hop_serves(network, &to, &from))
        return false;
    if (memcmp(target, destination, IPV6_ADDRESS) == 0)
        return !bytes_are_zero(target, IPV6_ADDRESS);
    return target[0] == 0xFE && (target[1] & 0xC0) == 0x80; /* link-local: fe80::/10 */
}

/*
 * RFC 4862 5.4.4: who says that he has an address of ours is heard while we ask whether anybody has it. lwIP hears him at any
 * time, and gives the address up for ever, with all connections from it.
 */
static bool claims_what_we_have(struct netif *netif, const uint8_t *message)
{
    ip6_addr_t claimed = ipv6_at(message + offsetof(struct na_header, target_address));
    int i = netif_get_ip6_addr_match(netif, &claimed);
    return i >= 0 && ip6_addr_isvalid(netif_ip6_addr_state(netif, i));
}

static const struct tcp_seg *segment_at(const struct tcp_seg *list, uint32_t sequence)
{
    while (list && lwip_ntohl(list->tcphdr->seqno) != sequence)
        list = list->next;
    return list;
}

/* Whether the segment that begins there was sent, is not acknowledged, and makes a larger packet. */
static bool larger_in_flight(const struct tcp_pcb *pcb, uint32_t sequence, uint32_t mtu)
{
    if (sequence - pcb->lastack >= pcb->snd_nxt - pcb->lastack)
        return false;
    const struct tcp_seg *segment = segment_at(pcb->unacked, sequence);
    if (!segment)
        segment = segment_at(pcb->unsent, sequence); /* it is to be repeated */
    return segment && segment->len > mtu - (IP6_HLEN + TCP_HLEN);
}

/* The connection that a quoted TCP header belongs to, if what it begins is in flight there and as large (RFC 5927 4.1, 7.2). */
static struct tcp_pcb *quoted_connection(const struct ip6_hdr *quoted, uint32_t mtu)
{
    const uint8_t *tcp = (const uint8_t *)quoted + IP6_HLEN;
    ip6_addr_t from, to;
    ip6_addr_copy_from_packed(from, quoted->src);
    ip6_addr_copy_from_packed(to, quoted->dest);

    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (IP_IS_V6_VAL(pcb->remote_ip) && ip6_addr_eq(ip_2_ip6(&pcb->remote_ip), &to) &&
            ip6_addr_eq(ip_2_ip6(&pcb->local_ip), &from) && get_be16(tcp + TCP_FROM_PORT) == pcb->local_port &&
            get_be16(tcp + TCP_TO_PORT) == pcb->remote_port && larger_in_flight(pcb, get_be32(tcp + TCP_SEQUENCE), mtu))
            return pcb;
    }
    return NULL;
}

/*
 * RFC 8201 4: a path carries 1280 bytes, whatever a message says, and no message makes it wider; and the packet that was too big
 * must be one of ours, and larger. Only TCP of ours is ever so big. lwIP keeps the new size for what is connected from now on; it
 * does not cut up again what it has queued, so that a connection with larger segments in flight ends here, and is begun anew by
 * its owner.
 */
static bool packet_too_big_good(const uint8_t *message, unsigned length)
{
    const struct ip6_hdr *quoted = (const void *)(message + ICMPV6_SIZE_MIN);
    if (length < ICMPV6_SIZE_MIN + IP6_HLEN + TCP_QUOTED || IP6H_V(quoted) != 6 || IP6H_NEXTH(quoted) != IP6_NEXTH_TCP)
        return false;
    uint32_t mtu = get_be32(message + PTB_MTU);
    struct tcp_pcb *pcb = mtu < IP6_MIN_MTU_LENGTH ? NULL : quoted_connection(quoted, mtu);
    if (!pcb || mtu >= nd6_get_destination_mtu(ip_2_ip6(&pcb->remote_ip), &net_of_pcb(pcb)->netif))
        return false;

    log_printf(LOG_DEBUG, "IPv6: packets on the path to the peer have %u bytes at most", (unsigned)mtu);
    if (pcb->mss > mtu - IP6_HLEN - TCP_HLEN)
        tcp_abort(pcb);
    return true;
}

/* `message` is what follows the IPv6 header, its first byte the type of ICMPv6. May move options. */
static bool nd_message_good(struct netif *netif, struct pbuf *packet, uint8_t *message, unsigned length)
{
    const struct ip6_hdr *header = packet->payload;
    if (message[0] == ICMP6_TYPE_PTB)
        return packet_too_big_good(message, length);
    unsigned begin = nd_options_offset(message[0]);
    if (!begin)
        return true;
    if (length < begin || IP6H_HOPLIM(header) != ND_HOP_LIMIT)
        return false;
    if (!nd_options_well_formed(message + begin, length - begin))
        return false;

    if (message[0] == ICMP6_TYPE_NS)
        return bytes_are_zero(&header->src, sizeof header->src) ||
               nd_address_first(message + begin, length - begin, ND6_OPTION_TYPE_SOURCE_LLADDR);
    if (message[0] == ICMP6_TYPE_RD && !redirect_good(net_of_netif(netif), header, message))
        return false;
    if (message[0] == ICMP6_TYPE_RA)
        return net_router_shown(net_of_netif(netif), packet);
    if (message[0] == ICMP6_TYPE_NA) {
        if (claims_what_we_have(netif, message))
            return false;
        ip6_addr_t whose = ipv6_at(message + offsetof(struct na_header, target_address));
        net_router_answers(net_of_netif(netif), &whose);
    }
    if (message[0] == ICMP6_TYPE_NA || message[0] == ICMP6_TYPE_RD)
        return nd_address_first(message + begin, length - begin, ND6_OPTION_TYPE_TARGET_LLADDR);
    return true;
}

/*
 * Of extension headers only the hop-by-hop header of multicast listener queries (router alert and padding, 8 bytes, RFC 2710 3)
 * has business with us.
 */
static bool is_listener_querys_header(const uint8_t *header, unsigned length)
{
    static const uint8_t router_alert[] = {0, 5, 2, 0, 0, 1, 0}; /* behind the next header's number */

    return length >= HOP_BY_HOP_SIZE && header[0] == IP6_NEXTH_ICMP6 &&
           memcmp(header + 1, router_alert, sizeof router_alert) == 0;
}

static bool ipv6_packet_good(struct pbuf *packet, struct netif *netif)
{
    if (packet->len < IP6_HLEN)
        return false;
    const struct ip6_hdr *header = packet->payload;
    if (packet->next)
        return IP6H_NEXTH(header) == IP6_NEXTH_TCP; /* joined: net/coalesce.c has looked at it */
    unsigned length = IP6H_PLEN(header);
    if (length > (unsigned)packet->len - IP6_HLEN)
        return false;

    uint8_t *next = (uint8_t *)packet->payload + IP6_HLEN;
    uint8_t protocol = IP6H_NEXTH(header);
    if (protocol == IP6_NEXTH_HOPBYHOP) {
        if (!is_listener_querys_header(next, length))
            return false;
        protocol = next[0];
        next += HOP_BY_HOP_SIZE;
        length -= HOP_BY_HOP_SIZE;
    }
    if (protocol == IP6_NEXTH_ICMP6)
        return length >= ICMPV6_SIZE_MIN && nd_message_good(netif, packet, next, length);
    return protocol == IP6_NEXTH_TCP || protocol == IP6_NEXTH_UDP;
}

/* Without an address of ours nobody has business with us, and lwIP would answer a router's advertisement by looking for it. */
static bool ipv6_in_use(const struct netif *netif)
{
    return !ip6_addr_isinvalid(netif_ip6_addr_state(netif, 0));
}

/*
 * RFC 1122 3.3.4.2, the strong model: what is for another card's address is not ours by this one. lwIP would take it, find no
 * connection that this card has, and reset that of the other.
 */
static bool is_anothers(const struct pbuf *packet, struct netif *netif)
{
    if (!net_first()->next || packet->len < IPV4_HEADER)
        return false;
    if (*(const uint8_t *)packet->payload >> 4 == 4) {
        ip4_addr_t to;
        memcpy(&to.addr, (const uint8_t *)packet->payload + IPV4_DESTINATION, sizeof to.addr);
        const struct netif *owner = net_route_ipv4(&to);
        return owner && owner != netif;
    }

    ip6_addr_t to = {0};
    if (packet->len < IP6_HLEN)
        return false;
    memcpy(to.addr, (const uint8_t *)packet->payload + IPV6_DESTINATION, sizeof to.addr);
    const struct netif *owner = net_route_ipv6(&to);
    return owner && owner != netif && netif_get_ip6_addr_match(netif, &to) < 0;
}

/*
 * Where addresses are set by hand (net_config) nobody has business with us but by TCP and neighbour discovery. What is answered
 * takes memory, of which there is none to spare.
 */
static bool is_idle_talk(const struct pbuf *packet, const struct netif *netif)
{
    const uint8_t *ip = packet->payload;
    if (!net_of_netif(netif)->by_hand || packet->len < IPV4_HEADER)
        return false;
    if (*ip >> 4 == 4)
        return ip[IPV4_PROTOCOL] != PROTOCOL_TCP;
    return packet->len > IP6_HLEN &&
           (ip[IPV6_NEXT_HEADER] == PROTOCOL_UDP || (ip[IPV6_NEXT_HEADER] == PROTOCOL_ICMPV6 && ip[IP6_HLEN] == ICMP6_TYPE_EREQ));
}

int net_guard_ipv4(struct pbuf *packet, struct netif *netif)
{
    if (!is_anothers(packet, netif) && !is_idle_talk(packet, netif))
        return net_fragment_ipv4(packet, netif);
    pbuf_free(packet);
    return 1;
}

/* Nonzero: the packet was taken (and freed). */
int net_guard_ipv6(struct pbuf *packet, struct netif *netif)
{
    const struct ip6_hdr *header = packet->payload;
    bool ours = ipv6_in_use(netif) && !is_anothers(packet, netif) && !is_idle_talk(packet, netif);
    if (ours && ipv6_packet_good(packet, netif))
        return 0;
    if (ours && packet->len >= IP6_HLEN && !packet->next && IP6H_NEXTH(header) == IP6_NEXTH_FRAGMENT)
        net_fragment_ipv6(net_of_netif(netif), packet);
    pbuf_free(packet);
    return 1;
}
