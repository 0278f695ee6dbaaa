/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware's device path says of the network it booted us from. Pure: knows bytes, no firmware. */
#ifndef SANSTRAP_EFI_BOOT_PATH_H
#define SANSTRAP_EFI_BOOT_PATH_H

#include "handoff/handoff.h"

/*
 * Fills *address as machine->boot_path has it (loader/loader.h) from the Vlan, IPv4, IPv6 and DNS nodes (UEFI 2.10, 10.3.4). A
 * node of another length than the specification's, an address that is no host's, and one by DHCP or from a router count for
 * nothing. False when no VLAN and no static address is left, or `path` is NULL.
 */
bool boot_path_read(const void *path, struct handoff_address *address);

#endif
