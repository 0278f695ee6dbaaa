/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks by O_DIRECT, and their images as plain files. */
#define _GNU_SOURCE /* O_DIRECT */
#include "tools/savecore/device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/complain.h"
#include "tools/common/memory.h"

static bool complain_cannot(const char *what, const char *path)
{
    complain("cannot %s %s: %s", what, path, strerror(errno));
    return false;
}

void *device_buffer(size_t size)
{
    void *buffer;
    if (posix_memalign(&buffer, DEVICE_BLOCK_MOST, size) != 0) {
        complain("no memory for %zu bytes", size);
        exit(EXIT_WITHOUT_MEMORY);
    }
    return memset(buffer, 0, size);
}

size_t device_whole_blocks(const struct device *disk, size_t bytes)
{
    return (bytes + disk->block_size - 1) & ~(size_t)(disk->block_size - 1);
}

static bool measure_device(struct device *disk)
{
    int block_size = 0;
    uint64_t bytes = 0;
    if (ioctl(disk->file, BLKSSZGET, &block_size) < 0 || ioctl(disk->file, BLKGETSIZE64, &bytes) < 0)
        return complain_cannot("ask for the size of", disk->path);

    disk->block_size = (uint32_t)block_size;
    disk->blocks = block_size > 0 ? bytes / (uint32_t)block_size : 0;
    return true;
}

static bool measure(struct device *disk, const struct stat *status, uint32_t image_block_size)
{
    disk->is_device = S_ISBLK(status->st_mode);
    if (!disk->is_device && !S_ISREG(status->st_mode)) {
        complain("%s is neither a disk nor a file", disk->path);
        return false;
    }

    disk->block_size = image_block_size;
    disk->blocks = (uint64_t)status->st_size / image_block_size;
    if (disk->is_device && !measure_device(disk))
        return false;

    uint32_t size = disk->block_size;
    if (size >= DEVICE_BLOCK_LEAST && size <= DEVICE_BLOCK_MOST && (size & (size - 1)) == 0)
        return true;
    complain("%s has blocks of %" PRIu32 " bytes: powers of two from %u to %u can be used", disk->path, size, DEVICE_BLOCK_LEAST,
             DEVICE_BLOCK_MOST);
    return false;
}

bool device_open(struct device *disk, const char *path, enum device_access access, uint32_t image_block_size)
{
    struct stat status;
    *disk = (struct device){.file = -1, .path = memory_copy_text(path)};
    if (stat(path, &status) < 0)
        return complain_cannot("look at", path);

    int direct = S_ISBLK(status.st_mode) ? O_DIRECT : 0;
    disk->file = open(path, (access == DEVICE_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | direct);
    if (disk->file < 0)
        return complain_cannot("open", path);
    return measure(disk, &status, image_block_size);
}

/* A path may have come to lead elsewhere since the disk was looked at. */
bool device_open_writer(struct device *writer, const struct device *disk)
{
    struct stat looked_at, now;
    if (!device_open(writer, disk->path, DEVICE_WRITE, disk->block_size))
        return false;
    if (fstat(disk->file, &looked_at) < 0 || fstat(writer->file, &now) < 0)
        return complain_cannot("look at", disk->path);

    bool is_same = disk->is_device ? S_ISBLK(now.st_mode) && looked_at.st_rdev == now.st_rdev
                                   : looked_at.st_dev == now.st_dev && looked_at.st_ino == now.st_ino;
    if (!is_same)
        complain("%s is another disk now than the one that was looked at: nothing is written", disk->path);
    return is_same;
}

/* `length` bytes at `lba`, inside the disk, as an offset; or -1. */
static off_t offset_of(const struct device *disk, uint64_t lba, size_t length)
{
    uint64_t blocks = length / disk->block_size;
    if (length % disk->block_size == 0 && blocks <= disk->blocks && lba <= disk->blocks - blocks &&
        disk->blocks <= INT64_MAX / disk->block_size)
        return (off_t)(lba * disk->block_size);
    complain("%s has no %zu bytes at block %" PRIu64, disk->path, length, lba);
    return -1;
}

bool device_read(const struct device *disk, uint64_t lba, void *to, size_t length)
{
    off_t offset = offset_of(disk, lba, length);
    if (offset < 0)
        return false;

    for (size_t at = 0; at < length;) {
        ssize_t got = pread(disk->file, (uint8_t *)to + at, length - at, offset + (off_t)at);
        if (got < 0 && errno != EINTR)
            return complain_cannot("read", disk->path);
        if (got == 0) {
            complain("%s ends at byte %" PRIu64 ": it became shorter", disk->path, (uint64_t)offset + at);
            return false;
        }
        at += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool device_write(const struct device *disk, uint64_t lba, const void *from, size_t length)
{
    off_t offset = offset_of(disk, lba, length);
    if (offset < 0)
        return false;

    for (size_t at = 0; at < length;) {
        ssize_t put = pwrite(disk->file, (const uint8_t *)from + at, length - at, offset + (off_t)at);
        if (put < 0 && errno != EINTR)
            return complain_cannot("write", disk->path);
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

bool device_flush(const struct device *disk)
{
    return fsync(disk->file) == 0 || complain_cannot("flush", disk->path);
}

void device_close(struct device *disk)
{
    if (disk->file >= 0)
        close(disk->file);
    free(disk->path);
    *disk = (struct device){.file = -1};
}
