/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_ACPI_TABLE_PROTOCOL (UEFI 2.10, 20.2), which gnu-efi's headers lack. */
#ifndef SANSTRAP_EFI_ACPI_TABLE_H
#define SANSTRAP_EFI_ACPI_TABLE_H

#include "efi/efi.h"

typedef struct EFI_ACPI_TABLE_PROTOCOL EFI_ACPI_TABLE_PROTOCOL;

struct EFI_ACPI_TABLE_PROTOCOL {
    /* Copies the table and makes its checksum; *key is the handle to uninstall it by. */
    EFI_STATUS(EFIAPI *InstallAcpiTable)(EFI_ACPI_TABLE_PROTOCOL *protocol, void *table, UINTN size, UINTN *key);
    EFI_STATUS(EFIAPI *UninstallAcpiTable)(EFI_ACPI_TABLE_PROTOCOL *protocol, UINTN key);
};

#endif
