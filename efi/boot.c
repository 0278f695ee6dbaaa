/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk is published, the firmware finds its file systems, and a boot loader on them starts. */
#include "efi/boot.h"

#include "efi/block_io.h"
#include "efi/boot_files.h"

enum status efi_boot_disk(struct disk *disk, const struct boot_options *options)
{
    enum status status = tables_publish(&options->tables);
    if (status != OK)
        return status;
    status = block_io_publish(disk, options);
    if (status != OK) {
        tables_withdraw();
        return status;
    }

    status = events_start(disk, options->nic);
    if (status == OK) {
        /* Its answer for a disk without partitions is Not Found: whether it found any shows in the file systems. */
        firmware.boot->ConnectController(block_io_handle(), NULL, NULL, TRUE);
        if (options->hook_only)
            return OK;
        status = block_io_verdict(boot_files_start(options->files));
    }

    if (!block_io_withdraw())
        block_io_empty();
    events_stop();
    tables_withdraw();
    return status;
}

bool efi_withdraw_disk(void)
{
    if (!block_io_withdraw()) {
        firmware.boot->ConnectController(block_io_handle(), NULL, NULL, TRUE);
        return false;
    }
    events_stop();
    tables_withdraw();
    return true;
}
