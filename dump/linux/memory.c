/* SPDX-License-Identifier: BSD-2-Clause */
/* The core's two pieces of memory, and which pages are not to be found in a dump. */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vmalloc.h>

#include "dump/linux/home.h"
#include "platform/format.h"

#define OWN_RANGES 512

static struct {
    void *dma;
    dma_addr_t bus;
    size_t dma_size;
    void *plain;
    size_t plain_size;
    unsigned count;
    struct {
        uint64_t begin, end;
    } own[OWN_RANGES];
} memory;

static uint64_t physical_of(const void *bytes)
{
    if (virt_addr_valid(bytes))
        return virt_to_phys((void *)bytes);
    return page_to_phys(vmalloc_to_page(bytes)) + offset_in_page(bytes);
}

bool memory_add_own(const void *bytes, size_t size)
{
    const uint8_t *at = (const uint8_t *)((uintptr_t)bytes & PAGE_MASK);
    for (; at < (const uint8_t *)bytes + size; at += PAGE_SIZE) {
        uint64_t page = physical_of(at);
        if (memory.count && memory.own[memory.count - 1].end == page) {
            memory.own[memory.count - 1].end += PAGE_SIZE;
            continue;
        }
        if (memory.count == OWN_RANGES)
            return home_refuse("the module's memory is in more than %u pieces", OWN_RANGES);
        memory.own[memory.count].begin = page;
        memory.own[memory.count++].end = page + PAGE_SIZE;
    }
    return true;
}

bool memory_is_own(uint64_t physical)
{
    for (unsigned i = 0; i < memory.count; i++)
        if (physical >= memory.own[i].begin && physical < memory.own[i].end)
            return true;
    return false;
}

/*
 * Memory that the card reaches, through an IOMMU, too, as the kernel maps it for ever. The core wants it below 4 GiB: for this
 * one request the card counts as one that reaches no further. Pages that lie apart behind an IOMMU would do for a card; QEMU's
 * 82574 drops a frame whose bytes are in two of them.
 */
static void *take_dma(size_t size, dma_addr_t *bus)
{
    struct device *device = card_device();
    u64 mask = device->coherent_dma_mask;
    device->coherent_dma_mask = DMA_BIT_MASK(32);
    void *bytes = dma_alloc_attrs(device, size, bus, GFP_KERNEL | __GFP_NOWARN, DMA_ATTR_FORCE_CONTIGUOUS);
    device->coherent_dma_mask = mask;
    return bytes;
}

bool memory_take(const struct dump_profile *profile, const struct pci_device *device, struct arena *dma, struct arena *plain)
{
    memory.dma_size = PAGE_ALIGN(dump_dma_size(profile, device));
    memory.plain_size = PAGE_ALIGN(dump_plain_size(profile));
    if (!dump_dma_size(profile, device))
        return home_refuse("card %04x:%04x is none that sanstrap drives", device->vendor_id, device->device_id);

    memory.dma = take_dma(memory.dma_size, &memory.bus);
    if (!memory.dma)
        return home_refuse("there are no %zu KiB of memory below 4 GiB that the card reaches", memory.dma_size / 1024);
    memory.plain = alloc_pages_exact(memory.plain_size, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
    if (!memory.plain)
        return home_refuse("there are no %zu KiB of memory", memory.plain_size / 1024);

    log_printf(LOG_INFO, "%zu KiB of memory for the card, %zu KiB beside it", memory.dma_size / 1024, memory.plain_size / 1024);
    *dma = (struct arena){.base = memory.dma, .bus = memory.bus, .size = memory.dma_size};
    *plain = (struct arena){.base = memory.plain, .bus = virt_to_phys(memory.plain), .size = memory.plain_size};
    return memory_add_own(memory.dma, memory.dma_size) && memory_add_own(memory.plain, memory.plain_size);
}

void memory_give_back(void)
{
    if (memory.dma)
        dma_free_attrs(card_device(), memory.dma_size, memory.dma, memory.bus, DMA_ATTR_FORCE_CONTIGUOUS);
    if (memory.plain) {
        memzero_explicit(memory.plain, memory.plain_size);
        free_pages_exact(memory.plain, memory.plain_size);
    }
    memset(&memory, 0, sizeof memory);
}
