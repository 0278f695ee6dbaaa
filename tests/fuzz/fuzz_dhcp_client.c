/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: a DHCP server that answers with the input. Each answer has two bytes of length and one that says which fields of its
 * header are put right, so that the fuzzer need not find transaction number and options that must be there; what is left over
 * when the lease is there, or time is over, are the answers to its renewals.
 */
#include <stdlib.h>
#include <string.h>

#include "net/dhcp_options.h"
#include "platform/bytes.h"
#include "tests/host/host.h"
#include "tests/host/peer.h"

#define ANSWER_MAX 1400
#define ROUNDS     40 /* of renewals */

enum { RIGHT_HEADER = 1, RIGHT_ADDRESS = 2, RIGHT_TYPE = 4, RIGHT_SERVER = 8, AS_NAK = 16, LATE = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_left;

static void put_right(uint8_t *reply, unsigned length, const uint8_t *request, uint8_t what)
{
    static const uint8_t header[3] = {2, 1, 6}, cookie[4] = {99, 130, 83, 99};
    bool discover = request[DHCP_OPTIONS_START + 2] == DHCP_TYPE_DISCOVER;
    uint8_t type = what & AS_NAK ? DHCP_TYPE_NAK : discover ? DHCP_TYPE_OFFER : DHCP_TYPE_ACK;

    if (what & RIGHT_HEADER && length >= DHCP_OPTIONS_START) {
        memcpy(reply, header, sizeof header);
        memcpy(reply + DHCP_AT_XID, request + DHCP_AT_XID, 4);
        memcpy(reply + DHCP_AT_CHADDR, request + DHCP_AT_CHADDR, 16);
        memcpy(reply + DHCP_AT_COOKIE, cookie, sizeof cookie);
    }
    if (what & RIGHT_ADDRESS && length >= DHCP_OPTIONS_START)
        memcpy(reply + DHCP_AT_YIADDR, "\12\0\0\2", 4);
    if (what & RIGHT_TYPE && length >= DHCP_OPTIONS_START + 3)
        memcpy(reply + DHCP_OPTIONS_START, (uint8_t[]){DHCP_MESSAGE_TYPE, 1, type}, 3);
    if (what & RIGHT_SERVER && length >= DHCP_OPTIONS_START + 9)
        memcpy(reply + DHCP_OPTIONS_START + 3, (uint8_t[]){DHCP_SERVER_ID, 4, 10, 0, 0, 1}, 6);
}

/* The next piece of the input, as the answer to what was sent. */
static void serve(uint16_t from, uint16_t to, const uint8_t *request, unsigned request_length)
{
    if (from != 68 || to != 67 || request_length < DHCP_OPTIONS_START + 3 || input_left < 3)
        return;

    unsigned length = get_be16(input) % ANSWER_MAX;
    uint8_t what = input[2], reply[ANSWER_MAX];
    input += 3;
    input_left -= 3;
    if (length > input_left)
        length = (unsigned)input_left;
    memcpy(reply, input, length);
    input += length;
    input_left -= length;

    put_right(reply, length, request, what);
    if (what & LATE)
        host_clock_advance_us(5000000);
    peer_datagram(67, 68, reply, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct net_dhcp_request request = {.user_class = "fuzz"};
    static struct net_lease lease;

    host_log_level = LOG_ERROR;
    peer_world_open(64, 65536);
    wire.verified = true;
    peer_got_datagram = serve;
    input = data;
    input_left = size;
    if (net_dhcp(peer_network, &request, &lease, deadline_after_ms(3000)) == OK &&
        (lease.ipv4.address[0] == 0 || lease.message_length < DHCP_OPTIONS_START))
        abort();

    for (unsigned i = 0; i < ROUNDS && input_left > 3; i++) {
        host_clock_advance_us(i % 2 ? 100000000 : 3000000000);
        peer_world_run(20);
    }
    if (wire.held || wire.starved || wire.oversized)
        abort();
    peer_world_close();
    return 0;
}
