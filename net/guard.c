/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The door to lwIP 2.1.3's parsers. Upstream has fixed defects since then that a packet can reach; those that a check before the
 * parser closes are closed here, in lwIP's own hooks. Numbers are upstream's commits. Others: net/patches/, lwipopts.h.
 */
#include <string.h>

#include "lwip/icmp6.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/nd6.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/bytes.h"

/* ---- TCP ---- */

/* Where an option has its length, TCP's (RFC 9293 3.1) as well as neighbour discovery's (RFC 4861 4.6). Its type comes first. */
#define OPTION_LENGTH 1

/* Sequence numbers this far outside the window are still compared: as long as the largest window without scaling. */
#define WINDOW_MARGIN 0x10000u

/* RFC 9293 3.1: every option lies inside the header. 2.1.3 reads a length byte beyond it (3d896ba0). */
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
 * RFC 9293 3.10.7.4: a segment must touch the receive window. 2.1.3 compares sequence numbers as if half the number space away
 * were near (003d34ee), queues a longer repetition past the window's edge and then asserts (574bd6e5, bug 56397).
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

/* Called with the header in host byte order and `data` behind it. Anything but ERR_OK drops the segment. */
signed char net_guard_tcp(struct tcp_pcb *pcb, const struct tcp_hdr *header, uint16_t options_length, const struct pbuf *data)
{
    uint16_t flags = TCPH_FLAGS(header);
    uint32_t length = data->tot_len + ((flags & TCP_FIN) ? 1u : 0u);

    if (!tcp_options_well_formed((const uint8_t *)header + TCP_HLEN, options_length))
        return ERR_VAL;
    if (pcb->state == SYN_SENT)
        return ERR_OK; /* nothing to compare with yet; tcp_process() wants exactly our SYN acknowledged */

    /* A SYN inside a connection upsets the out-of-order queue (adbc5b5f). RFC 5961 4.2: acknowledge and drop. */
    if ((flags & TCP_SYN) || !segment_in_window(pcb, header->seqno, length) ||
        ((flags & TCP_ACK) && !acknowledges_something(pcb, header->ackno))) {
        if (!(flags & TCP_RST) && pcb->state != TIME_WAIT)
            tcp_set_flags(pcb, TF_ACK_DELAY);
        return ERR_VAL;
    }

    /* RFC 5961 3.2: only a reset that names the very next byte is believed. */
    if ((flags & TCP_RST) && header->seqno != pcb->rcv_nxt)
        return ERR_VAL;
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
        return size == ND_LLADDR_SIZE; /* 6f700a15, 8e75a40a */
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
 * 2.1.3 takes whatever option comes first in NS, NA and redirect for the link-layer address (0a65e654). So the address is moved
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

/*
 * RFC 4861 8.1: a redirect names a router of the link, or says that the destination is on it. 2.1.3 believes any next hop, even
 * the unspecified address, which is what the free entries of its neighbour cache hold (compare 84228d4f).
 */
static bool redirect_target_good(const uint8_t *message)
{
    const uint8_t *target = message + offsetof(struct redirect_header, target_address);
    const uint8_t *destination = message + offsetof(struct redirect_header, destination_address);

    if (memcmp(target, destination, IPV6_ADDRESS) == 0)
        return !bytes_are_zero(target, IPV6_ADDRESS);
    return target[0] == 0xFE && (target[1] & 0xC0) == 0x80; /* link-local: fe80::/10 */
}

/* `message` is what follows the IPv6 header, its first byte the type of ICMPv6. May move options. */
static bool nd_message_good(const struct ip6_hdr *header, uint8_t *message, unsigned length)
{
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
    if (message[0] == ICMP6_TYPE_RD && !redirect_target_good(message))
        return false;
    if (message[0] == ICMP6_TYPE_NA || message[0] == ICMP6_TYPE_RD)
        return nd_address_first(message + begin, length - begin, ND6_OPTION_TYPE_TARGET_LLADDR);
    return true;
}

/*
 * Of extension headers only the hop-by-hop header of multicast listener queries (router alert and padding, 8 bytes, RFC 2710 3)
 * has business with us; the walk through the others in 2.1.3 trusts option lengths.
 */
static bool is_listener_querys_header(const uint8_t *header, unsigned length)
{
    static const uint8_t router_alert[] = {0, 5, 2, 0, 0, 1, 0}; /* behind the next header's number */

    return length >= HOP_BY_HOP_SIZE && header[0] == IP6_NEXTH_ICMP6 &&
           memcmp(header + 1, router_alert, sizeof router_alert) == 0;
}

static bool ipv6_packet_good(struct pbuf *packet)
{
    if (packet->len < IP6_HLEN || packet->next)
        return false;
    const struct ip6_hdr *header = packet->payload;
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
        return length >= ICMPV6_SIZE_MIN && nd_message_good(header, next, length);
    return protocol == IP6_NEXTH_TCP || protocol == IP6_NEXTH_UDP;
}

/* Without an address of ours nobody has business with us, and lwIP would answer a router's advertisement by looking for it. */
static bool ipv6_in_use(void)
{
    return !ip6_addr_isinvalid(netif_ip6_addr_state(&network.netif, 0));
}

/* Nonzero: the packet was taken (and freed). */
int net_guard_ipv6(struct pbuf *packet)
{
    if (ipv6_in_use() && ipv6_packet_good(packet))
        return 0;
    pbuf_free(packet);
    return 1;
}
