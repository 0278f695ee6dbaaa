/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk: numbered blocks, read, written and flushed. iscsi/scsi_disk.h gives one over an iSCSI session; a cache is a disk on top
 * of a disk. Submitting and waiting are separate, so that several requests can be in flight; one thread does both.
 */
#ifndef SANSTRAP_DISK_H
#define SANSTRAP_DISK_H

#include "platform/platform.h"

enum disk_operation { DISK_READ, DISK_WRITE, DISK_FLUSH };

/* The caller's to place; it and its buffer must stay until `done`. */
struct disk_request {
    enum disk_operation operation;
    uint64_t lba;
    uint32_t blocks; /* 0 only for DISK_FLUSH; otherwise at most disk->max_blocks */
    void *buffer;    /* blocks * block_size bytes */

    bool done;
    enum status status; /* valid when done */
    void *link[2];      /* the disk's own */
};

struct disk;

struct disk_ops {
    /* Queues a request whose range has been checked. Never waits. */
    void (*submit)(struct disk *disk, struct disk_request *request);
    /* Moves everything that can move; never waits. */
    void (*pump)(struct disk *disk);
    /* Gives up a request that is not done: when it returns, the request is done and its buffer is touched no more. */
    void (*cancel)(struct disk *disk, struct disk_request *request);
};

/* Embedded as the first member of the implementation's own structure. */
struct disk {
    const struct disk_ops *ops;
    uint32_t block_size;          /* bytes, a power of two, 512..65536 */
    uint64_t block_count;         /* > 0 */
    uint32_t max_blocks;          /* per request */
    uint32_t physical_block_size; /* bytes; block_size when not told */
    uint32_t lowest_aligned_lba;  /* the first block that a physical one begins with */
    bool read_only;
    bool removable;
    char vendor[9], product[17], revision[5]; /* from INQUIRY, trailing spaces cut */
    char serial[65];                          /* VPD 80h, printable, "" when the target has none */
    uint8_t wwid_length;                      /* VPD 83h: the designator chosen (NAA, then EUI-64, then SCSI name, then T10) */
    uint8_t wwid_type;                        /* its designator type */
    uint8_t wwid[64];
};

/*
 * Checks and queues. A request that cannot be (range, size, read-only disk) is done at once with its status:
 * E_DISK_RANGE, E_DISK_READ_ONLY, E_INVALID_ARGUMENT.
 */
void disk_submit(struct disk *disk, struct disk_request *request);

/* Pumps until `request` is done and returns its status; E_DISK_TIMEOUT (cancelled) when `deadline` passes before. */
enum status disk_wait(struct disk *disk, struct disk_request *request, deadline_t deadline);

/* Whole transfers of any length, cut into requests of max_blocks of which several are in flight. */
enum status disk_read(struct disk *disk, uint64_t lba, uint64_t blocks, void *to, deadline_t deadline);
enum status disk_write(struct disk *disk, uint64_t lba, uint64_t blocks, const void *from, deadline_t deadline);
enum status disk_flush(struct disk *disk, deadline_t deadline);

#endif
