/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer entry: the input is a row of frames, each with two bytes of length before it, that reach a stack with an open
 * connection, an IPv4 and an IPv6 address and a DHCP exchange behind it. Checksums count as verified, so that the parsers behind
 * them are reached.
 */
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
}

/* Takes the next frame of the input out, and puts it on the wire. False at the input's end. */
static bool inject_next(const uint8_t **data, size_t *size)
{
    if (*size <= 2)
        return false;
    unsigned length = get_be16(*data) % WIRE_FRAME;
    *data += 2;
    *size -= 2;
    if (length > *size)
        length = (unsigned)*size;

    uint8_t frame[WIRE_FRAME];
    memcpy(frame, *data, length);
    *data += length;
    *size -= length;
    address_frame(frame, length);
    wire_inject(frame, length);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_ipv6 ipv6 = {.address = {0xFD, 0x77, [15] = 2}, .prefix_length = 64};
    peer_world_open(64, 65536);
    wire.verified = true;
    struct stream *stream = net_stream_new();
    (void)stream->ops->connect(stream, "10.0.0.1", 3260, deadline_after_ms(100));
    (void)net_set_ipv6(&ipv6, deadline_after_ms(1));

    while (inject_next(&data, &size)) {
        uint8_t received[512];
        size_t done;
        peer_world_run(1);
        (void)stream->ops->receive(stream, received, sizeof received, &done);
    }

    peer_world_run(100);
    net_stream_free(stream);
    net_close();
    if (wire.held || wire.starved)
        abort();
    peer_world_close();
    return 0;
}
