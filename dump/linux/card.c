/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card: found and held against the table while the kernel lives, its registers mapped then. After a crash its configuration
 * space is reached by ports CF8h and CFCh, as the kernel's way takes a lock that a stopped CPU may hold.
 */
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#include "dump/linux/home.h"
#include "platform/format.h"

#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA    0xCFC
#define CONFIG_ENABLE  (1u << 31)
#define BAR_BASE(bar)  (PCI_BASE_ADDRESS_0 + 4 * (bar))
#define WAKE_UP_US     10000 /* from D3hot: PCI Bus Power Management 1.2, 5.4 */

static struct {
    struct pci_dev *device;
    uint8_t __iomem *registers;
    size_t size;
    uint32_t bars[2]; /* BAR 0 as it was, and BAR 1, which is its upper half when it has 64 bits */
} card;

/* ---- while the kernel lives ---- */

/* The network interface of a card; NULL when no driver has made one. The caller holds rtnl_lock(). */
static struct net_device *interface_of(const struct pci_dev *device)
{
    struct net_device *interface;
    for_each_netdev(&init_net, interface) if (interface->dev.parent == &device->dev) return interface;
    return NULL;
}

static bool mac_is(const struct table_facts *facts)
{
    rtnl_lock();
    const struct net_device *interface = interface_of(card.device);
    bool same =
        !interface || !memcmp(interface->dev_addr, facts->mac, ETH_ALEN) || !memcmp(interface->perm_addr, facts->mac, ETH_ALEN);
    if (!interface)
        home_note("no driver of Linux's has the card, so that its MAC address was not compared");
    rtnl_unlock();
    return same;
}

/* An IOMMU that leads the card elsewhere than to memory of ours: it belongs to a virtual machine, or to a program. */
static bool iommu_serves(void)
{
    struct iommu_domain *domain = iommu_get_domain_for_dev(&card.device->dev);
    return !domain || domain->type == IOMMU_DOMAIN_IDENTITY || (domain->type & __IOMMU_DOMAIN_DMA_API);
}

static bool resources_are(const struct table_facts *facts)
{
    if (!(pci_resource_flags(card.device, 0) & IORESOURCE_MEM) || !pci_resource_len(card.device, 0))
        return home_refuse("card %s has no registers in memory", pci_name(card.device));
    if (facts->registers && facts->registers != pci_resource_start(card.device, 0))
        return home_refuse("card %s has its registers at %#llx, by the table at %#llx: its resources were moved",
                           pci_name(card.device), (unsigned long long)pci_resource_start(card.device, 0),
                           (unsigned long long)facts->registers);
    return true;
}

static bool is_the_tables(const struct table_facts *facts)
{
    const struct pci_dev *device = card.device;
    if (facts->vendor_id &&
        (facts->vendor_id != device->vendor || facts->device_id != device->device ||
         facts->subsystem_vendor_id != device->subsystem_vendor || facts->subsystem_id != device->subsystem_device))
        return home_refuse("card %s is %04x:%04x (%04x:%04x), by the table %04x:%04x (%04x:%04x)", pci_name(device),
                           device->vendor, device->device, device->subsystem_vendor, device->subsystem_device, facts->vendor_id,
                           facts->device_id, facts->subsystem_vendor_id, facts->subsystem_id);
    if (!mac_is(facts))
        return home_refuse("card %s has another MAC address than the table's %pM", pci_name(device), facts->mac);
    if (!iommu_serves())
        return home_refuse("card %s is behind an IOMMU that somebody else has set up", pci_name(device));
    return resources_are(facts);
}

bool card_find(const struct table_facts *facts, struct pci_device *device)
{
    if (facts->segment)
        return home_refuse("the card is in PCI segment %u, which ports CF8h and CFCh do not reach", facts->segment);
    card.device = pci_get_domain_bus_and_slot(0, facts->bus, PCI_DEVFN(facts->device, facts->function));
    if (!card.device)
        return home_refuse("there is no card at PCI location %02x:%02x.%x, which the table names", facts->bus, facts->device,
                           facts->function);
    if (!is_the_tables(facts))
        return false;

    card.size = pci_resource_len(card.device, 0);
    card.registers = ioremap(pci_resource_start(card.device, 0), card.size);
    if (!card.registers)
        return home_refuse("the registers of card %s cannot be mapped", pci_name(card.device));
    for (unsigned bar = 0; bar < ARRAY_SIZE(card.bars); bar++)
        pci_read_config_dword(card.device, BAR_BASE(bar), &card.bars[bar]);

    *device = (struct pci_device){.bus = facts->bus,
                                  .device = facts->device,
                                  .function = facts->function,
                                  .vendor_id = card.device->vendor,
                                  .device_id = card.device->device,
                                  .subsystem_vendor_id = card.device->subsystem_vendor,
                                  .subsystem_id = card.device->subsystem_device,
                                  .revision = card.device->revision};
    return true;
}

void card_forget(void)
{
    if (card.registers)
        iounmap(card.registers);
    if (card.device)
        pci_dev_put(card.device);
    memset(&card, 0, sizeof card);
}

struct device *card_device(void)
{
    return &card.device->dev;
}

/* ---- the core's ---- */

static void select(const struct pci_device *device, uint16_t offset)
{
    uint32_t function = (uint32_t)device->bus << 8 | (uint32_t)device->device << 3 | device->function;
    outl(CONFIG_ENABLE | function << 8 | (offset & 0xFC), CONFIG_ADDRESS);
}

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    uint32_t value = UINT32_MAX;
    if (!home_is_dying) {
        pci_read_config_dword(card.device, offset, &value);
        return value;
    }
    select(device, offset);
    return inl(CONFIG_DATA);
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    if (!home_is_dying) {
        pci_write_config_dword(card.device, offset, value);
        return;
    }
    select(device, offset);
    outl(value, CONFIG_DATA);
}

/* A card that the kernel had put to sleep forgets its BARs when it wakes up. */
static void wake(const struct pci_device *device)
{
    if (!card.device->pm_cap)
        return;
    uint16_t at = (uint16_t)(card.device->pm_cap + PCI_PM_CTRL);
    uint32_t control = platform_pci_read32(device, at);
    if (!(control & PCI_PM_CTRL_STATE_MASK))
        return;
    log_printf(LOG_INFO, "The card was asleep (D%u)", control & PCI_PM_CTRL_STATE_MASK);
    platform_pci_write32(device, at, control & ~(uint32_t)(PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_ENABLE));
    platform_stall_us(WAKE_UP_US);
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    uint32_t ids = platform_pci_read32(device, PCI_VENDOR_ID);
    if (bar != 0 || !card.registers)
        return fail(E_NIC_REGISTERS, "BAR %u was not mapped while Linux lived", bar);
    if (ids != ((uint32_t)card.device->device << 16 | card.device->vendor))
        return fail(E_NIC_REGISTERS, "the card answers with %08x", ids);

    wake(device);
    bool wide = (card.bars[0] & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
    uint32_t base = platform_pci_read32(device, BAR_BASE(0)) & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK;
    if (base && base != (card.bars[0] & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK))
        return fail(E_NIC_REGISTERS, "BAR 0 is %08x, and was %08x", base, card.bars[0]);
    platform_pci_write32(device, BAR_BASE(0), card.bars[0]);
    if (wide)
        platform_pci_write32(device, BAR_BASE(1), card.bars[1]);

    uint32_t command = platform_pci_read32(device, PCI_COMMAND) & UINT16_MAX;
    platform_pci_write32(device, PCI_COMMAND, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
    return OK;
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    return offset < card.size ? readl(card.registers + offset) : UINT32_MAX;
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    if (offset < card.size)
        writel(value, card.registers + offset);
}
