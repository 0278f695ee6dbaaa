/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The row is changed at TPL_HIGH_LEVEL alone. It is walked inside the gate, where only another's end can be added to it: jobs are
 * taken out by whoever is inside, or when nobody is.
 */
#include "efi/block_queue.h"

#include "efi/block_io.h"

static struct block_job *first;

void block_queue_add(struct block_job *job)
{
    job->next = NULL;
    job->state = JOB_WAITS;

    EFI_TPL old = firmware.boot->RaiseTPL(TPL_HIGH_LEVEL);
    struct block_job **end = &first;
    while (*end)
        end = &(*end)->next;
    *end = job;
    firmware.boot->RestoreTPL(old);
}

/* `job`, or, when that is NULL, the first that has ended and has a token; NULL when there is none. */
static struct block_job *take_out(const struct block_job *job)
{
    EFI_TPL old = firmware.boot->RaiseTPL(TPL_HIGH_LEVEL);
    struct block_job **at = &first;
    while (*at && *at != job && (job || (*at)->state != JOB_ENDED || !(*at)->token))
        at = &(*at)->next;

    struct block_job *taken = *at;
    if (taken)
        *at = taken->next;
    firmware.boot->RestoreTPL(old);
    return taken;
}

bool block_queue_is_busy(void)
{
    for (const struct block_job *job = first; job; job = job->next) {
        if (job->state != JOB_ENDED)
            return true;
    }
    return false;
}

/* ---- turns ---- */

static bool must_wait_for(const struct block_job *job, const struct block_job *earlier)
{
    if (earlier->state == JOB_ENDED || earlier->operation == DISK_FLUSH)
        return false;
    if (job->operation == DISK_FLUSH)
        return earlier->operation == DISK_WRITE;
    if (job->operation == DISK_READ && earlier->operation == DISK_READ)
        return false;
    return job->lba < earlier->lba + earlier->blocks && earlier->lba < job->lba + job->blocks;
}

static bool may_begin(const struct block_job *job)
{
    for (const struct block_job *earlier = first; earlier != job; earlier = earlier->next) {
        if (must_wait_for(job, earlier))
            return false;
    }
    return true;
}

/*
 * True when it, or one before it that `moved` tells of, has got further: the disk serves them in their order, so the time of all
 * that wait begins anew.
 */
static bool go_on(struct block_job *job, uint32_t job_ms, bool moved)
{
    unsigned before = job->transfer.waited;
    bool ended = disk_transfer_turn(&job->transfer);
    moved = moved || ended || job->transfer.waited != before;
    if (moved)
        job->until = deadline_after_ms(job_ms);
    if (!ended && !deadline_passed(job->until))
        return moved;

    if (!ended)
        disk_transfer_cancel(&job->transfer);
    job->answer = block_io_conclude(job->operation, job->lba, job->blocks, job->transfer.status);
    job->state = JOB_ENDED;
    return moved;
}

bool block_queue_turn(struct disk *disk, uint32_t job_ms)
{
    bool moved = false;
    for (struct block_job *job = first; job; job = job->next) {
        if (job->state == JOB_WAITS && may_begin(job)) {
            disk_transfer_begin(&job->transfer, disk, job->operation, job->lba, job->blocks, job->buffer);
            job->until = deadline_after_ms(job_ms);
            job->state = JOB_GOES_ON;
        }
        if (job->state == JOB_GOES_ON)
            moved = go_on(job, job_ms, moved);
    }
    return block_queue_is_busy();
}

/* It ends: what is before it is given up when it stands still for job_ms, each, and nothing comes in between. */
EFI_STATUS block_queue_run(struct block_job *job, struct disk *disk, uint32_t job_ms)
{
    block_queue_add(job);
    block_queue_turn(disk, job_ms);
    while (job->state != JOB_ENDED) {
        disk->ops->pump(disk);
        block_queue_turn(disk, job_ms);
        if (job->state != JOB_ENDED)
            platform_idle();
    }
    take_out(job);
    return job->answer;
}

void block_queue_abort(void)
{
    for (struct block_job *job = first; job; job = job->next) {
        if (job->state == JOB_GOES_ON)
            disk_transfer_cancel(&job->transfer);
        if (job->state != JOB_ENDED)
            job->answer = EFI_ABORTED;
        job->state = JOB_ENDED;
    }
}

/* ---- ends ---- */

void block_queue_signal(void)
{
    for (struct block_job *job = take_out(NULL); job; job = take_out(NULL)) {
        EFI_BLOCK_IO2_TOKEN *token = job->token;
        token->TransactionStatus = job->answer;
        firmware.boot->FreePool(job);
        firmware.boot->SignalEvent(token->Event);
    }
}

/* What is freed now would be another memory map than the one that the caller has just been given. */
void block_queue_abandon(void)
{
    struct block_job *job = first;
    first = NULL;
    for (; job; job = job->next) {
        if (!job->token)
            continue;
        job->token->TransactionStatus = job->state == JOB_ENDED ? job->answer : EFI_ABORTED;
        firmware.boot->SignalEvent(job->token->Event);
    }
}
