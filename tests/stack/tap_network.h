/* SPDX-License-Identifier: BSD-2-Clause */
/* net/ on a tap device and a stream of its own, for host programs that shall use the project's whole stack. */
#ifndef SANSTRAP_TESTS_TAP_NETWORK_H
#define SANSTRAP_TESTS_TAP_NETWORK_H

#include "net/net.h"

struct tap_network_settings {
    const char *interface; /* a tap device of this network namespace */
    const char *address;   /* "dhcp", "slaac", or a literal: an IPv4 one is of a /24, an IPv6 one of a /64 */
    unsigned loss;         /* one frame in so many is lost, either way; 0: none */
    unsigned small;        /* not 0: with a crash dump's memory; the address is a literal then */
};

/*
 * Opens the device, starts net/ from `arena`, gets the address and prints it as "address=…". platform_idle() waits for frames
 * from then on. `*stream` is the caller's to give back by tap_network_close().
 */
enum status tap_network_open(struct arena *arena, const struct tap_network_settings *settings, struct stream **stream);
void tap_network_close(struct stream *stream);

#endif
