/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a card away from Linux's DMA: attaches it to an IOMMU domain of its own, as VFIO does for a virtual machine. */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *card;
module_param(card, charp, 0444);
static struct iommu_domain *domain;
static struct device *device;

static int __init owner_start(void)
{
    device = bus_find_device_by_name(&pci_bus_type, NULL, card);
    if (!device)
        return -ENODEV;
    domain = iommu_domain_alloc(&pci_bus_type);
    int error = domain ? iommu_attach_device(domain, device) : -ENOMEM;
    if (error && domain)
        iommu_domain_free(domain);
    if (error)
        put_device(device);
    return error;
}

static void __exit owner_stop(void)
{
    iommu_detach_device(domain, device);
    iommu_domain_free(domain);
    put_device(device);
}

module_init(owner_start);
module_exit(owner_stop);
MODULE_LICENSE("Dual BSD/GPL");
