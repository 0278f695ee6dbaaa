/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities and power of a card, and the bridges above it. */
#include "nicdrv/pci.h"

#define SPACE                  0x100u
#define COMMAND                0x04
#define STATUS_CAPABILITIES    (1u << 20)
#define COMMAND_BITS           0xFFFFu /* the rest of its dword is the status register, in which ones clear */
#define COMMAND_FORWARD        7u      /* I/O, memory, bus master */
#define KEPT                   0x0C    /* cache line, BARs; of a bridge also bus numbers, windows and control */
#define KEPT_END               0x40
#define BARS                   0x10 /* six */
#define BARS_END               0x28
#define BAR_IO                 1u
#define BAR_PORT               0xFFFCu
#define CAPABILITIES           0x34
#define CAPABILITY_POINTER     0xFCu /* its two lowest bits are reserved */
#define CAPABILITIES_MOST      48    /* of 4 bytes each, behind the header of 64: more make a loop */
#define POWER_CONTROL          4     /* PMCSR, from its capability */
#define POWER_CONTROL_STATE    3u
#define POWER_CONTROL_WRITABLE 0x7FFFu    /* but for PME_Status, which a one clears */
#define PCIX_READS             (3u << 18) /* in the upper half of its first dword: 512 bytes shifted so far */
#define PCIX_READS_2_KIB       (2u << 18)
#define WAKE_US                10000 /* section 5.6.1: from D3hot; D2 takes less */

uint16_t pci_find_capability(const struct pci_device *device, uint8_t id, uint16_t length)
{
    if (!(platform_pci_read32(device, COMMAND) & STATUS_CAPABILITIES))
        return 0;

    unsigned at = platform_pci_read32(device, CAPABILITIES) & CAPABILITY_POINTER;
    for (unsigned hops = 0; at != 0 && hops < CAPABILITIES_MOST; hops++) {
        uint32_t header = platform_pci_read32(device, (uint16_t)at);
        if ((header & 0xFF) == id)
            return at + length <= SPACE ? (uint16_t)at : 0;
        at = header >> 8 & CAPABILITY_POINTER;
    }
    return 0;
}

void pci_wake(const struct pci_device *device)
{
    uint16_t at = pci_find_capability(device, PCI_CAPABILITY_POWER, POWER_CONTROL + 4);
    uint32_t control = at ? platform_pci_read32(device, at + POWER_CONTROL) & POWER_CONTROL_WRITABLE : 0;
    if (!(control & POWER_CONTROL_STATE))
        return;

    uint32_t kept[(KEPT_END - KEPT) / 4], command = platform_pci_read32(device, COMMAND) & COMMAND_BITS;
    for (uint16_t offset = KEPT; offset < KEPT_END; offset += 4)
        kept[(offset - KEPT) / 4] = platform_pci_read32(device, offset);

    platform_pci_write32(device, at + POWER_CONTROL, control & ~POWER_CONTROL_STATE);
    platform_stall_us(WAKE_US);

    for (uint16_t offset = KEPT; offset < KEPT_END; offset += 4)
        platform_pci_write32(device, offset, kept[(offset - KEPT) / 4]);
    platform_pci_write32(device, COMMAND, command);
}

void pci_open_path(const struct pci_device *device)
{
    const struct pci_device *bridge = device->above;
    if (!bridge)
        return;

    pci_open_path(bridge); /* from the top: behind a bridge that sleeps nothing answers */
    pci_wake(bridge);
    uint32_t command = platform_pci_read32(bridge, COMMAND) & COMMAND_BITS;
    if ((command & COMMAND_FORWARD) != COMMAND_FORWARD)
        platform_pci_write32(bridge, COMMAND, command | COMMAND_FORWARD);
}

unsigned pci_find_port_bar(const struct pci_device *device)
{
    for (uint16_t offset = BARS + 4; offset < BARS_END; offset += 4) {
        uint32_t bar = platform_pci_read32(device, offset);
        if (bar & BAR_IO && bar & BAR_PORT)
            return (offset - BARS) / 4;
    }
    return 0;
}

void pci_disable_aspm(const struct pci_device *device, uint32_t states)
{
    const struct pci_device *ends[] = {device, device->above};
    for (unsigned i = 0; i < 2 && ends[i]; i++) {
        uint16_t at = pci_find_capability(ends[i], PCI_CAPABILITY_EXPRESS, PCIE_LINK_CONTROL + 4);
        uint32_t control = at ? platform_pci_read32(ends[i], at + PCIE_LINK_CONTROL) & 0xFFFF : 0; /* above it is status */
        if (control & states)
            platform_pci_write32(ends[i], at + PCIE_LINK_CONTROL, control & ~states);
    }
}

void pci_limit_pcix_reads(const struct pci_device *device)
{
    uint16_t at = pci_find_capability(device, PCI_CAPABILITY_PCIX, 8);
    uint32_t control = at ? platform_pci_read32(device, at) : 0;
    if ((control & PCIX_READS) > PCIX_READS_2_KIB)
        platform_pci_write32(device, at, (control & ~PCIX_READS) | PCIX_READS_2_KIB);
}
