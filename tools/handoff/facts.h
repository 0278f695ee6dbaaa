/* SPDX-License-Identifier: BSD-2-Clause */
/* What both tables tell alike: each adds its members to an object. */
#ifndef SANSTRAP_TOOLS_HANDOFF_FACTS_H
#define SANSTRAP_TOOLS_HANDOFF_FACTS_H

#include "handoff/handoff.h"
#include "tools/handoff/tree.h"

void put_index(struct node *in, unsigned index);
void put_pci(struct node *in, const struct handoff_nic *nic);

/* Address with its prefix and origin, gateway, name servers, DHCP server, host name. */
void put_address(struct node *in, const struct handoff_address *from);

void put_vlan(struct node *in, uint16_t vlan);

/* Name, address and port, LUN. */
void put_portal(struct node *in, const struct handoff_target *target);

/* CHAP, its names and secrets; these but for their length only if `secrets`. */
void put_chap(struct node *in, const struct handoff_target *target, bool secrets);

#endif
