/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UEFI as this room sees it: gnu-efi's headers, and what they lack. GUIDs are variables here, because firmware wants their
 * addresses; efi/guids.c holds them.
 */
#ifndef SANSTRAP_EFI_H
#define SANSTRAP_EFI_H

#include <efi.h>

extern EFI_GUID guid_block_io, guid_block_io2, guid_device_path, guid_disk_info, guid_loaded_image, guid_pci_io, guid_pxe_base_code,
    guid_rng, guid_simple_file_system, guid_simple_network, guid_smbios, guid_smbios3, guid_file_info;

/* UEFI 2.10, 7.1: CreateEventEx() groups that gnu-efi has no name for. */
extern EFI_GUID guid_event_exit_boot_services, guid_event_ready_to_boot;

/* ---- device path nodes (UEFI 2.10, 10.3.4) ------------------------------------------------------------------------------------- */

#define DEVICE_PATH_ISCSI          0x13 /* messaging device path, sub-type 19 */
#define ISCSI_PATH_TCP             0    /* network protocol */
#define ISCSI_PATH_HEADER_CRC32C   0x0002
#define ISCSI_PATH_DATA_CRC32C     0x0008
#define ISCSI_PATH_CHAP            0x0000 /* bits 11:10: the authentication method */
#define ISCSI_PATH_NO_AUTHENTICATION 0x0800
#define ISCSI_PATH_CHAP_UNI        0x1000 /* bit 12: uni-directional CHAP, else bi-directional */

/* Followed by the target's name, without a NUL. */
struct iscsi_path_node {
    EFI_DEVICE_PATH header;
    UINT16 protocol;
    UINT16 options;
    UINT8 lun[8];
    UINT16 portal_group;
} __attribute__((packed));

#endif
