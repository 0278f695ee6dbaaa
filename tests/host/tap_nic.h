/* SPDX-License-Identifier: BSD-2-Clause */
/* A NIC for host programs: a Linux tap device, so that net/ and iscsi/ talk to real servers in a network namespace. */
#ifndef SANSTRAP_TESTS_TAP_NIC_H
#define SANSTRAP_TESTS_TAP_NIC_H

#include "nicdrv/nic.h"

/*
 * Opens tap device `interface` (created beforehand, or here with the privilege to) as `nic`, with config->rx_buffers buffers of
 * the arena. The MAC is config->mac or a fixed locally administered one; it is ours, not the interface's. E_NIC_NONE,
 * E_NIC_MEMORY.
 */
enum status tap_nic_open(struct nic *nic, const char *interface, const struct nic_config *config);

/* Drops one frame in `out_of` sent, and one received, at random; 0 for none. */
void tap_nic_lose(unsigned out_of);

/* How many frames were dropped so. */
unsigned tap_nic_lost(void);

/* Waits until a frame is there, a millisecond at most: for host_idle_hook. */
void tap_nic_wait(void);

#endif
