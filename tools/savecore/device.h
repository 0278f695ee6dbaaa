/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk, or a file that is the image of one. A disk is read and written past the page cache (O_DIRECT): another system wrote the
 * dump, and the cache may hold what was there before. Whole blocks go, from and to buffers of device_buffer().
 */
#ifndef SANSTRAP_TOOLS_SAVECORE_DEVICE_H
#define SANSTRAP_TOOLS_SAVECORE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_BLOCK_LEAST 512u
#define DEVICE_BLOCK_MOST  32768u

struct device {
    int file;
    char *path;
    bool is_device;      /* and no image */
    uint32_t block_size; /* bytes; the logical one */
    uint64_t blocks;
};

enum device_access { DEVICE_READ, DEVICE_WRITE };

/* All complain when they fail. An image has blocks of image_block_size. */
bool device_open(struct device *disk, const char *path, enum device_access access, uint32_t image_block_size);
bool device_open_writer(struct device *writer, const struct device *disk); /* the very same, or not at all */
bool device_read(const struct device *disk, uint64_t lba, void *to, size_t length);
bool device_write(const struct device *disk, uint64_t lba, const void *from, size_t length);
bool device_flush(const struct device *disk); /* to the medium */
void device_close(struct device *disk);

/* Memory at an address that every disk takes, to be freed by free(); zeros. */
void *device_buffer(size_t size);

/* The least multiple of the block size that has so many bytes. */
size_t device_whole_blocks(const struct device *disk, size_t bytes);

#endif
