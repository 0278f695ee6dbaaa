/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw card: what a program can have that does nothing but poll it. The feeder (feeder.c), in the network namespace, asks and
 * measures; the machine (card.c) obeys. Ethernet frames of type CARD_TYPE; behind the header the kind and a number, big-endian.
 */
#ifndef SANSTRAP_TESTS_CARD_H
#define SANSTRAP_TESTS_CARD_H

#define CARD_TYPE      0x88B5u /* IEEE 802 9.2.4: for experiments */
#define CARD_KIND      14
#define CARD_NUMBER    16 /* 4 bytes */
#define CARD_SHORT     60
#define CARD_LONG      1514
#define CARD_IN_FLIGHT 220 /* frames without an answer: what 256 descriptors hold, with some to spare */
#define CARD_ACK_EVERY 16

enum card_kind {
    CARD_PING, /* feeder: to be sent back as it is */
    CARD_DATA, /* either: to be counted; the machine copies it to where it could be used */
    CARD_ACK,  /* either: how many of CARD_DATA have come since the last CARD_SEND, or the start */
    CARD_SEND, /* feeder: that many frames of CARD_DATA are wanted, CARD_IN_FLIGHT of them without an answer */
    CARD_STOP, /* feeder: switch off */
};

#endif
