/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A NIC whose cable ends in the test: what the stack sends is handed to a function, what the test injects arrives after a delay,
 * unless it is lost, doubled or overtaken. Time is the virtual clock's.
 */
#ifndef SANSTRAP_TESTS_WIRE_H
#define SANSTRAP_TESTS_WIRE_H

#include "nicdrv/nic.h"

#define WIRE_FRAME 1600

struct wire {
    void (*sent)(const uint8_t *frame, unsigned length); /* each frame that the stack sends and that is not lost */
    unsigned loss, reorder, duplicate;                   /* in 1000, either direction */
    uint32_t delay_us;
    bool unplugged;           /* what the card says of its link; frames pass all the same */
    bool verified;            /* arriving frames carry the card's "checksum good" marks */
    unsigned busy;            /* so many sends find the card's ring full */
    unsigned broken;          /* so many sends fail for good */
    unsigned held, held_most; /* receive buffers out of the ring */
    unsigned starved;         /* arrivals that found no buffer */
    unsigned frames_sent;
    unsigned offloaded;    /* of them with a checksum left to the card */
    unsigned rests, wakes; /* how often the card was paused or parked, and resumed */
    unsigned waiting;      /* frames that the card has not been told of; they have left all the same */
    unsigned oversized;    /* frames sent that were longer than the MTU allows, an 802.1Q tag aside */
};
extern struct wire wire;

/* Set before wire_open(): the card offers to compute checksums, and does what is asked of it, as the data sheets have it. */
extern bool wire_offloads;

/* Prepares `nic` with a ring of so many buffers, and resets `wire`. */
void wire_open(struct nic *nic, struct arena *arena, unsigned rx_buffers, uint16_t mtu);

/* What the stack has told the card to be. */
bool wire_is_parked(void);
bool wire_is_paused(void);

/* Puts a frame on its way to the stack. */
void wire_inject(const void *frame, unsigned length);

#endif
