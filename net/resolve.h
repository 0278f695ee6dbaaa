/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses. Private to net/. */
#ifndef SANSTRAP_NET_RESOLVE_H
#define SANSTRAP_NET_RESOLVE_H

#include "net/net.h"

/*
 * `host` is a literal or a DNS name. Pumps until it is answered or `deadline` passes. E_RESOLVE when no server is set, none
 * answers, or the answer is no address that a host can have.
 */
enum status net_resolve(const char *host, struct net_address *address, deadline_t deadline);

#endif
