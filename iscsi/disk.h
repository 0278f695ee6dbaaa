/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk: numbered blocks, read, written and flushed. scsi_disk_contract() in iscsi/iscsi.h gives one over an iSCSI session, and
 * cache/cache.h a disk on a disk. Submitting and waiting are separate, so that several requests can be in flight; one
 * thread does both.
 *
 * Requests that are in flight at one time may be carried out in any order, and after an outage a second time. So whoever cares
 * submits one only when the other is done: a read or a write whose blocks overlap those of a write; a flush, which covers the
 * writes that were done when it was submitted. Data that a write is done with is on the disk, perhaps in its cache, until then.
 */
#ifndef SANSTRAP_DISK_H
#define SANSTRAP_DISK_H

#include "platform/platform.h"

enum disk_operation { DISK_READ, DISK_WRITE, DISK_FLUSH };

/* The caller's to place; it and its buffer, which is no other's in flight, must stay until `done`. */
struct disk_request {
    enum disk_operation operation;
    uint64_t lba;
    uint32_t blocks; /* 0 only for DISK_FLUSH; otherwise at most disk->max_blocks */
    void *buffer;    /* blocks * block_size bytes */

    bool done;
    enum status status; /* valid when done: OK, or one of those below */
    void *link[2];      /* the disk's own until then */
};

/*
 * What a request can end with: E_DISK_RANGE, E_DISK_READ_ONLY (also when the target finds it), E_INVALID_ARGUMENT,
 * E_DISK_TIMEOUT (given up by cancel), E_LUN_MISSING, E_LUN_NOT_READY and E_SCSI_* as the target judges (E_SCSI_SHORT: not every
 * byte moved, however often it was tried), E_DISK_OTHER (this is not the disk that was opened: for ever), and from the session
 * E_ISCSI_TIMEOUT (lost for recovery_timeout_ms), E_ISCSI_CLOSED, what the target did wrong with this one several times in a row
 * (iscsi_session_wait()), or the status that keeps it from logging in again.
 */

struct disk;

struct disk_ops {
    /* Queues a request whose range has been checked. Never waits. */
    void (*submit)(struct disk *disk, struct disk_request *request);
    /* Moves everything that can move, a lost connection's next step included, and finishes requests. Never waits. */
    void (*pump)(struct disk *disk);
    /*
     * Gives up a request that is not done: when it returns, the request is done with E_DISK_TIMEOUT, whose detail is recorded,
     * and its buffer is touched no more. Never waits. A write given up may be on the disk, wholly or in part; later writes come
     * after it.
     */
    void (*cancel)(struct disk *disk, struct disk_request *request);
};

/* For implementations: requests in a row, by link[0]. All zero: empty. */
struct disk_queue {
    struct disk_request *first, *last;
};

void disk_queue_add(struct disk_queue *queue, struct disk_request *request);
void disk_queue_remove(struct disk_queue *queue, struct disk_request *request); /* nothing, when it is not in it */

/*
 * `epoch` is another number whenever what was read before may be stale: there was a reconnect, the disk is in doubt or turned out
 * to be another, its capacity changed. It changes before anything is done that was read after that; the other fields only change
 * with it, and block_size never. Whoever keeps what he has read looks at it before he gives it out.
 */

/* Embedded as the first member of the implementation's own structure. */
struct disk {
    const struct disk_ops *ops;
    uint32_t block_size;          /* bytes, a power of two, 512..65536 */
    uint64_t block_count;         /* > 0 */
    uint32_t epoch;               /* as above */
    uint32_t max_blocks;          /* per request */
    uint32_t prompt_blocks;       /* a write of up to so many takes one round trip; 0: none is known to */
    uint32_t burst_blocks;        /* … and one of up to so many, two; 0: not known */
    uint32_t depth;               /* requests that the target takes at one time, as far as that is known; 0: it is not */
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
 * Checks and queues; never waits. A request that cannot be is done at once with its status: E_DISK_RANGE, E_DISK_READ_ONLY,
 * E_INVALID_ARGUMENT (no blocks, more than max_blocks, no buffer).
 */
void disk_submit(struct disk *disk, struct disk_request *request);

/* Pumps until `request` is done and returns its status; E_DISK_TIMEOUT (cancelled) when `deadline` passes before. */
enum status disk_wait(struct disk *disk, struct disk_request *request, deadline_t deadline);

/*
 * A whole transfer of any length, cut into requests of which several are in flight: reads of max_blocks; writes so that they need
 * the fewest round trips. The caller's to place; it and the buffer must stay until it has ended. The fields are its own but
 * `status`, which is valid then: OK, or the failure of the lowest block that failed, with its detail recorded. What was in flight
 * beside that may have been carried out.
 */
#define DISK_IN_FLIGHT 16 /* requests of one transfer */
struct disk_transfer {
    struct disk *disk;
    enum disk_operation operation;
    uint64_t lba, blocks; /* that are not submitted yet */
    uint8_t *buffer;
    uint32_t piece;             /* blocks of a request */
    unsigned most;              /* requests in flight */
    unsigned submitted, waited; /* requests so far, and those at their head that are done */
    unsigned failed;            /* the first of them that did, when status is not OK */
    enum status status;
    char why[192]; /* its detail */
    struct disk_request ring[DISK_IN_FLIGHT];
};

/* Nothing is submitted yet. `buffer` is only read from by a write. A flush has no blocks. */
void disk_transfer_begin(struct disk_transfer *transfer, struct disk *disk, enum disk_operation operation, uint64_t lba,
                         uint64_t blocks, void *buffer);

/* To be asked once, and again after each turn of the disk: goes on, and says whether it has ended. Never waits. */
bool disk_transfer_turn(struct disk_transfer *transfer);

/* Gives it up: it has ended, with E_DISK_TIMEOUT if something was left to do, and the buffer is touched no more. Never waits. */
void disk_transfer_cancel(struct disk_transfer *transfer);

/* The same in one call; given up when `deadline` passes before it has ended. */
enum status disk_read(struct disk *disk, uint64_t lba, uint64_t blocks, void *to, deadline_t deadline);
enum status disk_write(struct disk *disk, uint64_t lba, uint64_t blocks, const void *from, deadline_t deadline);
enum status disk_flush(struct disk *disk, deadline_t deadline);

#endif
