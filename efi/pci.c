/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI through EFI_PCI_IO_PROTOCOL (UEFI 2.10, 14.4): configuration space, registers, and which cards there are. */
#include "efi/device_path.h"
#include "efi/home.h"

/* Configuration space (PCI 3.0, 6.1 and 6.2.5.1). */
#define PCI_ID        0x00
#define PCI_CLASS     0x08
#define PCI_BAR0      0x10
#define PCI_SUBSYSTEM 0x2C
#define PCI_BARS      6
#define CLASS_NETWORK 0x02
#define BAR_IO        0x1u
#define BAR_ADDRESS   0xFFFFFFF0u
#define BAR_TYPE      0x6u
#define BAR_TYPE_64   0x4u

static struct efi_card cards[CARDS_MAX];

static EFI_PCI_IO_PROTOCOL *pci_of(const struct pci_device *device)
{
    return ((struct efi_card *)device->home)->pci;
}

/* A failed access reads as what a card that is not there gives. */
uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    uint32_t value = 0xFFFFFFFF;
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    pci->Pci.Read(pci, EfiPciIoWidthUint32, offset, 1, &value);
    return value;
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    pci->Pci.Write(pci, EfiPciIoWidthUint32, offset, 1, &value);
}

/* False when it is none that nicdrv/ has a driver for. */
static bool read_device(struct efi_card *card, EFI_HANDLE handle, struct pci_device *device)
{
    UINTN segment, bus, number, function;
    *card = (struct efi_card){.handle = handle, .path = firmware_path_of(handle)};
    *device = (struct pci_device){.home = card};
    if (!card->path || EFI_ERROR(firmware.boot->HandleProtocol(handle, &guid_pci_io, (void **)&card->pci)) ||
        EFI_ERROR(card->pci->GetLocation(card->pci, &segment, &bus, &number, &function)))
        return false;
    device->segment = (uint16_t)segment;
    device->bus = (uint8_t)bus;
    device->device = (uint8_t)number;
    device->function = (uint8_t)function;

    uint32_t id = platform_pci_read32(device, PCI_ID), class_code = platform_pci_read32(device, PCI_CLASS);
    uint32_t subsystem = platform_pci_read32(device, PCI_SUBSYSTEM);
    device->vendor_id = (uint16_t)id;
    device->device_id = (uint16_t)(id >> 16);
    device->revision = (uint8_t)class_code;
    device->subsystem_vendor_id = (uint16_t)subsystem;
    device->subsystem_id = (uint16_t)(subsystem >> 16);
    return class_code >> 24 == CLASS_NETWORK && nic_probe(device) != NULL;
}

static uint64_t place_in_order(const struct pci_device *device)
{
    return (uint64_t)device->segment << 24 | (uint64_t)device->bus << 16 | (uint64_t)device->device << 8 | device->function;
}

/* Handles come in the order in which the firmware made them. */
static void insert_in_order(struct pci_device *found, unsigned count, const struct pci_device *device)
{
    unsigned at = count;
    for (; at > 0 && place_in_order(&found[at - 1]) > place_in_order(device); at--)
        found[at] = found[at - 1];
    found[at] = *device;
}

unsigned pci_find_nics(struct pci_device *found, unsigned most)
{
    EFI_HANDLE *handles;
    UINTN handle_count;
    if (most > CARDS_MAX)
        most = CARDS_MAX;
    if (EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, &guid_pci_io, NULL, &handle_count, &handles)))
        return 0;

    unsigned count = 0;
    for (UINTN i = 0; i < handle_count && count < most; i++) {
        struct pci_device device;
        if (read_device(&cards[count], handles[i], &device))
            insert_in_order(found, count++, &device);
    }
    firmware.boot->FreePool(handles);
    return count;
}

struct pci_device *pci_boot_nic(struct pci_device *nics, unsigned count)
{
    EFI_DEVICE_PATH *path = firmware_path_of(firmware.loaded->DeviceHandle);
    for (unsigned i = 0; i < count; i++)
        if (device_path_begins(path, ((struct efi_card *)nics[i].home)->path))
            return &nics[i];
    return NULL;
}

/* ---- registers ---- */

static uint32_t read_bar(const struct pci_device *device, unsigned bar)
{
    return platform_pci_read32(device, (uint16_t)(PCI_BAR0 + bar * sizeof(uint32_t)));
}

static bool is_memory_bar(const struct pci_device *device, unsigned bar)
{
    uint32_t low = read_bar(device, bar);
    if (low & BAR_IO)
        return false;
    if ((low & BAR_TYPE) == BAR_TYPE_64 && bar + 1 < PCI_BARS && read_bar(device, bar + 1) != 0)
        return true;
    return (low & BAR_ADDRESS) != 0;
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    if (bar >= PCI_BARS)
        return fail(E_INVALID_ARGUMENT, "BAR %u", bar);
    if (!is_memory_bar(device, bar))
        return fail(E_NIC_REGISTERS, "BAR %u of %02x:%02x.%x reads %08x", bar, device->bus, device->device, device->function,
                    read_bar(device, bar));
    return takeover_take_card(device);
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    uint32_t value = 0xFFFFFFFF;
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    pci->Mem.Read(pci, EfiPciIoWidthUint32, (uint8_t)bar, offset, 1, &value);
    return value;
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    pci->Mem.Write(pci, EfiPciIoWidthUint32, (uint8_t)bar, offset, 1, &value);
}
