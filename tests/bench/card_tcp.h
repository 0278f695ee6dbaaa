/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP for one connection at a time and a network that loses next to nothing: RFC 9293 without timers but one. It takes what
 * comes in order, sends what the peer's window and CARD_IN_FLIGHT allow, and begins again at what is missing. IPv4, both
 * checksums by the card; received ones are not looked at.
 */
#ifndef SANSTRAP_TESTS_CARD_TCP_H
#define SANSTRAP_TESTS_CARD_TCP_H

#include "nicdrv/nic.h"

/* A frame of type ETHERTYPE_IPV4. It stays the caller's. */
void card_tcp_receive(struct nic *nic, const struct nic_frame *frame);

/* Sends what is due; `idle`: nothing was received. */
void card_tcp_move(struct nic *nic, bool idle);

#endif
