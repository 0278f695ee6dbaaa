/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI through EFI_PCI_IO_PROTOCOL (UEFI 2.10, 14.4): configuration space, registers, and which cards there are. */
#include "efi/device_path.h"
#include "efi/home.h"

/* Configuration space (PCI 3.0, 6.1 and 6.2.5.1). */
#define PCI_ID        0x00
#define PCI_CLASS     0x08
#define PCI_HEADER    0x0C
#define PCI_BAR0      0x10
#define PCI_BRIDGE    0x18 /* of a bridge: primary, secondary and subordinate bus */
#define PCI_SUBSYSTEM 0x2C
#define PCI_BARS      6
#define HEADER_TYPE   0x007F0000u
#define HEADER_BRIDGE 0x00010000u
#define CLASS_NETWORK 0x02
#define BAR_IO        0x1u
#define BAR_ADDRESS   0xFFFFFFF0u
#define BAR_PORT      0xFFFFFFFCu
#define BAR_TYPE      0x7u
#define BAR_TYPE_64   0x4u

#define BRIDGES_MAX 64

static struct efi_card cards[CARDS_MAX];
static struct pci_device others[OTHER_CARDS_MAX];

static struct bridge {
    struct pci_device device;
    struct efi_card card;
    uint8_t behind; /* the bus */
} bridges[BRIDGES_MAX];
static unsigned bridge_count;

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

    uint32_t id = platform_pci_read32(device, PCI_ID), subsystem = platform_pci_read32(device, PCI_SUBSYSTEM);
    device->vendor_id = (uint16_t)id;
    device->device_id = (uint16_t)(id >> 16);
    device->revision = (uint8_t)platform_pci_read32(device, PCI_CLASS);
    device->subsystem_vendor_id = (uint16_t)subsystem;
    device->subsystem_id = (uint16_t)(subsystem >> 16);
    return true;
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

static void note_bridge(const struct efi_card *card, const struct pci_device *device)
{
    if (bridge_count == BRIDGES_MAX)
        return;
    struct bridge *bridge = &bridges[bridge_count++];
    *bridge = (struct bridge){*device, *card, (uint8_t)(platform_pci_read32(device, PCI_BRIDGE) >> 8)};
    bridge->device.home = &bridge->card;
}

/* Buses behind a bridge have higher numbers than its own: what says otherwise was given none. */
static struct pci_device *bridge_above(const struct pci_device *device)
{
    for (unsigned i = 0; i < bridge_count; i++)
        if (bridges[i].device.segment == device->segment && bridges[i].behind == device->bus &&
            bridges[i].device.bus < device->bus)
            return &bridges[i].device;
    return NULL;
}

static void note_card(struct machine *machine, const struct efi_card *card, const struct pci_device *device)
{
    if (!nic_probe(device)) {
        if (machine->other_nic_count < OTHER_CARDS_MAX)
            others[machine->other_nic_count++] = *device;
    } else if (machine->nic_count < CARDS_MAX) {
        struct pci_device nic = *device;
        cards[machine->nic_count] = *card;
        nic.home = &cards[machine->nic_count];
        insert_in_order(machine->nics, machine->nic_count++, &nic);
    }
}

void pci_find_nics(struct machine *machine)
{
    EFI_HANDLE *handles;
    UINTN handle_count;
    machine->other_nics = others;
    if (EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, &guid_pci_io, NULL, &handle_count, &handles)))
        return;

    for (UINTN i = 0; i < handle_count; i++) {
        struct efi_card card;
        struct pci_device device;
        if (!read_device(&card, handles[i], &device))
            continue;
        if ((platform_pci_read32(&device, PCI_HEADER) & HEADER_TYPE) == HEADER_BRIDGE)
            note_bridge(&card, &device);
        else if (platform_pci_read32(&device, PCI_CLASS) >> 24 == CLASS_NETWORK)
            note_card(machine, &card, &device);
    }
    firmware.boot->FreePool(handles);

    for (unsigned i = 0; i < machine->nic_count; i++)
        machine->nics[i].above = bridge_above(&machine->nics[i]);
    for (unsigned i = 0; i < bridge_count; i++)
        bridges[i].device.above = bridge_above(&bridges[i].device);
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

static bool bar_is_assigned(const struct pci_device *device, unsigned bar)
{
    uint32_t low = read_bar(device, bar);
    if ((low & BAR_TYPE) == BAR_TYPE_64 && bar + 1 < PCI_BARS && read_bar(device, bar + 1) != 0)
        return true;
    return (low & (low & BAR_IO ? BAR_PORT : BAR_ADDRESS)) != 0;
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    if (bar >= PCI_BARS)
        return fail(E_INVALID_ARGUMENT, "BAR %u", bar);
    if (!bar_is_assigned(device, bar))
        return fail(E_NIC_REGISTERS, "BAR %u of %02x:%02x.%x reads %08x", bar, device->bus, device->device, device->function,
                    (unsigned)read_bar(device, bar));

    bool is_ports = read_bar(device, bar) & BAR_IO;
    if (bar && !is_ports)
        return fail(E_NIC_REGISTERS, "BAR %u of %02x:%02x.%x is memory: only BAR 0's is reached", bar, device->bus,
                    device->device, device->function);

    enum status status = takeover_take_card(device);
    if (status != OK || !is_ports)
        return status;
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    if (EFI_ERROR(pci->Attributes(pci, EfiPciIoAttributeOperationEnable, EFI_PCI_IO_ATTRIBUTE_IO, NULL)))
        return fail(E_NIC_REGISTERS, "the firmware does not switch the decoding of I/O ports on");
    ((struct efi_card *)device->home)->ports[bar] = read_bar(device, bar) & BAR_PORT;
    return OK;
}

/*
 * Behind a BAR of 64 bits firmware numbers the others as it likes: EDK2 counts BARs, where configuration space counts halves of
 * them. So ports go by their own numbers, through no BAR.
 */
uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    uint32_t value = 0xFFFFFFFF, ports = ((struct efi_card *)device->home)->ports[bar];
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    if (ports)
        pci->Io.Read(pci, EfiPciIoWidthUint32, EFI_PCI_IO_PASS_THROUGH_BAR, (UINT64)ports + offset, 1, &value);
    else
        pci->Mem.Read(pci, EfiPciIoWidthUint32, (uint8_t)bar, offset, 1, &value);
    return value;
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    uint32_t ports = ((struct efi_card *)device->home)->ports[bar];
    EFI_PCI_IO_PROTOCOL *pci = pci_of(device);
    if (ports)
        pci->Io.Write(pci, EfiPciIoWidthUint32, EFI_PCI_IO_PASS_THROUGH_BAR, (UINT64)ports + offset, 1, &value);
    else
        pci->Mem.Write(pci, EfiPciIoWidthUint32, (uint8_t)bar, offset, 1, &value);
}
