/* SPDX-License-Identifier: BSD-2-Clause */
/* From a disk to the boot loader on its EFI partition. */
#ifndef SANSTRAP_EFI_BOOT_H
#define SANSTRAP_EFI_BOOT_H

#include "efi/home.h"

/*
 * machine->boot: publishes the disk, lets the firmware find its partitions and starts the first file there is of
 * options->files. Comes back only with a failure, the disk withdrawn: E_BOOT_PUBLISH, E_BOOT_ESP, E_BOOT_FILE, E_BOOT_LOAD,
 * E_BOOT_SECURE, E_BOOT_RETURNED. With hook_only it publishes alone and returns OK, and the disk stays. To be called at
 * TPL_APPLICATION, outside the gate.
 */
enum status efi_boot_disk(struct disk *disk, const struct boot_options *options);

/* Takes back what hook_only left. False when somebody does not let go of the disk: then all of it stays, and works. */
bool efi_withdraw_disk(void);

#endif
