/* SPDX-License-Identifier: BSD-2-Clause */
/* The host has no PCI device to lend: a driver that asks for one learns that its registers cannot be reached. */
#include "tests/host/host.h"

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    (void)device, (void)offset;
    return UINT32_MAX;
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    (void)device, (void)offset, (void)value;
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    return fail(E_NIC_REGISTERS, "BAR %u of device %04x:%04x: the host lends none", bar, device->vendor_id, device->device_id);
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    (void)device, (void)bar, (void)offset;
    return UINT32_MAX;
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)device, (void)bar, (void)offset, (void)value;
}
