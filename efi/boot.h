/* SPDX-License-Identifier: BSD-2-Clause */
/* From a disk to the boot loader on its EFI partition. All of it is called at TPL_APPLICATION, outside the gate. */
#ifndef SANSTRAP_EFI_BOOT_H
#define SANSTRAP_EFI_BOOT_H

#include "efi/home.h"

/*
 * machine->boot: publishes tables and disk, lets the firmware find its partitions and starts the first file there is of
 * options->files. Comes back only with a failure, the disk withdrawn, or emptied when somebody holds it: E_BOOT_ACPI,
 * E_BOOT_PUBLISH, E_INTERNAL, E_BOOT_ESP, E_BOOT_FILE, E_BOOT_LOAD, E_BOOT_SECURE, E_BOOT_RETURNED, and why a read failed. With
 * hook_only nothing is started: it returns OK, and `disk` and `options` stay in use until efi_withdraw_disk().
 */
enum status efi_boot_disk(struct disk *disk, const struct boot_options *options);

/* Takes back what hook_only left. False when somebody does not let go of the disk: then all of it stays, and works. */
bool efi_withdraw_disk(void);

/*
 * LoadImage() (UEFI 2.10, 7.4.1) in our name, of what lies at `path`, or of `size` bytes that have come from there; `path`, from
 * the pool, is given back in any case. EFI_SUCCESS with *image;
 * otherwise the firmware's answer, and *image is NULL: an image that Secure Boot refuses is loaded all the same, and unloaded
 * again.
 */
EFI_STATUS efi_load_image(EFI_DEVICE_PATH *path, void *bytes, size_t size, EFI_HANDLE *image);

#endif
