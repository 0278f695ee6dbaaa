/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI as this room sees it: gnu-efi's headers. GUIDs are variables here, because firmware wants their addresses. */
#ifndef SANSTRAP_EFI_H
#define SANSTRAP_EFI_H

#include <efi.h>

extern EFI_GUID guid_acpi_10, guid_acpi_20, guid_acpi_table, guid_block_io, guid_block_io2, guid_device_path, guid_disk_info,
    guid_driver_binding, guid_global_variable, guid_loaded_image, guid_pci_io, guid_pxe_base_code, guid_rng, guid_sanstrap,
    guid_serial_io, guid_simple_file_system, guid_simple_network, guid_smbios, guid_smbios3, guid_system_partition,
    guid_text_output;

#endif
