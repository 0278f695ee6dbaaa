/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's network interface over the NIC. Received frames go up where the card put them, those of a stream joined
 * (net/coalesce.c), and back to the ring when lwIP or the stream has done with them. Frames to send are gathered by nic_send(),
 * which makes the one copy.
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
#include "platform/bytes.h"
#include "platform/frame.h"

#define SEND_SPANS     34   /* a header, and a segment of spans of 48 bytes each: PDUs without data */
#define POOL_ALIGNMENT 64   /* a cache line */
#define SMALL_FRAME    128u /* an acknowledgement, ARP, neighbour discovery */

/* A receive buffer on its way through lwIP. */
struct rx_frame {
    struct pbuf_custom pbuf; /* first, so that lwIP's pointer is ours */
    struct network *network;
    struct nic_frame frame;
    struct rx_frame *next;
};

/* The checksums that a card with offloads_tx_checksums computes. */
#define CARD_GENERATES (NETIF_CHECKSUM_GEN_IP | NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP)

/* ---- receive ---- */

/* lwIP has done with a frame. */
static void return_frame(struct pbuf *pbuf)
{
    struct rx_frame *rx = (struct rx_frame *)(void *)pbuf;
    struct network *network = rx->network;
    nic_release(network->nic, &rx->frame);
    rx->next = network->link.free;
    network->link.free = rx;
    network->link.held--;
}

ALWAYS_INLINE struct pbuf *wrap_frame(struct network *network, const struct nic_frame *frame, uint16_t from, uint16_t to)
{
    struct rx_frame *rx = network->link.free;
    network->link.free = rx->next;
    network->link.held++;
    rx->network = network;
    rx->frame = *frame;
    rx->pbuf.custom_free_function = return_frame;
    return pbuf_alloced_custom(PBUF_RAW, to - from, PBUF_REF, &rx->pbuf, frame->bytes + from, to - from);
}

void net_link_drop_out_of_order(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
        tcp_free_ooseq(pcb);
}

static struct pbuf *copy_frame(const struct nic_frame *frame)
{
    if (net_heap_left() < net_tuning.heap_reserve + frame->length)
        return NULL;
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, frame->length, PBUF_RAM);
    if (pbuf)
        bytes_copy(pbuf->payload, frame->bytes, frame->length);
    return pbuf;
}

static unsigned large_frames(const struct network *network)
{
    return network->link.frames - network->link.frames / 4;
}

static bool may_hold(const struct network *network, const struct nic_frame *frame)
{
    return network->link.held < (frame->length <= SMALL_FRAME ? network->link.frames : large_frames(network));
}

unsigned net_link_room(const struct network *network)
{
    unsigned most = large_frames(network);
    return network->link.held < most ? most - network->link.held : 0;
}

/*
 * While the stack holds few buffers it gets the frame itself. When it holds most of what it may, large frames are copied; the
 * last quarter is for small ones, so that acknowledgements get through. When there is no room for a copy either, what waits out
 * of order is given up, and the frame is dropped. So the ring never runs dry.
 */
static struct pbuf *pbuf_of_frame(struct network *network, const struct nic_frame *frame)
{
    if (may_hold(network, frame))
        return wrap_frame(network, frame, 0, frame->length);

    struct pbuf *pbuf = copy_frame(frame);
    nic_release(network->nic, frame);
    if (!pbuf)
        net_link_drop_out_of_order();
    return pbuf;
}

/* The VLAN that a frame of at least header and tag says it is of; 0 also when it is only given a priority (802.1Q 6.9). */
static unsigned vlan_of(const uint8_t *frame)
{
    return get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_VLAN ? get_be16(frame + VLAN_TCI) & VLAN_ID_MASK : 0;
}

#define CHECKS_OF_L4 (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

/* To lwIP, which is to verify these checksums. */
ALWAYS_INLINE void pass_up(struct network *network, struct pbuf *pbuf, uint16_t checks)
{
    struct netif *netif = &network->netif;
    checks |= (netif->chksum_flags & CARD_GENERATES) | NETIF_CHECKSUM_CHECK_ICMP | NETIF_CHECKSUM_CHECK_ICMP6 |
              NETIF_CHECKSUM_GEN_ICMP | NETIF_CHECKSUM_GEN_ICMP6;
    NETIF_SET_CHECKSUM_CTRL(netif, checks);
    if (netif->input(pbuf, netif) != ERR_OK)
        pbuf_free(pbuf);
}

/* False: there is none. */
static bool pass_run_up(struct network *network)
{
    struct pbuf *run = net_run_end(&network->link.run);
    if (run)
        pass_up(network, run, 0);
    return run;
}

static bool continue_run(struct network *network, const struct nic_frame *frame)
{
    struct net_segment segment;
    if (!may_hold(network, frame) || !net_run_takes(network, frame, &segment))
        return false;
    net_run_add(&network->link.run, &segment, wrap_frame(network, frame, segment.from, segment.to));
    return true;
}

/* nic->deliver */
static void receive_frame(void *context, const struct nic_frame *frame)
{
    struct network *network = context;
    if (frame->length < ETHERNET_HEADER + VLAN_TAG || frame->length > network->nic->mtu + ETHERNET_HEADER + VLAN_TAG ||
        vlan_of(frame->bytes) != network->vlan) {
        nic_release(network->nic, frame);
        return;
    }
    if (frame->length > SMALL_FRAME)
        network->link.heard += frame->length;
    if (continue_run(network, frame) || (pass_run_up(network) && continue_run(network, frame)))
        return;

    struct pbuf *pbuf = pbuf_of_frame(network, frame);
    if (pbuf)
        pass_up(network, pbuf,
                (frame->ip_checksum_good ? 0 : NETIF_CHECKSUM_CHECK_IP) | (frame->l4_checksum_good ? 0 : CHECKS_OF_L4));
}

unsigned net_link_receive(struct network *network, unsigned frames)
{
    unsigned received = nic_poll(network->nic, frames);
    pass_run_up(network);
    return received;
}

/* ---- send ---- */

/* The TCI (802.1Q 9.6): priority, then a bit that is 0 as nothing of ours is to be dropped first, then the VLAN. */
int net_vlan_tag(const struct netif *netif)
{
    const struct network *network = net_of_netif(netif);
    return network->vlan ? network->vlan_priority << VLAN_PRIORITY_SHIFT | network->vlan : -1;
}

/* The sum of the pseudo-header, not complemented, as the card wants it in the checksum field. */
static uint16_t pseudo_sum(const uint8_t *addresses, unsigned length, uint8_t protocol, uint16_t l4_length)
{
    uint32_t sum = protocol + (uint32_t)l4_length;
    for (unsigned i = 0; i < length; i += 2)
        sum += get_be16(addresses + i);
    sum = (sum >> 16) + (sum & 0xFFFF);
    return (uint16_t)((sum >> 16) + sum);
}

/* Where the checksum field is in a header of the protocol; 0 when the card computes none for it. */
static unsigned checksum_offset(uint8_t protocol)
{
    return protocol == PROTOCOL_TCP ? TCP_CHECKSUM : protocol == PROTOCOL_UDP ? UDP_CHECKSUM : 0;
}

/*
 * Says what the card has to compute for this frame and prepares its checksum field. lwIP's headers lie in the first pbuf
 * together. False when there is nothing to compute.
 */
static bool prepare_offload(struct network *network, struct pbuf *first, struct nic_offload *offload)
{
    unsigned at = ETHERNET_HEADER + (network->vlan ? VLAN_TAG : 0);
    uint8_t *bytes = first->payload, *ip = bytes + at;
    *offload = (struct nic_offload){.ip_header = (uint16_t)at};
    if (first->len < at + IPV4_HEADER)
        return false;

    uint16_t type = get_be16(ip - sizeof type);
    uint16_t sum;
    uint8_t protocol;
    if (type == ETHERTYPE_IPV4) {
        protocol = ip[IPV4_PROTOCOL];
        sum = pseudo_sum(ip + IPV4_SOURCE, IPV4_HEADER - IPV4_SOURCE, protocol, get_be16(ip + IPV4_TOTAL_LENGTH) - IPV4_HEADER);
        offload->ip_checksum = true;
        offload->l4_header = (uint16_t)(at + IPV4_HEADER);
    } else if (type == ETHERTYPE_IPV6 && first->len >= at + IPV6_HEADER) {
        protocol = ip[IPV6_NEXT_HEADER];
        sum = pseudo_sum(ip + IPV6_SOURCE, IPV6_HEADER - IPV6_SOURCE, protocol, get_be16(ip + IPV6_PAYLOAD_LENGTH));
        offload->l4_header = (uint16_t)(at + IPV6_HEADER);
    } else {
        return false;
    }

    unsigned field = checksum_offset(protocol);
    if (field && first->len >= offload->l4_header + field + sizeof sum) {
        offload->l4_checksum = true;
        offload->l4_field = (uint16_t)(offload->l4_header + field);
        put_be16(bytes + offload->l4_field, sum);
    }
    return offload->ip_checksum || offload->l4_checksum;
}

/* Lists the pieces that hold anything; returns how many there are, of which SEND_SPANS at most were listed. */
static unsigned list_spans(const struct pbuf *chain, struct nic_span spans[SEND_SPANS])
{
    unsigned count = 0;
    for (; chain; chain = chain->next) {
        if (chain->len == 0)
            continue;
        if (count < SEND_SPANS)
            spans[count] = (struct nic_span){chain->payload, chain->len};
        count++;
    }
    return count;
}

static err_t send_chain(struct network *network, struct pbuf *chain)
{
    struct nic_span spans[SEND_SPANS];
    unsigned count = list_spans(chain, spans);
    if (count > SEND_SPANS)
        return ERR_BUF;

    struct nic_offload offload;
    bool offloaded = network->nic->offloads_tx_checksums && prepare_offload(network, chain, &offload);
    switch (nic_send(network->nic, spans, count, offloaded ? &offload : NULL)) {
    case OK:
        network->link.heard = 0;
        return ERR_OK;
    case E_NIC_BUSY:
        network->link.send_again = true;
        return ERR_MEM;
    default:
        return ERR_IF;
    }
}

static err_t link_output(struct netif *netif, struct pbuf *chain)
{
    struct network *network = net_of_netif(netif);
    if (network->paused || network->rest != CARD_AWAKE)
        return ERR_IF; /* a timer of lwIP's, for another card; before the first turn */
    err_t error = send_chain(network, chain);
    if (error != ERR_BUF)
        return error;

    /* More pieces than a gather list holds: someone writes many tiny spans. */
    struct pbuf *joined = pbuf_clone(PBUF_RAW, PBUF_RAM, chain);
    if (!joined)
        return ERR_MEM;
    error = send_chain(network, joined);
    pbuf_free(joined);
    return error;
}

#define HELD_SEGMENTS 4 /* as many as the smallest first window of a sender that is in use */
#define HELD_PARTS    4 /* of a millisecond; its reciprocal is how long */

/*
 * A pause sends an acknowledgement of its own. So that a short answer is not acknowledged twice, one that only says how much came
 * in order waits for it, as long as the sender is certain to have window left and does not wait for long: 250 us count for him
 * only when losses have closed his window, and have cost him far more.
 */
static bool may_wait(struct network *network, const struct tcp_pcb *pcb)
{
    struct net_link *link = &network->link;
    uint32_t most = smaller_of(HELD_SEGMENTS * (network->nic->mtu + ETHERNET_HEADER), TCP_WND / 4);
    if (!link->pauses || link->heard == 0 || link->heard >= most || pcb->state != ESTABLISHED || pcb->ooseq || link->gap)
        return false;

    if (!link->held_back)
        link->hold_end = platform_ticks() + platform_ticks_per_ms() / HELD_PARTS;
    link->held_back = true;
    return !deadline_passed(link->hold_end);
}

/*
 * There was no memory for an acknowledgement. What waits out of order has to go then: whoever cannot acknowledge what fills the
 * gaps keeps them for ever.
 */
static bool is_starved(const struct network *network, const struct tcp_pcb *pcb, err_t error)
{
    return (pcb->flags & TF_ACK_NOW) && (error == ERR_BUF || (error == ERR_MEM && !network->link.send_again));
}

/*
 * One acknowledgement for all that a turn received (net/patches/02-tcp-output-once-a-turn.patch), and what the card could not
 * take before.
 */
void net_link_flush(struct network *network, bool received)
{
    struct net_link *link = &network->link;
    if (!received && !link->send_again && !link->held_back)
        return;
    link->send_again = false; /* set again by the first that finds the card still full */

    bool waits = false, starved = false, gap = false;
    struct tcp_pcb *next;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
        next = pcb->next;
        if (pcb->netif_idx != netif_get_index(&network->netif))
            continue;
        /* All or part of a gap is filled: RFC 5681 4.2. */
        if ((pcb->ooseq || link->gap) && (pcb->flags & TF_ACK_DELAY))
            tcp_ack_now(pcb);
        gap |= pcb->ooseq != NULL;
        if (pcb->unsent || ((pcb->flags & TF_ACK_NOW) && !may_wait(network, pcb)))
            starved |= is_starved(network, pcb, tcp_output(pcb));
        else
            waits |= (pcb->flags & TF_ACK_NOW) != 0;
    }
    link->held_back = waits;
    link->gap = gap;

    if (starved) {
        net_link_drop_out_of_order();
        link->send_again = true;
    }
}

void net_link_acknowledge(struct network *network)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (pcb->netif_idx == netif_get_index(&network->netif) && (pcb->flags & (TF_ACK_DELAY | TF_ACK_NOW))) {
            tcp_ack_now(pcb);
            if (is_starved(network, pcb, tcp_output(pcb))) {
                net_link_drop_out_of_order();
                tcp_output(pcb);
            }
        }
    }
}

/* ---- multicast ---- */

static unsigned find_group(struct network *network, const uint8_t *mac)
{
    unsigned i = 0;
    while (i < network->link.group_count && memcmp(network->link.groups[i], mac, NIC_MAC_LENGTH) != 0)
        i++;
    return i;
}

/* RFC 2464 7: 33:33 and the address's last four bytes. Groups of the same MAC are few enough not to count references. */
static err_t filter_group(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action)
{
    struct network *network = net_of_netif(netif);
    uint8_t mac[NIC_MAC_LENGTH] = {0x33, 0x33};
    memcpy(mac + 2, &group->addr[3], 4);

    unsigned at = find_group(network, mac);
    if (action == NETIF_ADD_MAC_FILTER && at == network->link.group_count) {
        if (at == NET_GROUPS)
            return ERR_MEM;
        memcpy(network->link.groups[network->link.group_count++], mac, sizeof mac);
    } else if (action == NETIF_DEL_MAC_FILTER && at < network->link.group_count) {
        memcpy(network->link.groups[at], network->link.groups[--network->link.group_count], sizeof mac);
    }

    return nic_set_multicast(network->nic, (const uint8_t(*)[NIC_MAC_LENGTH])network->link.groups, network->link.group_count) ==
                   OK
               ? ERR_OK
               : ERR_IF;
}

/* ---- start ---- */

size_t net_link_arena_size(unsigned frames)
{
    return frames * sizeof(struct rx_frame) + POOL_ALIGNMENT;
}

bool net_link_open(struct network *network, struct arena *arena, unsigned frames)
{
    struct rx_frame *pool = arena_take(arena, frames * sizeof *pool, POOL_ALIGNMENT);
    if (!pool)
        return false;

    network->link.frames = frames;
    for (unsigned i = 0; i < frames; i++) {
        pool[i].next = network->link.free;
        network->link.free = &pool[i];
    }
    return true;
}

err_t net_link_init(struct netif *netif)
{
    static const ip6_addr_t all_nodes = {.addr = {PP_HTONL(0xFF020000), 0, 0, PP_HTONL(1)}};
    struct network *network = net_of_netif(netif);
    struct nic *nic = network->nic;
    memcpy(netif->name, "en", 2);
    memcpy(netif->hwaddr, nic->mac, NIC_MAC_LENGTH);
    netif->hwaddr_len = NIC_MAC_LENGTH;
    netif->mtu = nic->mtu;
    netif->mtu6 = nic->mtu;
    netif_set_ip6_autoconfig_enabled(netif, 0); /* until net_autoconfigure_ipv6(); 2.2 starts with it */
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
    netif->output = net_hop_output_ipv4;
    netif->output_ip6 = net_hop_output_ipv6;
    netif->linkoutput = link_output;
    netif->mld_mac_filter = filter_group;

    NETIF_SET_CHECKSUM_CTRL(netif,
                            nic->offloads_tx_checksums ? NETIF_CHECKSUM_ENABLE_ALL & ~CARD_GENERATES : NETIF_CHECKSUM_ENABLE_ALL);

    filter_group(netif, &all_nodes, NETIF_ADD_MAC_FILTER);
    nic->deliver = receive_frame;
    nic->deliver_context = network;
    return ERR_OK;
}
