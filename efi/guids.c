/* SPDX-License-Identifier: BSD-2-Clause */
#include <efi.h>
#include <efigpt.h>

#include "efi/disk_info.h"

EFI_GUID guid_acpi_10 = ACPI_TABLE_GUID;
EFI_GUID guid_acpi_20 = ACPI_20_TABLE_GUID;
EFI_GUID guid_acpi_table = {0xFFE06BDD, 0x6107, 0x46A6, {0x7B, 0xB2, 0x5A, 0x9C, 0x7E, 0xC5, 0x27, 0x5C}};
EFI_GUID guid_block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
EFI_GUID guid_block_io2 = EFI_BLOCK_IO2_PROTOCOL_GUID;
EFI_GUID guid_device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
EFI_GUID guid_disk_info = DISK_INFO_GUID;
EFI_GUID guid_driver_binding = EFI_DRIVER_BINDING_PROTOCOL_GUID;
EFI_GUID guid_global_variable = EFI_GLOBAL_VARIABLE;
EFI_GUID guid_loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
EFI_GUID guid_pci_io = EFI_PCI_IO_PROTOCOL_GUID;
EFI_GUID guid_pxe_base_code = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
EFI_GUID guid_rng = EFI_RNG_PROTOCOL_GUID;
EFI_GUID guid_sanstrap = {0xA9A20F54, 0x16A2, 0x440C, {0xB1, 0xA6, 0xDD, 0x6C, 0xCE, 0x6C, 0xAC, 0xC4}};
EFI_GUID guid_serial_io = EFI_SERIAL_IO_PROTOCOL_GUID;
EFI_GUID guid_simple_file_system = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
EFI_GUID guid_simple_network = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
EFI_GUID guid_smbios = SMBIOS_TABLE_GUID;
EFI_GUID guid_smbios3 = SMBIOS3_TABLE_GUID;
EFI_GUID guid_system_partition = EFI_PART_TYPE_EFI_SYSTEM_PART_GUID;
EFI_GUID guid_text_output = EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL_GUID;
