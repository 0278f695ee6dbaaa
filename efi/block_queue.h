/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests of BlockIo2 that nobody waits for, in the order in which they came, and the turn of each (UEFI 2.10, 13.10). Of
 * two whose blocks overlap, one being a write, the later begins when the earlier has ended; a flush, when all earlier writes
 * have; all others are under way at the same time. Who waits for his own takes his place in the same row.
 *
 * "Inside" means inside the gate. What is not can be called at up to TPL_NOTIFY, whoever is inside.
 */
#ifndef SANSTRAP_EFI_BLOCK_QUEUE_H
#define SANSTRAP_EFI_BLOCK_QUEUE_H

#include "efi/home.h"

enum block_job_state { JOB_WAITS, JOB_GOES_ON, JOB_ENDED };

/* What is to be done: the first part is the caller's to fill in, the rest the queue's. */
struct block_job {
    enum disk_operation operation;
    uint64_t lba, blocks;
    void *buffer;
    EFI_BLOCK_IO2_TOKEN *token; /* its event is to be signalled, and the job is from the pool; NULL: somebody waits for it */

    struct block_job *next;
    enum block_job_state state;
    EFI_STATUS answer; /* when it has ended */
    deadline_t until;
    struct disk_transfer transfer;
};

/* At the row's end. */
void block_queue_add(struct block_job *job);

/* Has something not ended? */
bool block_queue_is_busy(void);

/*
 * Inside, after a turn of the disk or before: each job goes on as far as it comes without waiting; one that has been under way
 * for job_ms, in which neither it nor one before it got further, is given up. block_io_conclude() says what the end of one
 * means. False when all have ended.
 */
bool block_queue_turn(struct disk *disk, uint32_t job_ms);

/* Inside: adds a job without token, waits for its end, and takes it out again. */
EFI_STATUS block_queue_run(struct block_job *job, struct disk *disk, uint32_t job_ms);

/* Inside: all end, with EFI_ABORTED; their buffers are touched no more. */
void block_queue_abort(void);

/* Outside: those that have ended get their answer, and their event is signalled, which may call anybody. */
void block_queue_signal(void);

/* When boot services end, the card being closed: all get EFI_ABORTED, and disk and pool are left alone. */
void block_queue_abandon(void);

#endif
