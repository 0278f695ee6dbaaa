/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/peer.h"

#include <string.h>

#include "net/net.h"
#include "tests/host/host.h"

#define MSS       1460u
#define RESEND_MS 60
#define SCALE     6 /* the stack's */

#define TAG 4u

struct peer peer;
struct peer_vlan peer_vlan;
void (*peer_got_datagram)(uint16_t, uint16_t, const uint8_t *, unsigned);

static const uint8_t peer_mac[6] = {0x02, 0, 0, 0, 0, 0xFE}, stack_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
static const uint8_t peer_ip[4] = {10, 0, 0, 1};

uint8_t peer_pattern(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 13);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint32_t sum(const uint8_t *bytes, unsigned length, uint32_t start)
{
    for (unsigned i = 0; i < length; i++)
        start += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
    return start;
}

static uint16_t fold(uint32_t value)
{
    while (value >> 16)
        value = (value & 0xFFFF) + (value >> 16);
    return (uint16_t)~value;
}

void peer_frame(const void *frame, unsigned length)
{
    uint8_t tagged[WIRE_FRAME + TAG];

    if (!peer.tagged) {
        wire_inject(frame, length);
        return;
    }
    memcpy(tagged, frame, 12);
    put16(tagged + 12, 0x8100);
    put16(tagged + 14, peer.tci);
    memcpy(tagged + 16, (const uint8_t *)frame + 12, length - 12);
    wire_inject(tagged, length + TAG);
}

static void ethernet(uint8_t *frame, uint16_t type)
{
    memcpy(frame, stack_mac, 6);
    memcpy(frame + 6, peer_mac, 6);
    put16(frame + 12, type);
}

static void send_ipv4(uint8_t *frame, uint8_t protocol, unsigned length, unsigned checksum_at)
{
    uint8_t *ip = frame + 14, *payload = ip + 20;

    ethernet(frame, 0x0800);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    put16(ip + 2, 20 + length);
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, peer_ip, 4);
    memcpy(ip + 16, peer.stack_ip, 4);
    put16(ip + 10, fold(sum(ip, 20, 0)));
    put16(payload + checksum_at, 0);
    put16(payload + checksum_at, fold(sum(payload, length, sum(ip + 12, 8, protocol + length))));
    peer_frame(frame, 34 + length);
}

void peer_segment(uint8_t flags, uint32_t sequence, uint32_t acknowledge, const void *options, unsigned options_length,
                  const void *data, unsigned length)
{
    uint8_t frame[WIRE_FRAME], *tcp = frame + 34;

    memset(tcp, 0, 20);
    put16(tcp, 3260);
    put16(tcp + 2, peer.port);
    put32(tcp + 4, sequence);
    put32(tcp + 8, acknowledge);
    tcp[12] = (uint8_t)((20 + options_length) / 4 << 4);
    tcp[13] = flags;
    put16(tcp + 14, peer.advertise);
    if (options_length)
        memcpy(tcp + 20, options, options_length);
    if (length)
        memcpy(tcp + 20 + options_length, data, length);
    peer.segments++;
    send_ipv4(frame, 6, 20 + options_length + length, 16);
}

void peer_datagram(uint16_t from_port, uint16_t to_port, const void *data, unsigned length)
{
    uint8_t frame[WIRE_FRAME], *udp = frame + 34;

    put16(udp, from_port);
    put16(udp + 2, to_port);
    put16(udp + 4, 8 + length);
    memcpy(udp + 8, data, length);
    send_ipv4(frame, 17, 8 + length, 6);
}

void peer_ipv6(const uint8_t *from, const uint8_t *to, uint8_t next, uint8_t hops, uint8_t *payload, unsigned length)
{
    static const uint8_t router[16] = {0xFE, 0x80, [15] = 1};
    uint8_t frame[WIRE_FRAME], *ip = frame + 14;

    ethernet(frame, 0x86DD);
    memset(ip, 0, 40);
    ip[0] = 0x60;
    put16(ip + 4, length);
    ip[6] = next;
    ip[7] = hops;
    memcpy(ip + 8, from ? from : router, 16);
    memcpy(ip + 24, to, 16);
    if (next == 58) {
        put16(payload + 2, 0);
        put16(payload + 2, fold(sum(payload, length, sum(ip + 8, 32, 58 + length))));
    }
    memcpy(ip + 40, payload, length);
    peer_frame(frame, 54 + length);
}

/* ---- what the stack sends ---- */

static void on_arp(const uint8_t *frame)
{
    uint8_t answer[60] = {0};

    if (peer.no_arp || get16(frame + 20) != 1 || memcmp(frame + 38, peer_ip, 4) != 0)
        return;
    ethernet(answer, 0x0806);
    memcpy(answer + 14, frame + 14, 6);
    put16(answer + 20, 2);
    memcpy(answer + 22, peer_mac, 6);
    memcpy(answer + 28, peer_ip, 4);
    memcpy(answer + 32, stack_mac, 6);
    memcpy(answer + 38, peer.stack_ip, 4);
    peer_frame(answer, sizeof answer);
}

static void on_syn(const uint8_t *tcp)
{
    static const uint8_t options[] = {2, 4, MSS >> 8, MSS & 0xFF, 1, 3, 3, 0};

    peer.port = get16(tcp);
    peer.stack_iss = get32(tcp + 4);
    peer.expected = peer.stack_iss + 1;
    if (peer.silent)
        return;
    if (peer.refuse) {
        peer_segment(PEER_RST | PEER_ACK, 0, peer.expected, NULL, 0, NULL, 0);
        return;
    }
    peer.next = peer.acknowledged = peer.iss + 1;
    peer.established = true;
    peer_segment(PEER_SYN | PEER_ACK, peer.iss, peer.expected, options, sizeof options, NULL, 0);
}

static void take_data(uint32_t sequence, const uint8_t *data, unsigned length, bool fin)
{
    uint32_t known = peer.expected - sequence;

    if (known && known < length) { /* the rest of something repeated */
        sequence += known;
        data += known;
        length -= known;
    }
    if (sequence == peer.expected) {
        for (unsigned i = 0; i < length; i++) {
            if (data[i] != peer_pattern(peer.received + i))
                peer.corrupted = true;
        }
        peer.received += length;
        peer.expected += length + fin;
        peer.got_fin |= fin;
    }
    peer_segment(PEER_ACK, peer.next, peer.expected, NULL, 0, NULL, 0);
}

static void on_tcp(const uint8_t *tcp, unsigned length)
{
    unsigned header = (tcp[12] >> 4) * 4u;
    uint8_t flags = tcp[13];

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
    if (!peer.established || get16(tcp) != peer.port)
        return;
    peer.acks++;
    if ((int32_t)(get32(tcp + 8) - peer.acknowledged) > 0) {
        peer.acknowledged = get32(tcp + 8);
        if ((int32_t)(peer.next - peer.acknowledged) < 0)
            peer.next = peer.acknowledged;
        peer.resend_at = platform_ticks() + RESEND_MS * platform_ticks_per_ms();
    }
    peer.window = (uint32_t)get16(tcp + 14) << SCALE;
    if (length > header || (flags & PEER_FIN))
        take_data(get32(tcp + 4), tcp + header, length - header, flags & PEER_FIN);
}

/* A tag is taken off and not looked at: that is for the tests. */
static void on_frame(const uint8_t *sent, unsigned length)
{
    uint8_t frame[WIRE_FRAME];
    const uint8_t *ip = frame + 14;
    unsigned tag = get16(sent + 12) == 0x8100 ? TAG : 0, total;

    memcpy(frame, sent, 12);
    memcpy(frame + 12, sent + 12 + tag, length - 12 - tag);
    length -= tag;
    total = get16(ip + 2);
    if (get16(frame + 12) == 0x0806)
        on_arp(frame);
    if (get16(frame + 12) != 0x0800 || total + 14 > length)
        return;
    if (ip[9] == 6 && memcmp(ip + 16, peer_ip, 4) == 0)
        on_tcp(ip + 20, total - 20);
    if (ip[9] == 17 && peer_got_datagram)
        peer_got_datagram(get16(ip + 20), get16(ip + 22), ip + 28, total - 28);
}

/* ---- time ---- */

void peer_turn(void)
{
    uint32_t base = peer.iss + 1;

    if (!peer.established || !peer.source)
        return;
    if (peer.next != peer.acknowledged && platform_ticks() >= peer.resend_at) {
        peer.next = peer.acknowledged; /* go back to the first byte that was not acknowledged */
        peer.resend_at = platform_ticks() + RESEND_MS * platform_ticks_per_ms();
    }
    while (peer.next - base < peer.to_send && peer.next - peer.acknowledged < peer.window) {
        uint8_t data[MSS];
        uint32_t offset = peer.next - base, length = MSS;

        if (length > peer.to_send - offset)
            length = (uint32_t)(peer.to_send - offset);
        if (length > peer.window - (peer.next - peer.acknowledged))
            length = peer.window - (peer.next - peer.acknowledged);
        for (uint32_t i = 0; i < length; i++)
            data[i] = peer_pattern(offset + i);
        if (peer.next == peer.acknowledged)
            peer.resend_at = platform_ticks() + RESEND_MS * platform_ticks_per_ms();
        peer_segment(PEER_ACK | PEER_PSH, peer.next, peer.expected, NULL, 0, data, length);
        peer.next += length;
    }
}

void peer_open(void)
{
    memset(&peer, 0, sizeof peer);
    memcpy(peer.stack_ip, "\12\0\0\2", sizeof peer.stack_ip);
    peer.iss = 0xFFFFF000u; /* sequence numbers wrap early */
    peer.advertise = 0xFFFF;
    peer.tagged = peer_vlan.id != 0;
    peer.tci = peer_vlan.id;
    peer_got_datagram = NULL;
    wire.sent = on_frame;
    wire.delay_us = 100;
}

/* ---- the world ---- */

static struct arena arena;
static struct nic nic;

static void idle(void)
{
    host_clock_advance_us(500);
    peer_turn();
}

void peer_world_open(unsigned rx_buffers, uint32_t window)
{
    struct net_config config = {.nic = &nic,
                                .arena = &arena,
                                .window = window,
                                .hostname = "unit",
                                .vlan = peer_vlan.id,
                                .vlan_priority = peer_vlan.priority};
    struct net_ipv4 ipv4 = {.address = {10, 0, 0, 2}, .netmask = {255, 255, 255, 0}, .dns = {{10, 0, 0, 1}}};

    host_clock_use_virtual();
    host_random_seed(4711);
    host_idle_hook = idle;
    arena = host_arena_new(8 << 20);
    wire_open(&nic, &arena, rx_buffers, 1500);
    peer_open();
    if (net_open(&config) != OK || net_set_ipv4(&ipv4) != OK)
        __builtin_trap();
}

void peer_world_close(void)
{
    net_close();
    host_idle_hook = NULL;
    host_arena_free(&arena);
}

void peer_world_run(unsigned milliseconds)
{
    deadline_t end = deadline_after_ms(milliseconds);

    while (!deadline_passed(end)) {
        net_poll();
        platform_idle();
    }
}
