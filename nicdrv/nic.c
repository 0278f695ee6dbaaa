/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "nicdrv/e1000.h"
#include "nicdrv/nic.h"

static const struct nic_driver *const drivers[] = {
    &e1000_driver,
};

#define RINGS_MIN 8
#define RINGS_MAX 4096
#define MTU_MIN   576
#define MTU_MAX   9000

const struct nic_driver *nic_probe(const struct pci_device *device)
{
    for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
        if (drivers[i]->probe(device))
            return drivers[i];
    return NULL;
}

static bool ring_size_fits(uint16_t count)
{
    return count >= RINGS_MIN && count <= RINGS_MAX && (count & (count - 1)) == 0;
}

enum status nic_open(struct nic *nic, struct pci_device *device, const struct nic_config *config)
{
    const struct nic_driver *driver = nic_probe(device);
    if (driver == NULL)
        return fail(E_NIC_NONE, "no driver for PCI device %04x:%04x", device->vendor_id, device->device_id);
    if (config->arena == NULL || !ring_size_fits(config->rx_buffers) || !ring_size_fits(config->tx_buffers))
        return fail(E_INVALID_ARGUMENT, "rings of %u and %u buffers; a power of two in %u..%u is expected", config->rx_buffers,
                    config->tx_buffers, RINGS_MIN, RINGS_MAX);
    if (config->mtu < MTU_MIN || config->mtu > MTU_MAX)
        return fail(E_INVALID_ARGUMENT, "MTU %u; %u..%u is expected", config->mtu, MTU_MIN, MTU_MAX);
    nic->driver = driver;
    nic->device = device;
    nic->mtu = config->mtu;
    memset(nic->state, 0, sizeof(nic->state));
    return driver->open(nic, config);
}
