/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card leaves the firmware and becomes ours, and goes back.
 *
 * EDK2's stack does not let go when the PCI handle alone is disconnected: PXE is stopped first, then what stands on the
 * SNP handles goes, then the driver itself. iPXE's ROM answers EFI_NOT_FOUND and has let go all the same. So no answer counts but
 * that of the last call, which opens the card for us alone.
 */
#include "efi/home.h"

#define PAGE            4096u
#define CARD_ATTRIBUTES (EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER)

static struct arena *arena;
static EFI_PHYSICAL_ADDRESS first_memory;
static struct pci_device *taken[CARDS_MAX];
static unsigned taken_count;
static bool starter_lost;

bool nic_arena_start(struct arena *to_fill, size_t size)
{
    first_memory = 0xFFFFFFFF;
    UINTN pages = (size + PAGE - 1) / PAGE;
    if (EFI_ERROR(firmware.boot->AllocatePages(AllocateMaxAddress, EfiBootServicesData, pages, &first_memory)))
        return false;
    arena = to_fill;
    *arena = (struct arena){.base = (uint8_t *)first_memory, .bus = first_memory, .size = pages * PAGE};
    return true;
}

/* ---- away with the firmware's drivers ---- */

/* Calls `visit` for each handle with the protocol that belongs to the card. */
static void visit_handles(const struct nic_home *home, EFI_GUID *protocol, void (*visit)(EFI_HANDLE handle, void *interface))
{
    EFI_HANDLE *handles;
    UINTN count;
    if (EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, protocol, NULL, &count, &handles)))
        return;
    for (UINTN i = 0; i < count; i++) {
        void *interface; /* an earlier visit may have taken the handle away */
        if (!EFI_ERROR(firmware.boot->HandleProtocol(handles[i], protocol, &interface)) &&
            device_path_begins(device_path_of(handles[i]), home->path))
            visit(handles[i], interface);
    }
    firmware.boot->FreePool(handles);
}

static void note_starter(EFI_HANDLE handle, void *interface)
{
    (void)interface;
    starter_lost = starter_lost || starter_drives(handle);
}

static void stop_pxe(EFI_HANDLE handle, void *interface)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = interface;
    (void)handle;
    if (pxe->Mode->Started)
        pxe->Stop(pxe);
}

static void disconnect(EFI_HANDLE handle, void *interface)
{
    (void)interface;
    firmware.boot->DisconnectController(handle, NULL, NULL);
}

static void stop_network(EFI_HANDLE handle, void *interface)
{
    EFI_SIMPLE_NETWORK_PROTOCOL *network = interface;
    (void)handle;
    network->Shutdown(network);
    network->Stop(network);
}

static EFI_STATUS open_alone(struct nic_home *home)
{
    visit_handles(home, &guid_device_path, note_starter);
    visit_handles(home, &guid_pxe_base_code, stop_pxe);
    visit_handles(home, &guid_simple_network, disconnect);
    visit_handles(home, &guid_simple_network, stop_network);
    firmware.boot->DisconnectController(home->handle, NULL, NULL);
    return firmware.boot->OpenProtocol(home->handle, &guid_pci_io, (void **)&home->pci, firmware.image, home->handle,
                                       EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE);
}

/* ---- memory ---- */

/* Memory that the card reaches, for as long as it is ours: a common buffer may only come from its own PCI I/O protocol. */
static EFI_STATUS allocate(struct nic_home *home, EFI_PHYSICAL_ADDRESS *bus)
{
    EFI_PCI_IO_PROTOCOL *pci = home->pci;
    UINTN length = arena->size;
    home->pages = arena->size / PAGE;
    EFI_STATUS status = pci->AllocateBuffer(pci, AllocateAnyPages, EfiBootServicesData, home->pages, &home->memory, 0);
    if (EFI_ERROR(status))
        return status;
    status = pci->Map(pci, EfiPciIoOperationBusMasterCommonBuffer, home->memory, &length, bus, &home->mapping);
    if (!EFI_ERROR(status) && length == arena->size)
        return EFI_SUCCESS;
    if (!EFI_ERROR(status))
        pci->Unmap(pci, home->mapping);
    pci->FreeBuffer(pci, home->pages, home->memory);
    return EFI_OUT_OF_RESOURCES;
}

static void let_go(struct nic_home *home)
{
    firmware.boot->CloseProtocol(home->handle, &guid_pci_io, firmware.image, home->handle);
    firmware.boot->ConnectController(home->handle, NULL, NULL, TRUE);
    home->taken = false;
}

/* ---- both ---- */

enum status nic_take(struct pci_device *device)
{
    struct nic_home *home = device->home;
    EFI_PHYSICAL_ADDRESS bus;
    if (!home->taken) {
        EFI_STATUS status = open_alone(home);
        if (EFI_ERROR(status)) {
            firmware.boot->ConnectController(home->handle, NULL, NULL, TRUE);
            return fail(E_NIC_FIRMWARE, "PCI device %02x:%02x.%x: status %x", device->bus, device->device, device->function,
                        (unsigned)status);
        }
        status = allocate(home, &bus);
        if (EFI_ERROR(status)) {
            let_go(home);
            return fail(E_NIC_MEMORY, "the firmware has no %u KiB that the card reaches", (unsigned)(arena->size / 1024));
        }
        home->taken = true;
        home->bus = bus;
        taken[taken_count++] = device;
    }
    arena->base = home->memory;
    arena->bus = home->bus;
    EFI_STATUS status = home->pci->Attributes(home->pci, EfiPciIoAttributeOperationEnable, CARD_ATTRIBUTES, NULL);
    if (EFI_ERROR(status))
        return fail(E_NIC_REGISTERS, "the firmware does not switch memory decoding and bus mastering on: status %x",
                    (unsigned)status);
    return OK;
}

void nic_give_back(void)
{
    while (taken_count) {
        struct nic_home *home = taken[--taken_count]->home;
        home->pci->Unmap(home->pci, home->mapping);
        home->pci->FreeBuffer(home->pci, home->pages, home->memory);
        let_go(home);
    }
    if (first_memory)
        firmware.boot->FreePages(first_memory, arena->size / PAGE);
    first_memory = 0;
}

bool nic_is_taken(const EFI_DEVICE_PATH *path)
{
    for (unsigned i = 0; i < taken_count; i++)
        if (device_path_begins(path, ((struct nic_home *)taken[i]->home)->path))
            return true;
    return false;
}

bool nic_starter_lost(void)
{
    return starter_lost;
}

EFI_DEVICE_PATH *nic_device_path(const struct nic *nic)
{
    return ((struct nic_home *)nic->device->home)->path;
}
