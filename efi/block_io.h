/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk as the firmware sees it: one handle with device path, BlockIo (revision 3), BlockIo2 and DiskInfo (UEFI 2.10, 13.9 and
 * 13.10). There is one at a time. Publishing and withdrawing is for TPL_APPLICATION, outside the gate; the protocols' functions
 * may be called at up to TPL_NOTIFY, and enter the gate themselves.
 */
#ifndef SANSTRAP_EFI_BLOCK_IO_H
#define SANSTRAP_EFI_BLOCK_IO_H

#include "efi/block_rules.h"
#include "efi/home.h"

/*
 * Makes the handle, in place of one that was withdrawn or emptied. `disk` is used until block_io_withdraw() or block_io_empty();
 * of `options` nothing is. E_BOOT_PUBLISH when the firmware does not take it, or somebody still holds the handle before it.
 */
enum status block_io_publish(struct disk *disk, const struct boot_options *options);

/*
 * Sends the firmware's drivers away from the disk and takes the handle back; true when there is none. What was begun is then
 * aborted. False when somebody does not let go of it: all is then as before, but for the drivers. Our image must not end as long
 * as it is so. While events are on: a driver may wait for what it has begun.
 */
bool block_io_withdraw(void);

/* The disk is used no more: a handle that could not be taken back answers EFI_NO_MEDIA from now on, and what was begun ends. */
void block_io_empty(void);

/*
 * What is to be said of a boot that ended with `status`: when the firmware found no file system or file, or could not load one,
 * and a read of the disk has failed since it was published, that is the failure, recorded with its own words; else `status`.
 */
enum status block_io_verdict(enum status status);

/* The published handle and its device path, empty or not; NULL when there is none. They stay the room's own. */
EFI_HANDLE block_io_handle(void);
EFI_DEVICE_PATH *block_io_path(void);

/* ---- what BlockIo and BlockIo2 share ---- */

/* The interface to publish beside BlockIo, with the same media. There is one. */
EFI_BLOCK_IO2_PROTOCOL *block_io2_of(EFI_BLOCK_IO_MEDIA *media);

/* False when the disk was withdrawn, or the handle is empty. */
bool block_io_has_disk(void);

/*
 * Holds a request to the rules, without the disk: EFI_SUCCESS when it may be passed to block_io_transfer(), or *nothing is set,
 * as there is nothing to move; EFI_NO_MEDIA without a disk.
 */
EFI_STATUS block_io_check(const struct block_request *request, bool *nothing);

/*
 * Move what has been checked, and flush; return when it is done, within options->call_ms; while there are requests of others,
 * when neither it nor one before it has got further for so long (block_queue.h). EFI_DEVICE_ERROR when we are inside the stack
 * already, or boot services have ended; otherwise what block_answer_of() makes of the disk's status. A disk that cannot be
 * written has nothing to flush: EFI_SUCCESS.
 */
EFI_STATUS block_io_transfer(const struct block_request *request);
EFI_STATUS block_io_flush(void);

/*
 * The same for somebody who does not wait: EFI_SUCCESS when the token's event will be signalled, at the earliest before this
 * returns; else it will not. EFI_OUT_OF_RESOURCES; EFI_DEVICE_ERROR when boot services have ended. Without a request it is a
 * flush. The token and the buffer are used until then.
 */
EFI_STATUS block_io_begin(EFI_BLOCK_IO2_TOKEN *token, const struct block_request *request);

/* Inside the gate: whoever has begun something gets on with it; true: it is not all done. */
bool block_io_turn(void);

/* What the end of a read, write or flush is to its caller; a failure is logged, and remembered for block_io_verdict(). */
EFI_STATUS block_io_conclude(enum disk_operation operation, uint64_t lba, uint64_t blocks, enum status status);

/*
 * A reset, extended or not, leaves the disk alone: whether the session is healthy shows at its next command, which mends it.
 * BlockIo2's ends what was begun, with EFI_ABORTED. EFI_DEVICE_ERROR without a disk, or when that cannot be.
 */
EFI_STATUS block_io_reset(void);
EFI_STATUS block_io_abort(void);

#endif
