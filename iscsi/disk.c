/* SPDX-License-Identifier: BSD-2-Clause */
/* What every disk does alike: checking requests, waiting for them, cutting long transfers. */
#include "iscsi/disk.h"

#define IN_FLIGHT 4 /* requests of one transfer */

static enum status check_request(const struct disk *disk, const struct disk_request *request)
{
    if (request->operation == DISK_FLUSH)
        return OK;
    if (request->operation == DISK_WRITE && disk->read_only)
        return fail(E_DISK_READ_ONLY, "block %llu", (unsigned long long)request->lba);
    if (request->blocks == 0 || request->blocks > disk->max_blocks || !request->buffer)
        return fail(E_INVALID_ARGUMENT, "%u blocks, at most %u", (unsigned)request->blocks, (unsigned)disk->max_blocks);
    if (request->lba >= disk->block_count || request->blocks > disk->block_count - request->lba)
        return fail(E_DISK_RANGE, "blocks %llu + %u of %llu", (unsigned long long)request->lba, (unsigned)request->blocks,
                    (unsigned long long)disk->block_count);
    return OK;
}

void disk_queue_add(struct disk_queue *queue, struct disk_request *request)
{
    request->link[0] = NULL;
    if (queue->first)
        queue->last->link[0] = request;
    else
        queue->first = request;
    queue->last = request;
}

void disk_queue_remove(struct disk_queue *queue, struct disk_request *request)
{
    struct disk_request *before = NULL, *here = queue->first;

    while (here && here != request) {
        before = here;
        here = here->link[0];
    }
    if (!here)
        return;

    if (before)
        before->link[0] = request->link[0];
    else
        queue->first = request->link[0];
    if (queue->last == request)
        queue->last = before;
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
    request->status = check_request(disk, request);
    request->done = request->status != OK;
    if (!request->done)
        disk->ops->submit(disk, request);
}

enum status disk_wait(struct disk *disk, struct disk_request *request, deadline_t deadline)
{
    while (!request->done) {
        disk->ops->pump(disk);
        if (request->done)
            break;

        if (deadline_passed(deadline)) {
            disk->ops->cancel(disk, request);
            request->status = E_DISK_TIMEOUT;
            break;
        }
        platform_idle();
    }
    return request->status;
}

/* The requests run round a ring; the oldest is waited for and used anew. */
static enum status transfer_blocks(struct disk *disk, enum disk_operation operation, uint64_t lba, uint64_t blocks,
                                   uint8_t *buffer, deadline_t deadline)
{
    uint64_t submitted = 0, waited = 0;
    enum status result = OK;
    /* Each is filled in when its turn comes: most transfers are one. */
    struct disk_request ring[IN_FLIGHT];

    while (blocks || waited < submitted) {
        if (blocks && result == OK && submitted - waited < IN_FLIGHT) {
            struct disk_request *request = &ring[submitted++ % IN_FLIGHT];

            request->operation = operation;
            request->lba = lba;
            request->blocks = blocks < disk->max_blocks ? (uint32_t)blocks : disk->max_blocks;
            request->buffer = buffer;
            disk_submit(disk, request);

            buffer += (size_t)request->blocks * disk->block_size;
            lba += request->blocks;
            blocks -= request->blocks;
            continue;
        }

        if (waited == submitted)
            break;
        struct disk_request *oldest = &ring[waited++ % IN_FLIGHT];
        enum status status = disk_wait(disk, oldest, deadline);
        if (result == OK)
            result = status;
    }
    return result;
}

enum status disk_read(struct disk *disk, uint64_t lba, uint64_t blocks, void *to, deadline_t deadline)
{
    return transfer_blocks(disk, DISK_READ, lba, blocks, to, deadline);
}

enum status disk_write(struct disk *disk, uint64_t lba, uint64_t blocks, const void *from, deadline_t deadline)
{
    /* A request's buffer serves both directions; a writing one is only read from. */
    union {
        const void *from;
        void *buffer;
    } both = {.from = from};

    return transfer_blocks(disk, DISK_WRITE, lba, blocks, both.buffer, deadline);
}

enum status disk_flush(struct disk *disk, deadline_t deadline)
{
    struct disk_request request = {.operation = DISK_FLUSH};

    disk_submit(disk, &request);
    return disk_wait(disk, &request, deadline);
}
