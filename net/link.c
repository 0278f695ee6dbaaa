/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's network interface over the NIC. Received frames go up where the card put them, and back to the ring when lwIP or the
 * stream has done with them. Frames to send are gathered by nic_send(), which makes the one copy.
 */
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/inet_chksum.h"
#include "lwip/mld6.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/udp.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "netif/ethernet.h"

#define ETHERNET_HEADER 14u
#define VLAN_TAG        4u /* TYPE_VLAN and TCI, in front of the frame's own type */
#define TYPE_IPV4       0x0800u
#define TYPE_VLAN       0x8100u
#define TYPE_IPV6       0x86DDu
#define SEND_SPANS      24
#define GROUPS          8     /* multicast groups that the filter is told of: solicited-node addresses, all-nodes */
#define SMALL_FRAME     128u  /* an acknowledgement, ARP, neighbour discovery */
#define COPY_RESERVE    4096u /* of the heap, so that copied frames cannot keep the stack from sending */

/* A receive buffer on its way through lwIP. */
struct rx_frame {
    struct pbuf_custom pbuf; /* first, so that lwIP's pointer is ours */
    struct nic_frame frame;
    struct rx_frame *next;
};

static struct {
    struct nic *nic;
    struct rx_frame *free;
    unsigned frames, held;
    bool send_again; /* the card had no descriptor: TCP is to try again next turn */
    uint8_t groups[GROUPS][NIC_MAC_LENGTH];
    unsigned group_count;
} link_state;

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

#define CHECKS    (NETIF_CHECKSUM_CHECK_IP | NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)
#define GENERATES (NETIF_CHECKSUM_GEN_IP | NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP)

/* ---- receive ---- */

static void give_back(struct pbuf *pbuf)
{
    struct rx_frame *rx = (struct rx_frame *)(void *)pbuf;

    nic_release(link_state.nic, &rx->frame);
    rx->next = link_state.free;
    link_state.free = rx;
    link_state.held--;
}

static struct pbuf *wrap(const struct nic_frame *frame)
{
    struct rx_frame *rx = link_state.free;

    link_state.free = rx->next;
    link_state.held++;
    rx->frame = *frame;
    rx->pbuf.custom_free_function = give_back;
    return pbuf_alloced_custom(PBUF_RAW, frame->length, PBUF_REF, &rx->pbuf, frame->bytes, frame->length);
}

static struct pbuf *copy(const struct nic_frame *frame)
{
    struct pbuf *pbuf;

    if (net_heap_left() < COPY_RESERVE + frame->length)
        return NULL;
    pbuf = pbuf_alloc(PBUF_RAW, frame->length, PBUF_RAM);
    if (pbuf)
        memcpy(pbuf->payload, frame->bytes, frame->length);
    return pbuf;
}

/*
 * While the stack holds few buffers it gets the frame itself. When it holds most of what it may, large frames are copied; the
 * last quarter is for small ones, so that acknowledgements get through. When there is no room for a copy either, what waits out
 * of order is given up, as the sender will repeat it (RFC 2018 8 allows that), and the frame is dropped. So the ring never runs
 * dry.
 */
static struct pbuf *take(const struct nic_frame *frame)
{
    unsigned limit = frame->length <= SMALL_FRAME ? link_state.frames : link_state.frames - link_state.frames / 4;
    struct pbuf *pbuf;

    if (link_state.held < limit)
        return wrap(frame);
    pbuf = copy(frame);
    nic_release(link_state.nic, frame);
    if (!pbuf) {
        for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
            tcp_free_ooseq(pcb);
    }
    return pbuf;
}

/* The VLAN that a frame of at least header and tag says it is of; 0 also when it is only given a priority (802.1Q 6.9). */
static unsigned vlan_of(const uint8_t *frame)
{
    return get16(frame + 12) == TYPE_VLAN ? get16(frame + ETHERNET_HEADER) & 0xFFFu : 0;
}

static void deliver(void *context, const struct nic_frame *frame)
{
    struct netif *netif = context;
    uint16_t checks = (netif->chksum_flags & GENERATES) | NETIF_CHECKSUM_CHECK_ICMP | NETIF_CHECKSUM_CHECK_ICMP6 |
                      NETIF_CHECKSUM_GEN_ICMP | NETIF_CHECKSUM_GEN_ICMP6;
    struct pbuf *pbuf;

    if (frame->length < ETHERNET_HEADER + VLAN_TAG || frame->length > netif->mtu + ETHERNET_HEADER + VLAN_TAG ||
        vlan_of(frame->bytes) != network.vlan) {
        nic_release(link_state.nic, frame);
        return;
    }
    if (!frame->ip_checksum_good)
        checks |= NETIF_CHECKSUM_CHECK_IP;
    if (!frame->l4_checksum_good)
        checks |= NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
    pbuf = take(frame);
    if (!pbuf)
        return;
    NETIF_SET_CHECKSUM_CTRL(netif, checks);
    if (netif->input(pbuf, netif) != ERR_OK)
        pbuf_free(pbuf);
}

unsigned net_link_held(void)
{
    return link_state.held;
}

/* ---- send ---- */

/* The TCI (802.1Q 9.6): priority, then a bit that is 0 as nothing of ours is to be dropped first, then the VLAN. */
int net_vlan_tag(void)
{
    return network.vlan ? network.vlan_priority << 13 | network.vlan : -1;
}

/* The sum of the pseudo-header, not complemented, as the card wants it in the checksum field. */
static uint16_t pseudo_sum(const uint8_t *addresses, unsigned length, uint8_t protocol, uint16_t l4_length)
{
    uint32_t sum = protocol + (uint32_t)l4_length;

    for (unsigned i = 0; i < length; i += 2)
        sum += get16(addresses + i);
    sum = (sum >> 16) + (sum & 0xFFFF);
    return (uint16_t)((sum >> 16) + sum);
}

/*
 * Says what the card has to compute for this frame and prepares its checksum field. lwIP's headers lie in the first pbuf
 * together. False when there is nothing to compute.
 */
static bool prepare_offload(struct pbuf *first, struct nic_offload *offload)
{
    unsigned at = ETHERNET_HEADER + (network.vlan ? VLAN_TAG : 0);
    uint8_t *bytes = first->payload;
    uint8_t *ip = bytes + at;
    uint8_t protocol;
    uint16_t type, sum, field;

    memset(offload, 0, sizeof *offload);
    if (first->len < at + IP_HLEN)
        return false;
    type = get16(ip - 2);
    offload->ip_header = (uint16_t)at;
    if (type == TYPE_IPV4) {
        offload->ip_checksum = true;
        offload->l4_header = (uint16_t)(at + IP_HLEN);
        protocol = ip[9];
        sum = pseudo_sum(ip + 12, 8, protocol, get16(ip + 2) - IP_HLEN);
    } else if (type == TYPE_IPV6 && first->len >= at + IP6_HLEN) {
        offload->l4_header = (uint16_t)(at + IP6_HLEN);
        protocol = ip[6];
        sum = pseudo_sum(ip + 8, 32, protocol, get16(ip + 4));
    } else {
        return false;
    }
    field = protocol == IP_PROTO_TCP ? 16 : protocol == IP_PROTO_UDP ? 6 : 0;
    if (field && first->len >= offload->l4_header + field + 2u) {
        offload->l4_checksum = true;
        offload->l4_field = offload->l4_header + field;
        bytes[offload->l4_field] = (uint8_t)(sum >> 8);
        bytes[offload->l4_field + 1] = (uint8_t)sum;
    }
    return offload->ip_checksum || offload->l4_checksum;
}

static err_t send_chain(struct pbuf *chain)
{
    struct nic_span spans[SEND_SPANS];
    struct nic_offload offload;
    unsigned count = 0;
    bool offloaded = link_state.nic->offloads_tx_checksums && prepare_offload(chain, &offload);

    for (struct pbuf *piece = chain; piece; piece = piece->next) {
        if (piece->len == 0)
            continue;
        if (count == SEND_SPANS)
            return ERR_BUF;
        spans[count++] = (struct nic_span){piece->payload, piece->len};
    }
    switch (nic_send(link_state.nic, spans, count, offloaded ? &offload : NULL)) {
    case OK:
        return ERR_OK;
    case E_NIC_BUSY:
        link_state.send_again = true;
        return ERR_MEM;
    default:
        return ERR_IF;
    }
}

static err_t link_output(struct netif *netif, struct pbuf *chain)
{
    struct pbuf *joined;
    err_t error = send_chain(chain);

    (void)netif;
    if (error != ERR_BUF)
        return error;
    /* More pieces than a gather list holds: someone writes many tiny spans. */
    joined = pbuf_clone(PBUF_RAW, PBUF_RAM, chain);
    if (!joined)
        return ERR_MEM;
    error = send_chain(joined);
    pbuf_free(joined);
    return error;
}

/* One acknowledgement for all that a turn received (net/patches/tcp-output-once-a-turn.patch), and what the card could not take
 * before. */
void net_link_flush(bool received)
{
    struct tcp_pcb *next;

    if (!received && !link_state.send_again)
        return;
    link_state.send_again = false; /* set again by the first that finds the card still full */
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
        next = pcb->next;
        if ((pcb->flags & TF_ACK_NOW) || pcb->unsent)
            tcp_output(pcb);
    }
}

/* ---- multicast ---- */

static unsigned find_group(const uint8_t *mac)
{
    unsigned i = 0;

    while (i < link_state.group_count && memcmp(link_state.groups[i], mac, NIC_MAC_LENGTH) != 0)
        i++;
    return i;
}

/* RFC 2464 7: 33:33 and the address's last four bytes. Groups of the same MAC are few enough not to count references. */
static err_t filter_group(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action)
{
    uint8_t mac[NIC_MAC_LENGTH] = {0x33, 0x33};
    unsigned at;

    (void)netif;
    memcpy(mac + 2, &group->addr[3], 4);
    at = find_group(mac);
    if (action == NETIF_ADD_MAC_FILTER && at == link_state.group_count) {
        if (at == GROUPS)
            return ERR_MEM;
        memcpy(link_state.groups[link_state.group_count++], mac, sizeof mac);
    } else if (action == NETIF_DEL_MAC_FILTER && at < link_state.group_count) {
        memcpy(link_state.groups[at], link_state.groups[--link_state.group_count], sizeof mac);
    }
    return nic_set_multicast(link_state.nic, (const uint8_t(*)[NIC_MAC_LENGTH])link_state.groups, link_state.group_count) == OK
               ? ERR_OK
               : ERR_IF;
}

/* ---- start ---- */

size_t net_link_arena_size(unsigned frames)
{
    return frames * sizeof(struct rx_frame) + 64;
}

bool net_link_open(struct nic *nic, struct arena *arena, unsigned frames)
{
    struct rx_frame *pool = arena_take(arena, frames * sizeof *pool, 64);

    memset(&link_state, 0, sizeof link_state);
    if (!pool)
        return false;
    link_state.nic = nic;
    link_state.frames = frames;
    for (unsigned i = 0; i < frames; i++) {
        pool[i].next = link_state.free;
        link_state.free = &pool[i];
    }
    return true;
}

err_t net_link_init(struct netif *netif)
{
    static const ip6_addr_t all_nodes = {.addr = {PP_HTONL(0xFF020000), 0, 0, PP_HTONL(1)}};
    struct nic *nic = link_state.nic;

    memcpy(netif->name, "en", 2);
    memcpy(netif->hwaddr, nic->mac, NIC_MAC_LENGTH);
    netif->hwaddr_len = NIC_MAC_LENGTH;
    netif->mtu = nic->mtu;
    netif->mtu6 = nic->mtu;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = link_output;
    netif->mld_mac_filter = filter_group;
    NETIF_SET_CHECKSUM_CTRL(netif,
                            nic->offloads_tx_checksums ? NETIF_CHECKSUM_ENABLE_ALL & ~GENERATES : NETIF_CHECKSUM_ENABLE_ALL);
    filter_group(netif, &all_nodes, NETIF_ADD_MAC_FILTER);
    nic->deliver = deliver;
    nic->deliver_context = netif;
    return ERR_OK;
}
