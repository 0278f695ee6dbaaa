/* SPDX-License-Identifier: BSD-2-Clause */
#include "efi/efi.h"

EFI_GUID guid_block_io = EFI_BLOCK_IO_PROTOCOL_GUID;
EFI_GUID guid_block_io2 = EFI_BLOCK_IO2_PROTOCOL_GUID;
EFI_GUID guid_device_path = EFI_DEVICE_PATH_PROTOCOL_GUID;
EFI_GUID guid_disk_info = {0xD432A67F, 0x14DC, 0x484B, {0xB3, 0xBB, 0x3F, 0x02, 0x91, 0x84, 0x93, 0x27}};
EFI_GUID guid_loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
EFI_GUID guid_pci_io = EFI_PCI_IO_PROTOCOL_GUID;
EFI_GUID guid_pxe_base_code = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
EFI_GUID guid_rng = EFI_RNG_PROTOCOL_GUID;
EFI_GUID guid_simple_file_system = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
EFI_GUID guid_simple_network = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
EFI_GUID guid_smbios = SMBIOS_TABLE_GUID;
EFI_GUID guid_smbios3 = SMBIOS3_TABLE_GUID;
EFI_GUID guid_file_info = EFI_FILE_INFO_ID;

EFI_GUID guid_event_exit_boot_services = {0x27ABF055, 0xB1B8, 0x4C26, {0x80, 0x48, 0x74, 0x8F, 0x37, 0xBA, 0xA2, 0xDF}};
EFI_GUID guid_event_ready_to_boot = {0x7CE88FB3, 0x4BD7, 0x4679, {0x87, 0xA8, 0xA8, 0xD8, 0xDE, 0xE5, 0x0D, 0x2B}};
