/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux tells of disks and their partitions below /sys. Texts are the caller's to free(). */
#ifndef SANSTRAP_TOOLS_SAVECORE_SYSFS_H
#define SANSTRAP_TOOLS_SAVECORE_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places and lengths in sectors of 512 bytes, whatever blocks the disk has. */
struct sysfs_partition {
    char *disk; /* its device */
    unsigned number;
    uint64_t first, sectors;
};

/* What the kernel has the partition at. False: the device is none, which was told. */
bool sysfs_partition(const char *device, struct sysfs_partition *partition);

/* The device of a disk's partition; NULL: the kernel knows none of that number. */
char *sysfs_partition_device(const char *disk, unsigned number);

/* That of one which the kernel has in these sectors, but of the one of this number and just there; NULL: of none. */
char *sysfs_partition_in_the_way(const char *disk, unsigned number, uint64_t first, uint64_t sectors);

/* Whether somebody has the whole disk: a RAID, a volume, a multipath device. */
bool sysfs_disk_is_held(const char *disk);

/*
 * The devices of all disks that may have areas; a list of *count, each and itself to be freed. Left out are those that another
 * device stands for (paths of a multipath disk, members of a RAID), and what has no disk behind it.
 */
char **sysfs_disks(size_t *count);

#endif
