/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk, or a file that is the image of one. A disk is read and written past the page cache (O_DIRECT): another system wrote the
 * dump, and the cache may hold what was there before. Whole blocks go, from and to buffers of disk_buffer().
 */
#ifndef SANSTRAP_TOOLS_SAVECORE_DISK_H
#define SANSTRAP_TOOLS_SAVECORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_BLOCK_LEAST 512u
#define DISK_BLOCK_MOST  32768u

struct disk {
    int file;
    char *path;
    bool is_device;      /* and no image */
    uint32_t block_size; /* bytes; the logical one */
    uint64_t blocks;
};

enum disk_access { DISK_READ, DISK_WRITE };

/* All complain when they fail. An image has blocks of image_block_size. */
bool disk_open(struct disk *disk, const char *path, enum disk_access access, uint32_t image_block_size);
bool disk_read(const struct disk *disk, uint64_t lba, void *to, size_t length);
bool disk_write(const struct disk *disk, uint64_t lba, const void *from, size_t length);
bool disk_flush(const struct disk *disk); /* to the medium */
void disk_close(struct disk *disk);

/* Memory at an address that every disk takes, to be freed by free(); zeros. */
void *disk_buffer(size_t size);

/* The least multiple of the block size that has so many bytes. */
size_t disk_whole_blocks(const struct disk *disk, size_t bytes);

#endif
