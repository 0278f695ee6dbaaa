/* SPDX-License-Identifier: BSD-2-Clause */
/* What the operating system is told, among ACPI's tables; and what others left there. */
#include <string.h>

#include "efi/acpi_table.h"
#include "efi/home.h"
#include "handoff/recorder.h"
#include "loader/acpi.h"
#include "platform/bytes.h"

static UINTN ibft_key, isdh_key; /* of the tables that the firmware took; 0: none */
static uint64_t generation;      /* the highest of all ISDH tables that were seen or made */

/* ---- the flight recorder's memory ---- */

/* Reserved: an OS leaves it alone, and whoever looks into a dead machine's memory finds it. */
static EFI_PHYSICAL_ADDRESS recorder; /* 0: none */

void *tables_allocate_recorder(size_t *size)
{
    UINTN pages = RECORDER_SIZE / PAGE_SIZE;
    recorder = BELOW_4_GIB;
    if (EFI_ERROR(firmware.boot->AllocatePages(AllocateMaxAddress, EfiReservedMemoryType, pages, &recorder)))
        recorder = 0;
    *size = recorder ? RECORDER_SIZE : 0;
    return (void *)recorder;
}

void tables_free_recorder(void)
{
    recorder_open(NULL, 0, NULL);
    if (recorder)
        firmware.boot->FreePages(recorder, RECORDER_SIZE / PAGE_SIZE);
    recorder = 0;
}

/* ---- what others left ---- */

#define ROOTS 2

/* Memory is mapped as it is; nothing lies in the first page. */
static const uint8_t *physical(uint64_t address, size_t length)
{
    return address >= PAGE_SIZE && address <= UINT64_MAX - length ? (const uint8_t *)address : NULL;
}

/* ACPI's root pointer of 2.0 and of 1.0; NULL when the firmware has it not. */
static const uint8_t *acpi_root(unsigned which)
{
    EFI_GUID *const guids[ROOTS] = {&guid_acpi_20, &guid_acpi_10};
    return firmware_table(guids[which]);
}

const uint8_t *tables_firmware_ibft(size_t *size)
{
    const uint8_t *found = NULL;
    for (unsigned i = 0; i < ROOTS && !found; i++)
        found = acpi_find_table(acpi_root(i), HANDOFF_IBFT, 0, physical, size);
    return found;
}

static void hide_foreign_ibfts(void)
{
    for (unsigned i = 0; i < ROOTS; i++)
        acpi_hide_ibfts(acpi_root(i), physical);
}

/* A sanstrap that stayed as a driver has its table there, too: of several the OS takes the one of the highest generation. */
static void raise_generation(void)
{
    struct handoff handoff;
    struct handoff_faults faults;
    for (unsigned i = 0; i < ROOTS; i++) {
        const uint8_t *isdh;
        size_t size;
        for (unsigned before = 0; (isdh = acpi_find_table(acpi_root(i), HANDOFF_ISDH, before, physical, &size)); before++)
            if (isdh_read(isdh, size, ISDH_ANYWHERE, &handoff, &faults) && handoff.generation > generation)
                generation = handoff.generation;
    }
}

/* ---- ours ---- */

static EFI_ACPI_TABLE_PROTOCOL *locate_acpi(void)
{
    EFI_ACPI_TABLE_PROTOCOL *protocol = NULL;
    firmware.boot->LocateProtocol(&guid_acpi_table, NULL, (void **)&protocol);
    return protocol;
}

static enum status install_table(EFI_ACPI_TABLE_PROTOCOL *protocol, const uint8_t *table, size_t length, UINTN *key)
{
    EFI_STATUS status = protocol->InstallAcpiTable(protocol, (void *)table, length, key);
    if (!EFI_ERROR(status))
        return OK;
    *key = 0;
    return fail(E_BOOT_ACPI, "%.4s: the firmware answers %llxh", (const char *)table, (unsigned long long)status);
}

enum status tables_publish(const struct boot_tables *tables)
{
    static uint8_t isdh[ISDH_SIZE_MAX];
    EFI_ACPI_TABLE_PROTOCOL *protocol = locate_acpi();
    tables_withdraw();
    if (!tables->ibft_length)
        return OK;
    if (!protocol)
        return fail(E_BOOT_ACPI, "there is no EFI_ACPI_TABLE_PROTOCOL");

    hide_foreign_ibfts();
    raise_generation();
    memcpy(isdh, tables->isdh, tables->isdh_length);
    isdh_place(isdh, 0, ++generation);

    enum status status = install_table(protocol, tables->ibft, tables->ibft_length, &ibft_key);
    if (status == OK)
        status = install_table(protocol, isdh, tables->isdh_length, &isdh_key);
    if (status != OK)
        tables_withdraw();
    return status;
}

static void uninstall_table(EFI_ACPI_TABLE_PROTOCOL *protocol, UINTN *key)
{
    if (protocol && *key)
        protocol->UninstallAcpiTable(protocol, *key);
    *key = 0;
}

void tables_withdraw(void)
{
    EFI_ACPI_TABLE_PROTOCOL *protocol = locate_acpi();
    uninstall_table(protocol, &ibft_key);
    uninstall_table(protocol, &isdh_key);
    acpi_restore_ibfts();
}
