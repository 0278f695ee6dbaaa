/* SPDX-License-Identifier: BSD-2-Clause */
/* Which driver a card needs, and what holds for the cards of all of them. */
#include "nicdrv/nic.h"

#include <string.h>

#include "nicdrv/drivers.h"
#include "nicdrv/pci.h"

static const struct nic_driver *const drivers[] = {NIC_DRIVERS};

const struct nic_driver *nic_probe(const struct pci_device *device)
{
    for (unsigned i = 0; i < sizeof drivers / sizeof *drivers; i++)
        if (drivers[i]->probe(device))
            return drivers[i];
    return NULL;
}

size_t nic_arena_size(const struct pci_device *device, const struct nic_config *config)
{
    const struct nic_driver *driver = nic_probe(device);
    return driver ? driver->arena_size(config) : 0;
}

void nic_silence(struct pci_device *device)
{
    nic_probe(device)->silence(device);
}

enum status nic_open(struct nic *nic, struct pci_device *device, const struct nic_config *config)
{
    const struct nic_driver *driver = nic_probe(device);
    if (!driver)
        return fail(E_NIC_NONE, "no driver for PCI device %04x:%04x", device->vendor_id, device->device_id);
    if (!config->arena || !nic_count_is_valid(config->rx_buffers) || !nic_count_is_valid(config->tx_buffers))
        return fail(E_INVALID_ARGUMENT, "%u receive and %u transmit buffers; %u..%u are expected", config->rx_buffers,
                    config->tx_buffers, NIC_BUFFERS_MIN, NIC_BUFFERS_MAX);
    if (!nic_mtu_is_valid(config->mtu))
        return fail(E_INVALID_ARGUMENT, "MTU %u; %u..%u is expected", config->mtu, NIC_MTU_MIN, NIC_MTU_MAX);

    nic->driver = driver;
    nic->device = device;
    nic->mtu = config->mtu;
    memset(nic->state, 0, sizeof nic->state);
    pci_open_path(device);
    pci_wake(device);
    return driver->open(nic, config);
}
