/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw card: what a program can have that does nothing but poll it. The feeder (feeder.c), in the network namespace, measures;
 * the machine (card.c, card_tcp.c) obeys. Round trips are frames of type CARD_TYPE, behind whose header the kind and a number
 * stand, big-endian. Streams are TCP from and to the feeder's kernel, so that frames come as a target's do; the machine's side of
 * it is no more than that needs.
 */
#ifndef SANSTRAP_TESTS_CARD_H
#define SANSTRAP_TESTS_CARD_H

#define CARD_TYPE   0x88B5u /* IEEE 802 9.2.4: for experiments */
#define CARD_KIND   14
#define CARD_NUMBER 16 /* 4 bytes */
#define CARD_SHORT  60

#define CARD_TAKES_PORT 1u /* what is sent there is received, and copied to where it could be used */
#define CARD_GIVES_PORT 2u /* whoever connects gets zeros for ever */
#define CARD_SEGMENT    1460u
#define CARD_IN_FLIGHT  448u /* segments without an answer: what 512 descriptors hold, with some to spare */
#define CARD_ACK_EVERY  16u

enum card_kind {
    CARD_PING, /* feeder: to be sent back as it is */
    CARD_STOP, /* feeder: switch off */
};

#endif
