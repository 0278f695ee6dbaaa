/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card leaves the firmware and becomes ours, and goes back.
 *
 * EDK2's stack does not let go when the PCI handle alone is disconnected: PXE is stopped first, then what stands on the
 * SNP handles goes, then the driver itself. iPXE's ROM answers EFI_NOT_FOUND and has let go all the same. So no answer counts but
 * that of the last call, which opens the card for us alone.
 */
#include "efi/device_path.h"
#include "efi/home.h"

#define CARD_ATTRIBUTES (EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER)

static struct arena *arena;
static EFI_PHYSICAL_ADDRESS first_memory; /* the arena's before any card is taken; 0: given back */
static struct pci_device *taken[CARDS_MAX];
static unsigned taken_count;
static bool starter_lost;

bool takeover_start_arena(struct arena *to_fill, size_t size)
{
    first_memory = BELOW_4_GIB;
    UINTN pages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
    if (EFI_ERROR(firmware.boot->AllocatePages(AllocateMaxAddress, EfiBootServicesData, pages, &first_memory)))
        return false;
    arena = to_fill;
    *arena = (struct arena){.base = (uint8_t *)first_memory, .bus = first_memory, .size = pages * PAGE_SIZE};
    return true;
}

/* ---- away with the firmware's drivers ---- */

/* Calls `visit` for each handle with the protocol that belongs to the card. */
static void visit_handles(const struct efi_card *card, EFI_GUID *protocol, void (*visit)(EFI_HANDLE handle, void *interface))
{
    EFI_HANDLE *handles;
    UINTN count;
    if (EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, protocol, NULL, &count, &handles)))
        return;
    for (UINTN i = 0; i < count; i++) {
        void *interface; /* an earlier visit may have taken the handle away */
        if (!EFI_ERROR(firmware.boot->HandleProtocol(handles[i], protocol, &interface)) &&
            device_path_begins(firmware_path_of(handles[i]), card->path))
            visit(handles[i], interface);
    }
    firmware.boot->FreePool(handles);
}

static void note_starters_loss(EFI_HANDLE handle, void *interface)
{
    (void)interface;
    starter_lost = starter_lost || starter_drives(handle);
}

static void remove_disk(EFI_HANDLE handle, void *interface)
{
    foreign_disk_remove(handle, interface);
}

static void stop_pxe(EFI_HANDLE handle, void *interface)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = interface;
    (void)handle;
    if (pxe->Mode->Started)
        pxe->Stop(pxe);
}

static void disconnect_drivers(EFI_HANDLE handle, void *interface)
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

static EFI_STATUS open_alone(struct efi_card *card)
{
    visit_handles(card, &guid_device_path, note_starters_loss);
    starter_lost = foreign_disks_end_sessions(card->path) || starter_lost;
    visit_handles(card, &guid_pxe_base_code, stop_pxe);
    visit_handles(card, &guid_simple_network, disconnect_drivers);
    visit_handles(card, &guid_simple_network, stop_network);
    firmware.boot->DisconnectController(card->handle, NULL, NULL);
    EFI_STATUS status = firmware.boot->OpenProtocol(card->handle, &guid_pci_io, (void **)&card->pci, firmware.image, card->handle,
                                                    EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE);
    /* Who does not let go of the card serves his disk still: a driver of ours that was started before. */
    if (!EFI_ERROR(status))
        visit_handles(card, &guid_block_io, remove_disk);
    return status;
}

static void reconnect_drivers(struct efi_card *card)
{
    firmware.boot->ConnectController(card->handle, NULL, NULL, TRUE);
}

/* Its driver finds the card's decoding and bus mastering as we did. */
static void close_card(struct efi_card *card)
{
    card->pci->Attributes(card->pci, EfiPciIoAttributeOperationSet, card->attributes, NULL);
    firmware.boot->CloseProtocol(card->handle, &guid_pci_io, firmware.image, card->handle);
    reconnect_drivers(card);
}

/* ---- memory ---- */

/*
 * Memory that the card reaches, for as long as it is ours: a common buffer may only come from its own PCI I/O protocol. The card
 * is to see all of it in one piece.
 */
static bool allocate_common_buffer(struct efi_card *card)
{
    EFI_PCI_IO_PROTOCOL *pci = card->pci;
    card->pages = arena->size / PAGE_SIZE;
    if (EFI_ERROR(pci->AllocateBuffer(pci, AllocateAnyPages, EfiBootServicesData, card->pages, &card->memory, 0)))
        return false;

    UINTN length = arena->size;
    EFI_STATUS status = pci->Map(pci, EfiPciIoOperationBusMasterCommonBuffer, card->memory, &length, &card->bus, &card->mapping);
    if (!EFI_ERROR(status) && length == arena->size)
        return true;
    if (!EFI_ERROR(status))
        pci->Unmap(pci, card->mapping);
    pci->FreeBuffer(pci, card->pages, card->memory);
    return false;
}

static void free_common_buffer(struct efi_card *card)
{
    card->pci->Unmap(card->pci, card->mapping);
    card->pci->FreeBuffer(card->pci, card->pages, card->memory);
}

/* ---- both ---- */

static enum status take_from_firmware(struct pci_device *device)
{
    struct efi_card *card = device->home;
    EFI_STATUS status = open_alone(card);
    if (EFI_ERROR(status)) {
        reconnect_drivers(card);
        return fail(E_NIC_FIRMWARE, "PCI device %02x:%02x.%x: status %x", device->bus, device->device, device->function,
                    (unsigned)status);
    }

    if (EFI_ERROR(card->pci->Attributes(card->pci, EfiPciIoAttributeOperationGet, 0, &card->attributes)))
        card->attributes = CARD_ATTRIBUTES; /* it is left as it is then */
    if (!allocate_common_buffer(card)) {
        close_card(card);
        return fail(E_NIC_MEMORY, "the firmware has no %u KiB that the card reaches", (unsigned)(arena->size / KIB));
    }
    card->taken = true;
    taken[taken_count++] = device;
    return OK;
}

enum status takeover_take_card(struct pci_device *device)
{
    struct efi_card *card = device->home;
    enum status status = card->taken ? OK : take_from_firmware(device);
    if (status != OK)
        return status;

    arena->base = card->memory;
    arena->bus = card->bus;
    EFI_STATUS answer = card->pci->Attributes(card->pci, EfiPciIoAttributeOperationEnable, CARD_ATTRIBUTES, NULL);
    if (EFI_ERROR(answer))
        return fail(E_NIC_REGISTERS, "the firmware does not switch memory decoding and bus mastering on: status %x",
                    (unsigned)answer);
    return OK;
}

void takeover_give_cards_back(void)
{
    while (taken_count) {
        struct efi_card *card = taken[--taken_count]->home;
        free_common_buffer(card);
        close_card(card);
        card->taken = false;
    }
    if (first_memory)
        firmware.boot->FreePages(first_memory, arena->size / PAGE_SIZE);
    first_memory = 0;
}

bool takeover_holds_path(const EFI_DEVICE_PATH *path)
{
    for (unsigned i = 0; i < taken_count; i++)
        if (device_path_begins(path, ((struct efi_card *)taken[i]->home)->path))
            return true;
    return false;
}

bool takeover_starter_lost_card(void)
{
    return starter_lost;
}

EFI_DEVICE_PATH *takeover_card_path(const struct nic *nic)
{
    return ((struct efi_card *)nic->device->home)->path;
}
