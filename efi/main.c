/* SPDX-License-Identifier: BSD-2-Clause */
/* The image's entry: takes the machine over, as far as it needs it, and tells the loader of it. */
#include <string.h>

#include "efi/block_io.h"
#include "efi/boot.h"
#include "efi/boot_path.h"
#include "efi/home.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

struct firmware firmware;
static struct pci_device nics[CARDS_MAX];
static struct arena arena;
static bool disk_stays; /* when we are gone */

static enum status boot_or_publish(struct disk *disk, const struct boot_options *options)
{
    if (options->hook_only && takeover_starter_lost_card())
        return fail(E_BOOT_STARTER, "its driver had to leave the card");
    if (options->hook_only && !firmware.resident)
        return fail(E_BOOT_RESIDENT, "this image was started as an application");

    enum status status = efi_boot_disk(disk, options);
    disk_stays = status == OK && options->hook_only;
    return status;
}

static void give_machine_back(void)
{
    takeover_give_cards_back();
    tables_free_recorder();
}

/* UnloadImage() of a driver whose disk is there (UEFI 2.10, 7.4.3). */
static EFI_STATUS EFIAPI unload_driver(EFI_HANDLE image)
{
    (void)image;
    if (!efi_withdraw_disk())
        return EFI_ACCESS_DENIED;
    loader_close();
    give_machine_back();
    return EFI_SUCCESS;
}

/* machine->next_boot_device: the firmware takes another device when an image fails. */
static void leave_to_firmware(void)
{
    if (takeover_starter_lost_card())
        next_boot_by_restart("What loaded sanstrap has lost its card");

    if (disk_stays)
        firmware.loaded->Unload = unload_driver;
    else if (block_io_handle())
        next_boot_by_restart("A program that was booted holds the disk");
    else
        give_machine_back();
    firmware.boot->Exit(firmware.image, disk_stays ? EFI_SUCCESS : EFI_ABORTED, 0, NULL);
}

static void note_firmware(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    firmware = (struct firmware){.image = image, .system = system, .boot = system->BootServices};
    firmware.boot->HandleProtocol(image, &guid_loaded_image, (void **)&firmware.loaded);
    firmware.resident = firmware.loaded->ImageCodeType != EfiLoaderCode;
    firmware.boot->SetWatchdogTimer(0, 0, 0, NULL); /* the user may take his time before a message */
}

void *firmware_table(const EFI_GUID *guid)
{
    for (UINTN i = 0; i < firmware.system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *table = &firmware.system->ConfigurationTable[i];
        if (!memcmp(&table->VendorGuid, guid, sizeof *guid))
            return table->VendorTable;
    }
    return NULL;
}

static struct machine machine = {
    .nics = nics,
    .architecture = ARCHITECTURE_X64_UEFI,
    .arena = &arena,
    .acpi_tables = true,
    .firmware_ibft = tables_firmware_ibft,
    .read_key = console_read_key,
    .write = console_write,
    .draw = console_draw,
    .note = console_note,
    .boot = boot_or_publish,
    .next_boot_device = leave_to_firmware,
};

/* What is known before a card is taken. Returns what to say of the line, or NULL. */
static const char *find_settings(void)
{
    const char *odd;
    machine.command_line = sources_line(&odd);
    machine.file = sources_file();
    machine.cached_ack = sources_dhcp_ack(&machine.cached_ack_length);
    machine.cached_discover = sources_dhcp_discover(&machine.cached_discover_length);
    machine.cached_reply = sources_dhcp_reply(&machine.cached_reply_length);
    machine.cached_proxy = sources_dhcp_proxy(&machine.cached_proxy_length);
    return odd;
}

static void run_loader(void)
{
    machine.recorder = tables_allocate_recorder(&machine.recorder_size);
    machine.recorder_address = (uintptr_t)machine.recorder;
    pci_find_nics(&machine);
    machine.boot_nic = pci_boot_nic(nics, machine.nic_count);
    static struct handoff_address boot_path;
    if (boot_path_read(firmware_path_of(firmware.loaded->DeviceHandle), &boot_path))
        machine.boot_path = &boot_path;
    sources_uuid(machine.uuid);
    loader_run(&machine);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    note_firmware(image, system);
    if (!clock_calibrate()) {
        console_write("sanstrap: this CPU's time stamp counter does not count\n");
        return EFI_UNSUPPORTED;
    }

    struct home_options options;
    const char *odd = find_settings();
    loader_home_options(&machine, &options);
    EFI_STATUS status;
    if ((options.boot != BOOT_YES || options.boot_open) && !firmware.resident && resident_start(options.boot_open, &status))
        return status;

    console_start(&options);
    if (odd)
        console_write(odd);
    random_start();
    if (!takeover_start_arena(&arena, options.memory)) {
        console_write("sanstrap: the firmware has not the memory that memory= asks for\n");
        return EFI_OUT_OF_RESOURCES;
    }
    run_loader();
    return EFI_ABORTED;
}
