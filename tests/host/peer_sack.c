/* SPDX-License-Identifier: BSD-2-Clause */
/* How a peer acknowledges that keeps what comes out of order: RFC 2018. */
#include <string.h>

#include "platform/bytes.h"
#include "tests/host/peer.h"

#define BLOCKS_MOST 3u /* beside padding and other options */
#define HEAD        4u /* two NOPs, kind and length */
#define BLOCK       8u

/* The block around what came; what is behind it. */
static uint32_t put_block(uint8_t *to, const struct peer_came *came, uint32_t at)
{
    uint32_t from = at;
    while (came->has(from - 1))
        from--;
    while (came->has(at))
        at++;

    put_be32(to, peer.stack_iss + 1 + from * came->unit);
    put_be32(to + 4, peer.stack_iss + 1 + at * came->unit);
    return at;
}

/* RFC 2018 4: the block with the newest first, then others. */
static unsigned put_blocks(uint8_t *options, const struct peer_came *came, uint32_t newest)
{
    unsigned length = HEAD;
    if (newest > came->missing) {
        put_block(options + length, came, newest);
        length += BLOCK;
    }
    for (uint32_t at = came->missing; at < came->end && length < HEAD + BLOCK * BLOCKS_MOST; at++) {
        if (came->has(at)) {
            at = put_block(options + length, came, at);
            length += BLOCK;
        }
    }

    memcpy(options, (uint8_t[]){1, 1, 5, (uint8_t)(length - 2)}, HEAD);
    return length > HEAD ? length : 0;
}

void peer_acknowledge(const struct peer_came *came, uint32_t newest)
{
    uint8_t options[HEAD + BLOCK * BLOCKS_MOST];
    unsigned length = peer.sack ? put_blocks(options, came, newest) : 0;
    peer_segment(PEER_ACK, peer.next, peer.stack_iss + 1 + came->missing * came->unit, options, length, NULL, 0);
}
