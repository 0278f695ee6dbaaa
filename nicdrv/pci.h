/* SPDX-License-Identifier: BSD-2-Clause */
/* A card's configuration space (PCI Local Bus 3.0 section 6; PCI Bus Power Management Interface 1.2). Private to nicdrv/. */
#ifndef SANSTRAP_NICDRV_PCI_H
#define SANSTRAP_NICDRV_PCI_H

#include "platform/platform.h"

#define PCI_CAPABILITY_POWER   0x01
#define PCI_CAPABILITY_EXPRESS 0x10
#define PCIE_LINK_CONTROL      0x10 /* from the capability */
#define PCIE_LINK_CONTROL_ASPM 3u

/* Where the capability begins of which `length` bytes are there, a multiple of 4; 0: the card has none. */
uint16_t pci_find_capability(const struct pci_device *device, uint8_t id, uint16_t length);

/*
 * Wakes a card that an operating system has put to sleep (D1 to D3hot; in D3cold it has no power, and answers nothing): 10 ms. It
 * comes out of D3hot as out of a reset, its BARs and command register empty; they get back what they held.
 */
void pci_wake(const struct pci_device *device);

#endif
