/* SPDX-License-Identifier: BSD-2-Clause */
/* Which program on the disk is the boot loader. At TPL_APPLICATION, outside the gate, the disk published and connected. */
#ifndef SANSTRAP_EFI_BOOT_FILES_H
#define SANSTRAP_EFI_BOOT_FILES_H

#include "efi/home.h"

/*
 * Starts the first of `files`, paths with commas between, that the disk's file systems have. With "" the first of
 *   - Windows' boot manager, then \EFI\BOOT\BOOTX64.EFI;
 *   - what the firmware's boot options, those of its order first, have on a partition of the disk;
 *   - in the folders below \EFI: what a table for shim's fallback names, shimx64.efi, grubx64.efi, bootmgfw.efi.
 * BOOTX64.EFI comes last when shim's fallback lies beside it: with a TPM that makes a boot option and resets the machine, which
 * would then boot the network again.
 *
 * One that the firmware refuses does not keep a later one from being tried. Returns when there is none, or what was started came
 * back: E_BOOT_ESP, E_BOOT_FILE, E_BOOT_LOAD, E_BOOT_SECURE, E_BOOT_RETURNED.
 */
enum status boot_files_start(const char *files);

#endif
