/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer entry: the input is a row of frames, each with two bytes of length before it, that reach a stack with an open
 * connection, a name that is looked up, an IPv4 and an IPv6 address and a DHCP exchange behind it. Checksums count as verified,
 * so that the parsers behind them are reached. Where the length's highest bit is set, an IPv4 frame comes in pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/connect.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IDENTIFIER 4 /* in an IPv4 header; here it also says how the frame is cut up */
#define FRAGMENT   6
#define MORE       0x2000u
#define FRAGMENT6  44 /* the next header's number */

#define DNS        53
#define DNS_NUMBER (ETHERNET_HEADER + IPV4_HEADER + UDP_HEADER)

static uint8_t question[512]; /* the last one to the DNS server, */
static unsigned question_length;
static uint16_t question_port; /* and from where it came */

static void keep_question(uint16_t from, uint16_t to, const uint8_t *data, unsigned length)
{
    if (to != DNS || length > sizeof question)
        return;
    memcpy(question, data, length);
    question_length = length;
    question_port = from;
}

static void (*peer_hears)(const uint8_t *frame, unsigned length);

/* Whoever is asked for is there: a router that advertises itself must be. */
static void answer_solicitations(const uint8_t *frame, unsigned length)
{
    static const uint8_t all_nodes[16] = {0xFF, 2, [15] = 1};
    const uint8_t *target = frame + ETHERNET_HEADER + IPV6_HEADER + 8;
    if (length >= ETHERNET_HEADER + IPV6_HEADER + 24 && peer_is_solicitation(frame, length, target))
        peer_advertise(target, all_nodes, peer.mac, false);
    peer_hears(frame, length);
}

/* What comes from the server's port answers the question: number, port and name need not be found, either. */
static void address_answer(uint8_t *frame, unsigned length)
{
    uint8_t *ip = frame + ETHERNET_HEADER, *udp = ip + IPV4_HEADER;
    if (length < DNS_NUMBER + question_length || question_length == 0 || get_be16(frame + ETHERNET_TYPE) != ETHERTYPE_IPV4 ||
        ip[IPV4_PROTOCOL] != PROTOCOL_UDP || get_be16(udp) != DNS)
        return;
    put_be16(udp + 2, question_port);
    memcpy(frame + DNS_NUMBER, question, 2);
    memcpy(frame + DNS_NUMBER + 12, question + 12, question_length - 12);
}

/* What an honest frame to us begins with: the fuzzer need not find the addresses. */
static void address_frame(uint8_t *frame, unsigned length)
{
    static const uint8_t us[6] = {0x02, 0, 0, 0, 0, 0x01};
    uint8_t *ip = frame + ETHERNET_HEADER;

    if (length < ETHERNET_HEADER + IPV4_HEADER)
        return;
    memcpy(frame, us, sizeof us);
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV4) {
        memcpy(ip + IPV4_SOURCE, "\12\0\0\1\12\0\0\2", 8);
        put_be16(ip + IPV4_TOTAL_LENGTH, length - ETHERNET_HEADER);
    }
    if (get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV6 && length > ETHERNET_HEADER + IPV6_HEADER &&
        ip[IPV6_NEXT_HEADER] == FRAGMENT6) {
        put_be16(ip + IPV6_PAYLOAD_LENGTH, length - ETHERNET_HEADER - IPV6_HEADER);
        memset(ip + IPV6_DESTINATION, 0, 16);
        put_be16(ip + IPV6_DESTINATION, 0xFD77);
        ip[IPV6_DESTINATION + 15] = 2;
    }
}

/* Bytes from..to of what is behind the IP header. */
static void inject_piece(const uint8_t *frame, unsigned from, unsigned to, bool more)
{
    uint8_t piece[WIRE_FRAME], *ip = piece + ETHERNET_HEADER;
    memcpy(piece, frame, ETHERNET_HEADER + IPV4_HEADER);
    ip[0] = 0x45;
    memcpy(ip + IPV4_HEADER, frame + ETHERNET_HEADER + IPV4_HEADER + from, to - from);
    put_be16(ip + IPV4_TOTAL_LENGTH, IPV4_HEADER + to - from);
    put_be16(ip + FRAGMENT, from / 8 | (more ? MORE : 0));
    wire_inject(piece, ETHERNET_HEADER + IPV4_HEADER + to - from);
}

/* In two pieces or three, in order or not, overlapping or not. */
static void inject_pieces(const uint8_t *frame, unsigned length)
{
    unsigned payload = length - ETHERNET_HEADER - IPV4_HEADER;
    unsigned way = frame[ETHERNET_HEADER + IDENTIFIER];
    unsigned first = frame[ETHERNET_HEADER + IDENTIFIER + 1] * 8u % payload & ~7u;
    unsigned second = way & 1 ? first + (payload - first) / 16 * 8 : first;
    unsigned begin = way & 2 && second >= 8 ? second - 8 : second;

    if (way & 4)
        inject_piece(frame, begin, payload, false);
    inject_piece(frame, 0, first, true);
    if (second > first)
        inject_piece(frame, first, second, true);
    if (!(way & 4))
        inject_piece(frame, begin, payload, false);
}

/* Takes the next frame of the input out, and puts it on the wire. False at the input's end. */
static bool inject_next(const uint8_t **data, size_t *size)
{
    if (*size <= 2)
        return false;
    unsigned length = (get_be16(*data) & 0x7FFF) % WIRE_FRAME;
    bool cut = (*data)[0] & 0x80;
    *data += 2;
    *size -= 2;
    if (length > *size)
        length = (unsigned)*size;

    uint8_t frame[WIRE_FRAME];
    memcpy(frame, *data, length);
    *data += length;
    *size -= length;
    address_frame(frame, length);
    address_answer(frame, length);
    if (cut && length > ETHERNET_HEADER + IPV4_HEADER && get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_IPV4)
        inject_pieces(frame, length);
    else
        wire_inject(frame, length);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_ipv6 ipv6 = {.address = {0xFD, 0x77, [15] = 2}, .prefix_length = 64};
    peer_world_open(64, 65536);
    wire.verified = true;
    question_length = 0;
    peer_got_datagram = keep_question;
    struct stream *stream = net_stream_new(peer_network), *named = net_stream_new(peer_network);
    (void)host_connect(stream, "10.0.0.1", 3260, deadline_after_ms(100));
    (void)net_set_ipv6(peer_network, &ipv6, deadline_after_ms(1));
    peer_hears = wire.sent;
    wire.sent = answer_solicitations;

    enum status looking = named->ops->connect(named, "target.example", 3260, deadline_after_ms(1000));
    while (inject_next(&data, &size)) {
        bool open = false;
        if (looking == OK)
            looking = named->ops->opened(named, &open);
        peer_world_run(1);
        uint8_t received[512];
        size_t done;
        (void)stream->ops->receive(stream, received, sizeof received, &done);
    }

    peer_world_run(100);
    net_stream_free(named);
    net_stream_free(stream);
    net_close(peer_network);
    if (wire.held || wire.starved)
        abort();
    peer_world_close();
    return 0;
}
