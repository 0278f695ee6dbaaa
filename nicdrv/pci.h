/* SPDX-License-Identifier: BSD-2-Clause */
/* A card's configuration space (PCI Local Bus 3.0 section 6; PCI Bus Power Management Interface 1.2). Private to nicdrv/. */
#ifndef SANSTRAP_NICDRV_PCI_H
#define SANSTRAP_NICDRV_PCI_H

#include "platform/platform.h"

#define PCI_CAPABILITY_POWER   0x01
#define PCI_CAPABILITY_PCIX    0x07
#define PCI_CAPABILITY_EXPRESS 0x10
#define PCIE_LINK_CONTROL      0x10 /* from the capability */
#define PCIE_ASPM_L0S          1u   /* of its bits */
#define PCIE_ASPM_L1           2u

/* Where the capability begins of which `length` bytes are there, a multiple of 4; 0: the card has none. */
uint16_t pci_find_capability(const struct pci_device *device, uint8_t id, uint16_t length);

/* The first BAR of I/O ports that has been given some; 0: there is none. */
unsigned pci_find_port_bar(const struct pci_device *device);

/* Switches these states of the link off on both of its ends, the card's first: PCI Express Base 3.0, 5.4.1.3. */
void pci_disable_aspm(const struct pci_device *device, uint32_t states);

/* Has a PCI-X card read at most 2 KiB at once (PCI-X 2.0, 7.2.3). */
void pci_limit_pcix_reads(const struct pci_device *device);

/*
 * The way to a card: wakes the bridges above it and lets them forward I/O, memory and what the card itself sends. Firmware opens
 * those that it boots over; others stay as a reset leaves them.
 */
void pci_open_path(const struct pci_device *device);

/*
 * Wakes a card or bridge that an operating system has put to sleep (D1 to D3hot; in D3cold it has no power, and answers nothing):
 * 10 ms. It comes out of D3hot as out of a reset, its BARs, windows, bus numbers and command register empty; they get back what
 * they held.
 */
void pci_wake(const struct pci_device *device);

#endif
