/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS messages (RFC 1035 4, RFC 3596): the one question that we ask, and what an answer says to it. Private to net/. */
#ifndef SANSTRAP_NET_DNS_MESSAGE_H
#define SANSTRAP_NET_DNS_MESSAGE_H

#include "net/net.h"

#define DNS_PORT          53
#define DNS_ADDRESSES     4              /* of a name, that are read; more are left out */
#define DNS_QUESTION_SIZE (12 + 255 + 4) /* the longest: header, name, type and class */

enum { DNS_NO_ERROR = 0, DNS_NO_SUCH_NAME = 3 }; /* RCODE */

struct dns_answer {
    uint8_t rcode; /* another than these two: the server cannot say */
    bool unusable; /* there are addresses that no host can have */
    unsigned count;
    struct net_address addresses[DNS_ADDRESSES]; /* in the server's order, each once */
};

/*
 * Asks for the addresses of `family`, 4 or 6, that `host` has. Returns the question's length; 0 when no name looks like that
 * (labels of 1 to 63 characters, 253 in all; a dot at its end does not count).
 */
unsigned dns_write_question(uint8_t question[DNS_QUESTION_SIZE], uint16_t id, const char *host, uint8_t family);

/* Reads a message as the answer to `question`. False when it is none, or cannot be read: a better one may come. */
bool dns_read_answer(const uint8_t *message, unsigned length, const uint8_t *question, unsigned question_length,
                     struct dns_answer *answer);

#endif
