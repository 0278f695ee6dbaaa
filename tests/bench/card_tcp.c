/* SPDX-License-Identifier: BSD-2-Clause */
/* See card_tcp.h. */
#include "tests/bench/card_tcp.h"

#include <string.h>

#include "platform/bytes.h"
#include "platform/frame.h"
#include "platform/platform.h"
#include "tests/bench/card.h"

/* RFC 9293 3.1, RFC 7323 2.2 */
#define SOURCE_PORT      0
#define DESTINATION_PORT 2
#define SEQUENCE         4
#define ACKNOWLEDGMENT   8
#define DATA_OFFSET      12
#define FLAGS            13
#define WINDOW           14
#define FIN              0x01u
#define SYN              0x02u
#define RST              0x04u
#define ACK              0x10u
#define OPTION_END       0
#define OPTION_NOP       1
#define OPTION_MSS       2
#define OPTION_SCALE     3
#define SYN_OPTIONS      8u
#define OUR_SCALE        4

#define IP_HEADER   ETHERNET_HEADER
#define TCP         (ETHERNET_HEADER + IPV4_HEADER)
#define HEADERS     (TCP + TCP_HEADER)
#define DUPLICATES  3
#define RESEND_MS   100
#define FIRST       1000u /* our sequence number */
#define STREAM_SIZE (64 * KIB)

static struct {
    bool open, gives;
    uint8_t scale;                /* the peer's */
    uint32_t next, told;          /* expected of the peer; what it was told of that */
    uint32_t sent, acked, window; /* of ours: the next to leave, what has arrived, how much the peer takes behind it */
    uint32_t highest, again;      /* `sent` at most; what is resent ends there, and what is doubled by that is no loss */
    unsigned duplicates;
    deadline_t resend;
} peer;

static uint8_t header[HEADERS + SYN_OPTIONS]; /* of all that we send: only numbers change */
static uint8_t stream[STREAM_SIZE + CARD_SEGMENT];
static const uint8_t zeros[CARD_SEGMENT];

static bool put(struct nic *nic, uint8_t flags, uint32_t sequence, uint16_t length)
{
    bool syn = flags & SYN;
    uint16_t size = TCP_HEADER + (syn ? SYN_OPTIONS : 0);
    uint32_t window = CARD_IN_FLIGHT * CARD_SEGMENT >> (syn ? 0 : OUR_SCALE);
    put_be16(header + IP_HEADER + IPV4_TOTAL_LENGTH, IPV4_HEADER + size + length);
    put_be32(header + TCP + SEQUENCE, sequence);
    put_be32(header + TCP + ACKNOWLEDGMENT, peer.next);
    header[TCP + DATA_OFFSET] = (uint8_t)(size / 4 << 4);
    header[TCP + FLAGS] = flags;
    put_be16(header + TCP + WINDOW, window > UINT16_MAX ? UINT16_MAX : window);

    uint32_t sum = PROTOCOL_TCP + size + length;
    for (unsigned i = 0; i < 8; i += 2)
        sum += get_be16(header + IP_HEADER + IPV4_SOURCE + i);
    while (sum > UINT16_MAX)
        sum = (sum >> 16) + (sum & UINT16_MAX);
    put_be16(header + TCP + TCP_CHECKSUM, sum);

    struct nic_span spans[] = {{header, (uint16_t)(TCP + size)}, {zeros, length}};
    struct nic_offload offload = {
        .ip_checksum = true, .l4_checksum = true, .ip_header = IP_HEADER, .l4_header = TCP, .l4_field = TCP + TCP_CHECKSUM};
    return nic_send(nic, spans, length ? 2 : 1, &offload) == OK;
}

static void acknowledge(struct nic *nic)
{
    if (put(nic, ACK, peer.sent, 0))
        peer.told = peer.next;
}

static uint8_t scale_of(const uint8_t *options, size_t length)
{
    for (size_t at = 0; at < length && options[at] != OPTION_END;) {
        if (options[at] == OPTION_NOP) {
            at++;
            continue;
        }
        if (length - at < 2 || options[at + 1] < 2 || options[at + 1] > length - at)
            break;
        if (options[at] == OPTION_SCALE && options[at + 1] == 3)
            return options[at + 2] > 14 ? 14 : options[at + 2];
        at += options[at + 1];
    }
    return 0;
}

/* A connection takes the place of the one before. */
static void accept(struct nic *nic, const uint8_t *frame, size_t options)
{
    const uint8_t *tcp = frame + TCP;
    memset(&peer, 0, sizeof peer);
    memset(header, 0, sizeof header);
    memcpy(header + ETHERNET_DESTINATION, frame + ETHERNET_SOURCE, NIC_MAC_LENGTH);
    memcpy(header + ETHERNET_SOURCE, nic->mac, NIC_MAC_LENGTH);
    put_be16(header + ETHERNET_TYPE, ETHERTYPE_IPV4);
    header[IP_HEADER] = 0x45;
    header[IP_HEADER + 8] = 64; /* time to live */
    header[IP_HEADER + IPV4_PROTOCOL] = PROTOCOL_TCP;
    memcpy(header + IP_HEADER + IPV4_SOURCE, frame + IP_HEADER + IPV4_DESTINATION, 4);
    memcpy(header + IP_HEADER + IPV4_DESTINATION, frame + IP_HEADER + IPV4_SOURCE, 4);
    memcpy(header + TCP + SOURCE_PORT, tcp + DESTINATION_PORT, 2);
    memcpy(header + TCP + DESTINATION_PORT, tcp + SOURCE_PORT, 2);
    static const uint8_t ours[SYN_OPTIONS] = {OPTION_MSS,   4, CARD_SEGMENT >> 8, CARD_SEGMENT & 0xFF, OPTION_NOP,
                                              OPTION_SCALE, 3, OUR_SCALE};
    memcpy(header + HEADERS, ours, sizeof ours);

    peer.scale = scale_of(tcp + TCP_HEADER, options);
    peer.gives = get_be16(tcp + DESTINATION_PORT) == CARD_GIVES_PORT;
    peer.next = peer.told = get_be32(tcp + SEQUENCE) + 1;
    peer.sent = peer.acked = peer.highest = peer.again = FIRST + 1;
    put(nic, SYN | ACK, FIRST, 0);
}

static void begin_again(void)
{
    peer.again = peer.highest;
    peer.sent = peer.acked;
    peer.resend = deadline_after_ms(RESEND_MS);
}

static void take_acknowledgment(const uint8_t *tcp, size_t length)
{
    uint32_t acknowledged = get_be32(tcp + ACKNOWLEDGMENT), window = (uint32_t)get_be16(tcp + WINDOW) << peer.scale;

    if (acknowledged == peer.acked && window == peer.window && length == 0 && peer.sent != peer.acked) {
        if (++peer.duplicates == DUPLICATES && (int32_t)(peer.acked - peer.again) >= 0)
            begin_again();
    } else if (acknowledged - peer.acked <= CARD_IN_FLIGHT * CARD_SEGMENT) {
        peer.duplicates = acknowledged == peer.acked ? peer.duplicates : 0;
        peer.acked = acknowledged;
        if ((int32_t)(peer.sent - peer.acked) < 0)
            peer.sent = peer.acked; /* what went before the beginning again */
        peer.resend = deadline_after_ms(RESEND_MS);
    }
    peer.window = window;
    peer.open = true;
}

void card_tcp_receive(struct nic *nic, const struct nic_frame *frame)
{
    const uint8_t *ip = frame->bytes + IP_HEADER, *tcp = frame->bytes + TCP;
    if (frame->length < HEADERS || ip[0] != 0x45 || ip[IPV4_PROTOCOL] != PROTOCOL_TCP)
        return;
    size_t total = get_be16(ip + IPV4_TOTAL_LENGTH), size = tcp[DATA_OFFSET] >> 4 << 2;
    if (total > frame->length - ETHERNET_HEADER || size < TCP_HEADER || total < IPV4_HEADER + size)
        return;

    uint8_t flags = tcp[FLAGS];
    size_t length = total - IPV4_HEADER - size;
    if (flags & SYN) {
        accept(nic, frame->bytes, size - TCP_HEADER);
        return;
    }
    if (flags & RST || memcmp(tcp, header + TCP + DESTINATION_PORT, 2) != 0) {
        peer.open = false;
        return;
    }

    take_acknowledgment(tcp, length);
    if (get_be32(tcp + SEQUENCE) != peer.next) {
        acknowledge(nic);
        return;
    }
    if (length <= CARD_SEGMENT)
        memcpy(stream + peer.next % STREAM_SIZE, tcp + size, length);
    peer.next += (uint32_t)length;
    if (flags & FIN) {
        peer.next++;
        peer.open = false;
        acknowledge(nic);
    }
}

void card_tcp_move(struct nic *nic, bool idle)
{
    if (!peer.open)
        return;
    uint32_t untold = peer.next - peer.told;
    if (untold >= CARD_ACK_EVERY * CARD_SEGMENT || (idle && untold))
        acknowledge(nic);
    if (!peer.gives)
        return;

    if (peer.sent != peer.acked && deadline_passed(peer.resend))
        begin_again();
    uint32_t room = peer.window < CARD_IN_FLIGHT * CARD_SEGMENT ? peer.window : CARD_IN_FLIGHT * CARD_SEGMENT;
    while (peer.sent - peer.acked + CARD_SEGMENT <= room && put(nic, ACK, peer.sent, CARD_SEGMENT)) {
        if (peer.sent == peer.acked)
            peer.resend = deadline_after_ms(RESEND_MS);
        peer.sent += CARD_SEGMENT;
        if ((int32_t)(peer.sent - peer.highest) > 0)
            peer.highest = peer.sent;
    }
}
