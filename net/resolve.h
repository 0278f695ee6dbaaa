/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses. Private to net/. */
#ifndef SANSTRAP_NET_RESOLVE_H
#define SANSTRAP_NET_RESOLVE_H

#include "net/net.h"

/* `host` is a literal or a DNS name; pumps until `deadline`. E_RESOLVE. */
enum status net_resolve(const char *host, struct net_address *address, deadline_t deadline);

#endif
