/* SPDX-License-Identifier: BSD-2-Clause */
/* What both tables tell alike: each adds its members to the object `in`. */
#ifndef SANSTRAP_TOOLS_HANDOFF_FACTS_H
#define SANSTRAP_TOOLS_HANDOFF_FACTS_H

#include "handoff/handoff.h"
#include "tools/common/tree.h"

void facts_add_index(struct node *in, unsigned index);

/* Segment, bus, device, function. */
void facts_add_pci(struct node *in, const struct handoff_nic *nic);

/* Address with its prefix and origin, gateway, name servers, DHCP server, host name. */
void facts_add_address(struct node *in, const struct handoff_address *from);

/* 0: untagged. */
void facts_add_vlan(struct node *in, uint16_t vlan);

/* Name, address and port, LUN. */
void facts_add_portal(struct node *in, const struct handoff_target *target);

/* CHAP, its names and secrets; these but for their length only if `secrets`. */
void facts_add_chap(struct node *in, const struct handoff_target *target, bool secrets);

#endif
