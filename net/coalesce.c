/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive coalescing: segments of a connection that follow each other in one turn go up as one, because most of what lwIP does
 * for a segment it does for any length. What is not exactly the next plain data of an established connection goes up alone, and
 * first what was gathered, so lwIP sees the same bytes in the same order.
 */
#include <string.h>

#include "lwip/priv/tcp_priv.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/frame.h"

/* Of its data: with all headers it has a length of 16 bits. */
#define RUN_MAX 0xF000u

/* Where a frame's headers and data are. */
struct parts {
    const uint8_t *ip, *tcp;
    bool ipv4;
    unsigned addresses; /* bytes of both */
    unsigned length;    /* of the TCP header and the data */
};

static bool find_ipv4(const uint8_t *ip, unsigned length, struct parts *parts)
{
    if (length < IPV4_HEADER + TCP_HEADER || ip[0] != IPV4_PLAIN || ip[IPV4_PROTOCOL] != PROTOCOL_TCP ||
        (get_be16(ip + IPV4_FRAGMENT) & ~IPV4_DONT_FRAGMENT))
        return false;
    unsigned total = get_be16(ip + IPV4_TOTAL_LENGTH);
    if (total > length || total <= IPV4_HEADER + TCP_HEADER)
        return false;
    *parts = (struct parts){ip, ip + IPV4_HEADER, true, IPV4_HEADER - IPV4_SOURCE, total - IPV4_HEADER};
    return true;
}

static bool find_ipv6(const uint8_t *ip, unsigned length, struct parts *parts)
{
    if (length < IPV6_HEADER + TCP_HEADER || ip[0] >> 4 != 6 || ip[IPV6_NEXT_HEADER] != PROTOCOL_TCP)
        return false;
    unsigned payload = get_be16(ip + IPV6_PAYLOAD_LENGTH);
    if (payload > length - IPV6_HEADER || payload <= TCP_HEADER)
        return false;
    *parts = (struct parts){ip, ip + IPV6_HEADER, false, IPV6_HEADER - IPV6_SOURCE, payload};
    return true;
}

/* Data of TCP without options, with no flag but ACK and PSH, in one frame that was sent to us alone. */
static bool find_parts(const struct network *network, const struct nic_frame *frame, struct parts *parts)
{
    const uint8_t *mac = network->netif.hwaddr;
    unsigned at = ETHERNET_HEADER;
    unsigned type = get_be16(frame->bytes + ETHERNET_TYPE);
    if (type == ETHERTYPE_VLAN) {
        at += VLAN_TAG;
        type = get_be16(frame->bytes + at - sizeof(uint16_t));
    }

    const uint8_t *ip = frame->bytes + at;
    if (type == ETHERTYPE_IPV4 ? !find_ipv4(ip, frame->length - at, parts)
                               : type != ETHERTYPE_IPV6 || !find_ipv6(ip, frame->length - at, parts))
        return false;
    return parts->tcp[TCP_DATA_OFFSET] == TCP_PLAIN && (parts->tcp[TCP_FLAG_BITS] & ~TCP_PSH) == TCP_ACK &&
           get_le32(frame->bytes) == get_le32(mac) && get_le16(frame->bytes + 4) == get_le16(mac + 4);
}

/* The addresses stand before the TCP header, the sender's first. */
ALWAYS_INLINE bool is_of(const struct tcp_pcb *pcb, const struct parts *parts)
{
    if (get_be16(parts->tcp + TCP_FROM_PORT) != pcb->remote_port || get_be16(parts->tcp + TCP_TO_PORT) != pcb->local_port)
        return false;

    unsigned size = parts->addresses / 2;
    const uint8_t *from = parts->tcp - parts->addresses, *to = parts->tcp - size;
    if (IP_IS_V4(&pcb->remote_ip) != parts->ipv4)
        return false;
    if (parts->ipv4)
        return get_le32(from) == ip_2_ip4(&pcb->remote_ip)->addr && get_le32(to) == ip_2_ip4(&pcb->local_ip)->addr;
    return memcmp(ip_2_ip6(&pcb->remote_ip)->addr, from, size) == 0 && memcmp(ip_2_ip6(&pcb->local_ip)->addr, to, size) == 0;
}

static struct tcp_pcb *find_connection(const struct network *network, const struct parts *parts)
{
    struct tcp_pcb *pcb = network->link.run.pcb;
    if (pcb)
        return is_of(pcb, parts) ? pcb : NULL;
    for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (pcb->netif_idx == netif_get_index(&network->netif) && is_of(pcb, parts))
            return pcb;
    }
    return NULL;
}

/* It begins where the run ends, and lwIP would take all of it at once. */
static bool is_next(const struct net_run *run, const struct tcp_pcb *pcb, const struct parts *parts)
{
    uint32_t length = run->length + parts->length - TCP_HEADER;
    return pcb->state == ESTABLISHED && !pcb->ooseq && !pcb->refused_data && length <= RUN_MAX && length <= pcb->rcv_wnd &&
           get_be32(parts->tcp + TCP_SEQUENCE) == pcb->rcv_nxt + run->length &&
           (!run->pcb || get_le32(parts->tcp + TCP_ACKNOWLEDGEMENT) == get_le32(run->tcp + TCP_ACKNOWLEDGEMENT));
}

/* Nobody looks at the checksums of a run any more. RFC 1071 2(B): words may be summed in whichever byte order. */
static bool checksums_good(const struct nic_frame *frame, const struct parts *parts)
{
    if (!frame->ip_checksum_good && parts->ipv4 && net_checksum(parts->ip, IPV4_HEADER) != 0xFFFF)
        return false;
    if (frame->l4_checksum_good)
        return true;
    uint32_t sum = net_checksum(parts->tcp - parts->addresses, (int)(parts->addresses + parts->length));
    sum += lwip_htons(PROTOCOL_TCP) + lwip_htons((uint16_t)parts->length);
    return (sum & 0xFFFF) + (sum >> 16) == 0xFFFF;
}

bool net_run_takes(const struct network *network, const struct nic_frame *frame, struct net_segment *segment)
{
    struct parts parts;
    if (!find_parts(network, frame, &parts))
        return false;
    segment->pcb = find_connection(network, &parts);
    if (!segment->pcb || !is_next(&network->link.run, segment->pcb, &parts) || !checksums_good(frame, &parts))
        return false;

    uint16_t data = (uint16_t)(parts.tcp + TCP_HEADER - frame->bytes);
    segment->from = network->link.run.pcb ? data : 0;
    segment->to = (uint16_t)(data + parts.length - TCP_HEADER);
    segment->ip = (uint16_t)(parts.ip - frame->bytes);
    segment->data = data;
    return true;
}

void net_run_add(struct net_run *run, const struct net_segment *segment, struct pbuf *pbuf)
{
    if (!run->pcb) {
        uint8_t *frame = pbuf->payload;
        *run = (struct net_run){
            .pcb = segment->pcb, .first = pbuf, .ip = frame + segment->ip, .tcp = frame + segment->data - TCP_HEADER};
    } else {
        const uint8_t *tcp = (const uint8_t *)pbuf->payload - TCP_HEADER;
        memcpy(run->tcp + TCP_WINDOW, tcp + TCP_WINDOW, sizeof(uint16_t)); /* the latest */
        run->last->next = pbuf;
        tcp_set_flags(run->pcb, TF_ACK_DELAY); /* as the one before it would have: lwIP acknowledges every second at once */
    }
    run->last = pbuf;
    run->length += segment->to - segment->data;
}

struct pbuf *net_run_end(struct net_run *run)
{
    struct pbuf *first = run->first;
    if (!run->pcb)
        return NULL;

    uint32_t behind = run->length + TCP_HEADER;
    if (run->tcp == run->ip + IPV4_HEADER)
        put_be16(run->ip + IPV4_TOTAL_LENGTH, IPV4_HEADER + behind);
    else
        put_be16(run->ip + IPV6_PAYLOAD_LENGTH, behind);

    uint32_t left = behind + (uint32_t)(run->tcp - (uint8_t *)first->payload);
    for (struct pbuf *pbuf = first; pbuf; pbuf = pbuf->next) {
        pbuf->tot_len = (uint16_t)left;
        left -= pbuf->len;
    }
    *run = (struct net_run){0};
    return first;
}
