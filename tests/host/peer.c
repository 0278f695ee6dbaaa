/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine at the other end of the wire. */
#include "tests/host/peer.h"

#include <string.h>

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/host.h"
#include "tests/host/internet_sum.h"

#define MSS       1460u
#define RESEND_MS 60
#define SCALE     6 /* the stack's */
#define PORT      3260
#define HOPS      64

#define IP            ETHERNET_HEADER /* where it begins in frames without a tag */
#define IPV4_TTL      8
#define IPV6_VERSION  0x60
#define UDP_TO_PORT   2
#define UDP_LENGTH    4
#define ARP_OPERATION 6 /* RFC 826; from the ARP packet's beginning */
#define ARP_REQUEST   1
#define ARP_REPLY     2
#define ARP_SENDER    8  /* its MAC, */
#define ARP_SENDER_IP 14 /* its address, */
#define ARP_TARGET    18 /* and the same of whom it is meant for */
#define ARP_TARGET_IP 24
#define ICMP_HEADER   8
#define ICMP_CHECKSUM 2
#define ECHO_REQUEST  8

#define ND_ADVERTISEMENT  136 /* RFC 4861 4.4 */
#define ND_SOLICITATION   135
#define ND_FLAGS          4
#define ND_SOLICITED      0x40
#define ND_OVERRIDE       0x20 /* of what was known */
#define ND_TARGET         8
#define ND_OPTIONS        24
#define ND_TARGET_ADDRESS 2 /* option of the target's MAC */

struct peer peer;
struct peer_vlan peer_vlan;
void (*peer_got_datagram)(uint16_t, uint16_t, const uint8_t *, unsigned);

static const uint8_t first_mac[6] = {0x02, 0, 0, 0, 0, 0xFE}, stack_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
static const uint8_t peer_ip[4] = {10, 0, 0, 1};

uint8_t peer_pattern(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 13);
}

/* ---- what the peer sends ---- */

void peer_frame(const void *frame, unsigned length)
{
    if (peer.sends && peer.sends(frame, length))
        return;
    if (!peer.tagged) {
        wire_inject(frame, length);
        return;
    }

    uint8_t tagged[WIRE_FRAME + VLAN_TAG];
    memcpy(tagged, frame, ETHERNET_TYPE);
    put_be16(tagged + ETHERNET_TYPE, ETHERTYPE_VLAN);
    put_be16(tagged + VLAN_TCI, peer.tci);
    memcpy(tagged + ETHERNET_TYPE + VLAN_TAG, (const uint8_t *)frame + ETHERNET_TYPE, length - ETHERNET_TYPE);
    wire_inject(tagged, length + VLAN_TAG);
}

static void write_ethernet_header(uint8_t *frame, uint16_t type)
{
    memcpy(frame + ETHERNET_DESTINATION, stack_mac, sizeof stack_mac);
    memcpy(frame + ETHERNET_SOURCE, peer.mac, sizeof peer.mac);
    put_be16(frame + ETHERNET_TYPE, type);
}

static void write_checksum(uint8_t *field, uint32_t sum)
{
    put_be16(field, internet_fold(sum) ^ 0xFFFFu);
}

/* `frame` holds the payload where it belongs; its checksum field is at `checksum_at`. */
static void send_ipv4(uint8_t *frame, uint8_t protocol, unsigned length, unsigned checksum_at)
{
    uint8_t *ip = frame + IP, *payload = ip + IPV4_HEADER;

    write_ethernet_header(frame, ETHERTYPE_IPV4);
    memset(ip, 0, IPV4_HEADER);
    ip[0] = IPV4_PLAIN;
    put_be16(ip + IPV4_TOTAL_LENGTH, IPV4_HEADER + length);
    ip[IPV4_TTL] = HOPS;
    ip[IPV4_PROTOCOL] = protocol;
    memcpy(ip + IPV4_SOURCE, peer_ip, sizeof peer_ip);
    memcpy(ip + IPV4_DESTINATION, peer.stack_ip, sizeof peer.stack_ip);
    write_checksum(ip + IPV4_CHECKSUM, internet_sum(ip, IPV4_HEADER, 0));

    uint32_t pseudo_header =
        protocol == PROTOCOL_ICMP ? 0 : internet_sum(ip + IPV4_SOURCE, IPV4_HEADER - IPV4_SOURCE, protocol + length);
    put_be16(payload + checksum_at, 0);
    write_checksum(payload + checksum_at, internet_sum(payload, length, pseudo_header));
    peer_frame(frame, IP + IPV4_HEADER + length);
}

void peer_segment(uint8_t flags, uint32_t sequence, uint32_t acknowledge, const void *options, unsigned options_length,
                  const void *data, unsigned length)
{
    uint8_t frame[WIRE_FRAME], *tcp = frame + IP + IPV4_HEADER;

    memset(tcp, 0, TCP_HEADER);
    put_be16(tcp, PORT);
    put_be16(tcp + TCP_TO_PORT, peer.port);
    put_be32(tcp + TCP_SEQUENCE, sequence);
    put_be32(tcp + TCP_ACKNOWLEDGEMENT, acknowledge);
    tcp[TCP_DATA_OFFSET] = (uint8_t)((TCP_HEADER + options_length) / 4 << 4);
    tcp[TCP_FLAG_BITS] = flags;
    put_be16(tcp + TCP_WINDOW, peer.advertise);
    if (options_length)
        memcpy(tcp + TCP_HEADER, options, options_length);
    if (length)
        memcpy(tcp + TCP_HEADER + options_length, data, length);

    peer.segments++;
    send_ipv4(frame, PROTOCOL_TCP, TCP_HEADER + options_length + length, TCP_CHECKSUM);
}

void peer_ping(unsigned length)
{
    uint8_t frame[WIRE_FRAME] = {0};
    frame[IP + IPV4_HEADER] = ECHO_REQUEST;
    send_ipv4(frame, PROTOCOL_ICMP, ICMP_HEADER + length, ICMP_CHECKSUM);
}

void peer_datagram(uint16_t from_port, uint16_t to_port, const void *data, unsigned length)
{
    uint8_t frame[WIRE_FRAME], *udp = frame + IP + IPV4_HEADER;
    put_be16(udp, from_port);
    put_be16(udp + UDP_TO_PORT, to_port);
    put_be16(udp + UDP_LENGTH, UDP_HEADER + length);
    memcpy(udp + UDP_HEADER, data, length);
    send_ipv4(frame, PROTOCOL_UDP, UDP_HEADER + length, UDP_CHECKSUM);
}

void peer_ipv6(const uint8_t *from, const uint8_t *to, uint8_t next, uint8_t hops, uint8_t *payload, unsigned length)
{
    static const uint8_t router[16] = {0xFE, 0x80, [15] = 1};
    uint8_t frame[WIRE_FRAME], *ip = frame + IP;

    write_ethernet_header(frame, ETHERTYPE_IPV6);
    memset(ip, 0, IPV6_HEADER);
    ip[0] = IPV6_VERSION;
    put_be16(ip + IPV6_PAYLOAD_LENGTH, length);
    ip[IPV6_NEXT_HEADER] = next;
    ip[IPV6_HOP_LIMIT] = hops;
    memcpy(ip + IPV6_SOURCE, from ? from : router, 16);
    memcpy(ip + IPV6_DESTINATION, to, 16);

    if (next == PROTOCOL_ICMPV6) {
        uint32_t pseudo_header = internet_sum(ip + IPV6_SOURCE, IPV6_HEADER - IPV6_SOURCE, PROTOCOL_ICMPV6 + length);
        put_be16(payload + ICMPV6_CHECKSUM, 0);
        write_checksum(payload + ICMPV6_CHECKSUM, internet_sum(payload, length, pseudo_header));
    }
    memcpy(ip + IPV6_HEADER, payload, length);
    peer_frame(frame, IP + IPV6_HEADER + length);
}

/* ---- neighbour discovery, for tests that have neighbours ---- */

bool peer_is_solicitation(const uint8_t *frame, unsigned length, const uint8_t address[16])
{
    const uint8_t *ip = frame + IP + (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_VLAN ? VLAN_TAG : 0);
    const uint8_t *message = ip + IPV6_HEADER;
    return length >= (unsigned)(message - frame) + ND_OPTIONS && get_be16(ip - 2) == ETHERTYPE_IPV6 &&
           ip[IPV6_NEXT_HEADER] == PROTOCOL_ICMPV6 && message[0] == ND_SOLICITATION &&
           memcmp(message + ND_TARGET, address, 16) == 0;
}

void peer_advertise(const uint8_t address[16], const uint8_t to[16], const uint8_t mac[6], bool solicited)
{
    uint8_t message[ND_OPTIONS + 8] = {ND_ADVERTISEMENT, [ND_FLAGS] = ND_OVERRIDE};
    if (solicited)
        message[ND_FLAGS] |= ND_SOLICITED;
    memcpy(message + ND_TARGET, address, 16);
    message[ND_OPTIONS] = ND_TARGET_ADDRESS;
    message[ND_OPTIONS + 1] = 1; /* unit of 8 bytes */
    memcpy(message + ND_OPTIONS + 2, mac, 6);
    peer_ipv6(address, to, PROTOCOL_ICMPV6, 255, message, sizeof message);
}

/* ---- what the stack sends ---- */

static void on_arp(const uint8_t *arp)
{
    if (peer.no_arp || get_be16(arp + ARP_OPERATION) != ARP_REQUEST || memcmp(arp + ARP_TARGET_IP, peer_ip, sizeof peer_ip) != 0)
        return;

    uint8_t frame[ETHERNET_FRAME_MIN] = {0}, *answer = frame + ETHERNET_HEADER;
    write_ethernet_header(frame, ETHERTYPE_ARP);
    memcpy(answer, arp, ARP_OPERATION); /* Ethernet, IPv4, and how long their addresses are */
    put_be16(answer + ARP_OPERATION, ARP_REPLY);
    memcpy(answer + ARP_SENDER, peer.mac, sizeof peer.mac);
    memcpy(answer + ARP_SENDER_IP, peer_ip, sizeof peer_ip);
    memcpy(answer + ARP_TARGET, stack_mac, sizeof stack_mac);
    memcpy(answer + ARP_TARGET_IP, peer.stack_ip, sizeof peer.stack_ip);
    peer_frame(frame, sizeof frame);
}

static void on_syn(const uint8_t *tcp)
{
    /* maximum segment size; a no-operation; a window scale of 0; two more of the former; SACK permitted */
    uint8_t options[] = {2, 4, 0, 0, 1, 3, 3, 0, 1, 1, 4, 2};
    put_be16(options + 2, peer.mss);

    peer.port = get_be16(tcp);
    peer.stack_iss = get_be32(tcp + TCP_SEQUENCE);
    peer.expected = peer.stack_iss + 1;
    if (peer.silent)
        return;
    if (peer.refuse) {
        peer_segment(PEER_RST | PEER_ACK, 0, peer.expected, NULL, 0, NULL, 0);
        return;
    }

    peer.next = peer.acknowledged = peer.iss + 1;
    peer.established = true;
    if (peer.opened)
        peer.opened();
    unsigned length = peer.unscaled ? 4 : peer.sack ? sizeof options : sizeof options - 4;
    peer_segment(PEER_SYN | PEER_ACK, peer.iss, peer.expected, options, length, NULL, 0);
}

static void on_data(uint32_t sequence, const uint8_t *data, unsigned length, bool fin)
{
    uint32_t known = peer.expected - sequence;
    if (known && known < length) { /* the rest of something repeated */
        sequence += known;
        data += known;
        length -= known;
    }

    if (sequence == peer.expected) {
        if (peer.hears && length)
            peer.hears(data, length);
        for (unsigned i = 0; !peer.hears && i < length; i++) {
            if (data[i] != peer_pattern(peer.received + i))
                peer.corrupted = true;
        }
        peer.received += length;
        peer.expected += length + fin;
        peer.got_fin |= fin;
    }
    if (!peer.no_acks)
        peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
}

static void on_acknowledgement(uint32_t number)
{
    if ((int32_t)(number - peer.acknowledged) <= 0)
        return;
    peer.acknowledged = number;
    if ((int32_t)(peer.next - peer.acknowledged) < 0)
        peer.next = peer.acknowledged;
    peer.resend_at = deadline_after_ms(RESEND_MS);
}

static void on_tcp(const uint8_t *tcp, unsigned length)
{
    unsigned header = (tcp[TCP_DATA_OFFSET] >> 4) * 4u;
    uint8_t flags = tcp[TCP_FLAG_BITS];

    if (flags & PEER_RST) {
        peer.resets++;
        peer.got_reset = true;
        peer.established = false;
        return;
    }
    if (flags & PEER_SYN) {
        on_syn(tcp);
        return;
    }
    if (!peer.established || get_be16(tcp) != peer.port)
        return;

    peer.acks++;
    on_acknowledgement(get_be32(tcp + TCP_ACKNOWLEDGEMENT));
    peer.window = (uint32_t)get_be16(tcp + TCP_WINDOW) << (peer.unscaled ? 0 : SCALE);
    if (length > header || (flags & PEER_FIN))
        on_data(get_be32(tcp + TCP_SEQUENCE), tcp + header, length - header, flags & PEER_FIN);
}

static void on_ipv4(const uint8_t *ip, unsigned length)
{
    unsigned total = get_be16(ip + IPV4_TOTAL_LENGTH);
    if (total > length)
        return;

    const uint8_t *payload = ip + IPV4_HEADER;
    if (ip[IPV4_PROTOCOL] == PROTOCOL_TCP && memcmp(ip + IPV4_DESTINATION, peer_ip, sizeof peer_ip) == 0)
        on_tcp(payload, total - IPV4_HEADER);
    if (ip[IPV4_PROTOCOL] == PROTOCOL_UDP && peer_got_datagram)
        peer_got_datagram(get_be16(payload), get_be16(payload + UDP_TO_PORT), payload + UDP_HEADER,
                          total - IPV4_HEADER - UDP_HEADER);
}

/* A tag is taken off and not looked at: that is for the tests. */
static void on_frame(const uint8_t *sent, unsigned length)
{
    unsigned tag = get_be16(sent + ETHERNET_TYPE) == ETHERTYPE_VLAN ? VLAN_TAG : 0;
    uint8_t frame[WIRE_FRAME];
    if (!(sent[0] & 1) && memcmp(sent, peer.mac, sizeof peer.mac) != 0)
        return;
    memcpy(frame, sent, ETHERNET_TYPE);
    memcpy(frame + ETHERNET_TYPE, sent + ETHERNET_TYPE + tag, length - ETHERNET_TYPE - tag);

    uint16_t type = get_be16(frame + ETHERNET_TYPE);
    if (type == ETHERTYPE_ARP)
        on_arp(frame + ETHERNET_HEADER);
    if (type == ETHERTYPE_IPV4)
        on_ipv4(frame + IP, length - tag - IP);
}

/* ---- time ---- */

/* One segment of the pattern, from peer.next on: as much as is wanted and fits the window. */
static void send_pattern(uint32_t offset)
{
    uint32_t room = peer.window - (peer.next - peer.acknowledged);
    uint32_t length = smaller_of(smaller_of(MSS, room), (uint32_t)(peer.to_send - offset));
    uint8_t data[MSS];
    for (uint32_t i = 0; i < length; i++)
        data[i] = peer.says ? peer.says[offset + i] : peer_pattern(offset + i);

    if (peer.next == peer.acknowledged)
        peer.resend_at = deadline_after_ms(RESEND_MS);
    peer_segment(PEER_ACK | PEER_PSH, peer.next, peer.expected, NULL, 0, data, length);
    peer.next += length;
}

void peer_turn(void)
{
    if (!peer.established || !peer.source)
        return;
    if (peer.next != peer.acknowledged && deadline_passed(peer.resend_at)) {
        peer.next = peer.acknowledged; /* go back to the first byte that was not acknowledged */
        peer.resend_at = deadline_after_ms(RESEND_MS);
    }

    uint32_t base = peer.iss + 1;
    while (peer.next - base < peer.to_send && peer.next - peer.acknowledged < peer.window)
        send_pattern(peer.next - base);
}

void peer_open(void)
{
    memset(&peer, 0, sizeof peer);
    memcpy(peer.stack_ip, "\12\0\0\2", sizeof peer.stack_ip);
    peer.iss = 0xFFFFF000u; /* sequence numbers wrap early */
    peer.advertise = 0xFFFF;
    peer.mss = MSS;
    memcpy(peer.mac, first_mac, sizeof peer.mac);
    peer.tagged = peer_vlan.id != 0;
    peer.tci = peer_vlan.id;
    peer_got_datagram = NULL;

    wire.sent = on_frame;
    wire.delay_us = 100;
}

/* ---- the world ---- */

struct network *peer_network;
uint16_t peer_mtu = NIC_MTU_DEFAULT;
bool peer_by_hand;
static struct arena arena;
static struct nic nic;

/* host_idle_hook */
static void let_time_pass(void)
{
    host_clock_advance_us(500);
    peer_turn();
}

void peer_world_open(unsigned rx_buffers, uint32_t window)
{
    host_clock_use_virtual();
    host_random_seed(4711);
    host_idle_hook = let_time_pass;
    arena = host_arena_new(8 * MIB);
    wire_open(&nic, &arena, rx_buffers, peer_mtu);
    peer_open();

    struct net_config config = {.nic = &nic,
                                .arena = &arena,
                                .window = window,
                                .hostname = "unit",
                                .vlan = peer_vlan.id,
                                .vlan_priority = peer_vlan.priority,
                                .by_hand = peer_by_hand};
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .dns = {{10, 0, 0, 1}}};
    if (net_open(&peer_network, &config) != OK || net_set_ipv4(peer_network, &ipv4) != OK)
        __builtin_trap();
}

void peer_world_close(void)
{
    net_close(peer_network);
    host_idle_hook = NULL;
    host_arena_free(&arena);
    peer_mtu = NIC_MTU_DEFAULT;
    peer_by_hand = false;
}

void peer_world_run(unsigned milliseconds)
{
    deadline_t end = deadline_after_ms(milliseconds);
    while (!deadline_passed(end)) {
        net_poll();
        platform_idle();
    }
}
