/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities and power of a card. */
#include "nicdrv/pci.h"

#define SPACE                  0x100u
#define COMMAND                0x04
#define STATUS_CAPABILITIES    (1u << 20)
#define COMMAND_BITS           0xFFFFu /* the rest of its dword is the status register, in which ones clear */
#define CACHE_LINE             0x0C
#define BARS                   0x10 /* six */
#define BARS_END               0x28
#define CAPABILITIES           0x34
#define CAPABILITY_POINTER     0xFCu /* its two lowest bits are reserved */
#define CAPABILITIES_MOST      48    /* of 4 bytes each, behind the header of 64: more make a loop */
#define POWER_CONTROL          4     /* PMCSR, from its capability */
#define POWER_CONTROL_STATE    3u
#define POWER_CONTROL_WRITABLE 0x7FFFu /* but for PME_Status, which a one clears */
#define WAKE_US                10000   /* section 5.6.1: from D3hot; D2 takes less */

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

    uint32_t bars[(BARS_END - BARS) / 4];
    uint32_t command = platform_pci_read32(device, COMMAND) & COMMAND_BITS, cache_line = platform_pci_read32(device, CACHE_LINE);
    for (uint16_t offset = BARS; offset < BARS_END; offset += 4)
        bars[(offset - BARS) / 4] = platform_pci_read32(device, offset);

    platform_pci_write32(device, at + POWER_CONTROL, control & ~POWER_CONTROL_STATE);
    platform_stall_us(WAKE_US);

    for (uint16_t offset = BARS; offset < BARS_END; offset += 4)
        platform_pci_write32(device, offset, bars[(offset - BARS) / 4]);
    platform_pci_write32(device, CACHE_LINE, cache_line);
    platform_pci_write32(device, COMMAND, command);
}
