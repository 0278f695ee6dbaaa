/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reassembly (RFC 791 3.2, RFC 8200 4.5): a router with a smaller MTU, or a tunnel, cuts up what a target sends. A fragment's
 * bytes are copied to their place in the datagram, and its receive buffer goes back to the ring at once. What may be in the
 * making is bounded in number, size (no peer sends us more than the MTU) and time; whatever is odd about a datagram ends it.
 * lwIP's own reassembly keeps receive buffers, and has no bound in bytes.
 */
#include <string.h>

#include "lwip/inet_chksum.h"
#include "lwip/ip4.h"
#include "lwip/ip6.h"
#include "lwip/mem.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/frame.h"

#define DATAGRAMS      8
#define STRANGERS      2    /* of them for senders that we have no business with */
#define LIFE_MS        2000 /* numbers come again within a second at 1 Gbit/s (RFC 4963): RFC 1122's minute is too long */
#define UNIT           8u   /* of a fragment's offset */
#define UNITS          ((NIC_MTU_MAX - IPV4_HEADER + UNIT - 1) / UNIT)
#define MORE           0x2000u
#define OFFSET         0x1FFFu
#define IDENTIFIER     4
#define FRAGMENT6      8 /* the size of IPv6's fragment header: */
#define FRAGMENT6_AT   2 /* offset in bytes, as its lowest bits are flags, */
#define FRAGMENT6_ID   4 /* and the datagram's number */
#define FRAGMENT6_MORE 1u

/* Fragments of one datagram have these in common. */
struct identity {
    struct network *network; /* by which they came */
    ip_addr_t from, to;
    uint32_t number;
    uint8_t protocol;
};

struct fragment {
    struct identity identity;
    const struct pbuf *packet;
    unsigned header; /* the size of the IP header in front of the datagram, which is at the packet's beginning */
    unsigned data;   /* where in the packet its bytes are */
    unsigned offset, length;
    bool last;
};

/* Of lwIP's heap, as its pbuf is. */
struct datagram {
    struct pbuf *whole; /* with room for the largest */
    struct identity identity;
    deadline_t end;
    unsigned length, highest;      /* of the payload in bytes: 0 until the last fragment has come; the end of what has come */
    unsigned units;                /* how many have come, */
    uint8_t came[(UNITS + 7) / 8]; /* and which */
};

static struct datagram *datagrams[DATAGRAMS]; /* NULL: a free place */

/* ---- datagrams in the making ---- */

static void give_up(struct datagram **place)
{
    if (*place) {
        pbuf_free((*place)->whole);
        mem_free(*place);
    }
    *place = NULL;
}

void net_fragments_forget(const struct network *network)
{
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        if (datagrams[i] && (!network || datagrams[i]->identity.network == network))
            give_up(&datagrams[i]);
    }
}

void net_fragments_expire(void)
{
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        if (datagrams[i] && deadline_passed(datagrams[i]->end))
            give_up(&datagrams[i]);
    }
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return a->network == b->network && a->number == b->number && a->protocol == b->protocol && ip_addr_eq(&a->from, &b->from) &&
           ip_addr_eq(&a->to, &b->to);
}

static struct datagram **find_datagram(const struct identity *identity)
{
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        if (datagrams[i] && same_identity(&datagrams[i]->identity, identity))
            return &datagrams[i];
    }
    return NULL;
}

/* Whether we have a connection to it, or ask it for names. */
static bool sender_known(const struct network *network, const ip_addr_t *from)
{
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (ip_addr_eq(&pcb->remote_ip, from))
            return true;
    }
    return net_is_dns_server(network, from);
}

/* A free place, else that of the oldest: the fragments of a datagram come close together. Strangers have places of their own. */
static struct datagram **choose_place(bool known)
{
    unsigned first = known ? STRANGERS : 0;
    struct datagram **oldest = &datagrams[first];
    for (unsigned i = first; i < (known ? DATAGRAMS : STRANGERS); i++) {
        if (!datagrams[i])
            return &datagrams[i];
        if (datagrams[i]->end < (*oldest)->end)
            oldest = &datagrams[i];
    }
    return oldest;
}

static struct datagram *new_datagram(uint16_t size)
{
    if (net_heap_left() < net_tuning.heap_reserve + sizeof(struct datagram) + size)
        return NULL;
    struct datagram *d = mem_malloc(sizeof *d);
    struct pbuf *whole = d ? pbuf_alloc(PBUF_LINK, size, PBUF_RAM) : NULL;
    if (whole) {
        memset(d, 0, sizeof *d);
        d->whole = whole;
    } else if (d) {
        mem_free(d);
    }
    return whole ? d : NULL;
}

/*
 * NULL when the heap has no room for it, even if what else is in the making and what TCP holds out of order are given up, which a
 * stranger's fragment is no reason for.
 */
static struct datagram **begin_datagram(const struct fragment *fragment)
{
    bool known = sender_known(fragment->identity.network, &fragment->identity.from);
    struct datagram **place = choose_place(known);
    give_up(place);

    *place = new_datagram(fragment->identity.network->nic->mtu);
    if (!*place && !known)
        return NULL;
    if (!*place) {
        net_fragments_forget(NULL);
        net_link_drop_out_of_order();
        return NULL;
    }
    (*place)->identity = fragment->identity;
    (*place)->end = deadline_after_ms(LIFE_MS);
    return place;
}

/* ---- a fragment ---- */

/* How many of `count` units from `first` on have come; with `mark`, they now have. */
static unsigned count_units(struct datagram *d, unsigned first, unsigned count, bool mark)
{
    unsigned found = 0;
    for (unsigned i = first; i < first + count; i++) {
        uint8_t bit = (uint8_t)(1u << i % 8);
        found += (d->came[i / 8] & bit) != 0;
        if (mark)
            d->came[i / 8] |= bit;
    }
    return found;
}

/*
 * Puts it where it belongs. False when the datagram cannot be trusted any more: its fragments overlap (RFC 5722), or do not agree
 * where it ends. What comes twice is left out.
 */
static bool add_fragment(struct datagram *d, const struct fragment *f)
{
    unsigned end = f->offset + f->length;
    if (d->length && (end > d->length || (f->last && end != d->length)))
        return false;
    if (f->last && end < d->highest)
        return false;

    unsigned first = f->offset / UNIT, count = (f->length + UNIT - 1) / UNIT;
    unsigned found = count_units(d, first, count, false);
    if (found)
        return found == count;

    count_units(d, first, count, true);
    d->units += count;
    if (f->last)
        d->length = end;
    if (end > d->highest)
        d->highest = end;
    uint8_t *payload = d->whole->payload;
    if (f->offset == 0)
        memcpy(payload, f->packet->payload, f->header);
    return pbuf_copy_partial(f->packet, payload + f->header + f->offset, (uint16_t)f->length, (uint16_t)f->data) == f->length;
}

/* The header is that of the first fragment, with what was said of the fragment in it corrected. */
static void deliver(struct datagram **place, unsigned header)
{
    struct datagram d = **place;
    struct pbuf *whole = d.whole;
    struct netif *netif = &d.identity.network->netif;
    uint8_t *ip = whole->payload;
    mem_free(*place);
    *place = NULL;
    pbuf_realloc(whole, (uint16_t)(header + d.length));

    /* The card verified none of it. */
    NETIF_SET_CHECKSUM_CTRL(netif, netif->chksum_flags | NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
    if (IP_IS_V6_VAL(d.identity.to)) {
        put_be16(ip + IPV6_PAYLOAD_LENGTH, d.length);
        ip[IPV6_NEXT_HEADER] = d.identity.protocol;
        ip6_input(whole, netif);
    } else {
        put_be16(ip + IPV4_TOTAL_LENGTH, header + d.length);
        put_be16(ip + IPV4_FRAGMENT, 0);
        put_be16(ip + IPV4_CHECKSUM, 0);
        uint16_t sum = inet_chksum(ip, IPV4_HEADER);
        memcpy(ip + IPV4_CHECKSUM, &sum, sizeof sum);
        ip4_input(whole, netif);
    }
}

static void take_fragment(const struct fragment *f)
{
    if (f->length == 0 || (!f->last && f->length % UNIT != 0) ||
        f->header + f->offset + f->length > f->identity.network->nic->mtu)
        return;
    net_fragments_expire();

    /* One that is all of its datagram has nothing to do with others of that number (RFC 6946). */
    bool alone = f->offset == 0 && f->last;
    struct datagram **place = alone ? NULL : find_datagram(&f->identity);
    if (!place)
        place = begin_datagram(f);
    if (!place)
        return;

    const struct datagram *d = *place;
    if (!add_fragment(*place, f))
        give_up(place);
    else if (d->length && d->units == (d->length + UNIT - 1) / UNIT)
        deliver(place, f->header);
}

/* ---- what lwIP asks ---- */

static bool ip_checksum_good(const struct netif *netif, const struct pbuf *packet)
{
    return !(netif->chksum_flags & NETIF_CHECKSUM_CHECK_IP) || inet_chksum(packet->payload, IPV4_HEADER) == 0;
}

int net_fragment_ipv4(struct pbuf *packet, struct netif *netif)
{
    const uint8_t *ip = packet->payload;
    if (packet->len < IPV4_HEADER || (get_be16(ip + IPV4_FRAGMENT) & (MORE | OFFSET)) == 0)
        return 0;

    unsigned total = get_be16(ip + IPV4_TOTAL_LENGTH), place = get_be16(ip + IPV4_FRAGMENT);
    struct fragment f = {.identity.network = net_of_netif(netif), .packet = packet, .header = IPV4_HEADER, .data = IPV4_HEADER};
    IP_SET_TYPE_VAL(f.identity.from, IPADDR_TYPE_V4);
    IP_SET_TYPE_VAL(f.identity.to, IPADDR_TYPE_V4);
    memcpy(&ip_2_ip4(&f.identity.from)->addr, ip + IPV4_SOURCE, 4);
    memcpy(&ip_2_ip4(&f.identity.to)->addr, ip + IPV4_DESTINATION, 4);
    f.identity.number = get_be16(ip + IDENTIFIER);
    f.identity.protocol = ip[IPV4_PROTOCOL];
    f.offset = (place & OFFSET) * UNIT;
    f.last = !(place & MORE);

    /* Options have no business with us (IP_OPTIONS_ALLOWED). */
    if (ip[0] == 0x45 && total > IPV4_HEADER && total <= packet->tot_len && ip_checksum_good(netif, packet) &&
        !ip4_addr_isany(netif_ip4_addr(netif)) && ip4_addr_eq(ip_2_ip4(&f.identity.to), netif_ip4_addr(netif))) {
        f.length = total - IPV4_HEADER;
        take_fragment(&f);
    }
    pbuf_free(packet);
    return 1;
}

static bool ipv6_address_is_ours(const struct network *network, const ip6_addr_t *address)
{
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(&network->netif, i)) &&
            ip6_addr_eq(address, netif_ip6_addr(&network->netif, i)))
            return true;
    }
    return false;
}

void net_fragment_ipv6(struct network *network, const struct pbuf *packet)
{
    const uint8_t *ip = packet->payload, *header = ip + IPV6_HEADER;
    unsigned length = packet->len < IPV6_HEADER ? 0 : get_be16(ip + IPV6_PAYLOAD_LENGTH);
    if (length <= FRAGMENT6 || length > packet->len - IPV6_HEADER)
        return;

    unsigned place = get_be16(header + FRAGMENT6_AT);
    struct fragment f = {.identity.network = network, .packet = packet, .header = IPV6_HEADER, .data = IPV6_HEADER + FRAGMENT6};
    IP_SET_TYPE_VAL(f.identity.from, IPADDR_TYPE_V6);
    IP_SET_TYPE_VAL(f.identity.to, IPADDR_TYPE_V6);
    memcpy(ip_2_ip6(&f.identity.from)->addr, ip + IPV6_SOURCE, 16);
    memcpy(ip_2_ip6(&f.identity.to)->addr, ip + IPV6_DESTINATION, 16);
    f.identity.number = get_be32(header + FRAGMENT6_ID);
    f.identity.protocol = header[0];
    f.offset = place & ~(UNIT - 1);
    f.length = length - FRAGMENT6;
    f.last = !(place & FRAGMENT6_MORE);

    /* Neighbour discovery is never cut up (RFC 6980), and what else is in ICMPv6 need not be. */
    if ((f.identity.protocol == PROTOCOL_TCP || f.identity.protocol == PROTOCOL_UDP) &&
        ipv6_address_is_ours(network, ip_2_ip6(&f.identity.to)))
        take_fragment(&f);
}
