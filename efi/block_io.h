/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk as the firmware sees it: one handle with device path, BlockIo (revision 3), BlockIo2 and DiskInfo. */
#ifndef SANSTRAP_EFI_BLOCK_IO_H
#define SANSTRAP_EFI_BLOCK_IO_H

#include "efi/block_rules.h"
#include "efi/home.h"

/*
 * Makes the handle. The disk is used from within its functions until block_io_withdraw(), each time inside the gate of guard.c.
 * E_BOOT_PUBLISH when the firmware does not take it.
 */
enum status block_io_publish(struct disk *disk, const struct boot_options *options);

/*
 * Sends the firmware's drivers away from the disk and takes the handle back. False when somebody does not let go of it: all is
 * then as before, but for the drivers. Our image must not end as long as it is so.
 */
bool block_io_withdraw(void);

/* The disk is used no more: a handle that could not be taken back answers EFI_NO_MEDIA from now on. */
void block_io_empty(void);

/* The published handle and its device path; NULL when there is none. */
EFI_HANDLE block_io_handle(void);
EFI_DEVICE_PATH *block_io_path(void);

/* ---- what BlockIo and BlockIo2 share ---- */

/* The interface to publish beside BlockIo, with the same media. */
EFI_BLOCK_IO2_PROTOCOL *block_io2_of(EFI_BLOCK_IO_MEDIA *media);

/* False when the disk was withdrawn, or the handle is empty. */
bool block_io_is_there(void);

/* The rules alone: EFI_SUCCESS with *nothing set when there is nothing to move. */
EFI_STATUS block_io_check(const struct block_request *request, bool *nothing);

/* Move what has been checked. EFI_DEVICE_ERROR when we are inside the stack already, or boot services have ended. */
EFI_STATUS block_io_move(const struct block_request *request);
EFI_STATUS block_io_flush(void);

#endif
