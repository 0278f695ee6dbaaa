/* SPDX-License-Identifier: BSD-2-Clause */
/* What every disk does alike: checking requests, waiting for them, cutting long transfers. */
#include "iscsi/disk.h"

#include "platform/bytes.h"
#include "platform/format.h"

#define LARGE_IN_FLIGHT 4 /* requests of max_blocks: one would do for the line, more keep the disk behind it busy */

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

/* A write's data goes with its commands, as far as one round of them reaches; beyond that, the target asks each once for it. */
static void choose_piece(struct disk_transfer *transfer)
{
    const struct disk *disk = transfer->disk;
    uint32_t depth = smaller_of(disk->depth, DISK_IN_FLIGHT);

    transfer->piece = disk->max_blocks;
    transfer->most = LARGE_IN_FLIGHT;
    if (transfer->operation != DISK_WRITE)
        return;
    if (transfer->blocks <= (uint64_t)disk->prompt_blocks * depth) {
        transfer->piece = smaller_of(transfer->piece, disk->prompt_blocks);
        transfer->most = depth;
    } else if (disk->burst_blocks && depth >= LARGE_IN_FLIGHT) {
        transfer->piece = smaller_of(transfer->piece, disk->burst_blocks);
    }
}

void disk_transfer_begin(struct disk_transfer *transfer, struct disk *disk, enum disk_operation operation, uint64_t lba,
                         uint64_t blocks, void *buffer)
{
    /* The requests are filled in when their turn comes: most transfers are one. */
    transfer->disk = disk;
    transfer->operation = operation;
    transfer->lba = lba;
    transfer->blocks = blocks;
    transfer->buffer = buffer;
    choose_piece(transfer);
    transfer->submitted = transfer->waited = 0;
    transfer->status = OK;
}

/* No write is cut within a physical block, which the disk would have to read before. */
static uint32_t next_piece(const struct disk_transfer *transfer)
{
    const struct disk *disk = transfer->disk;
    uint32_t physical = disk->physical_block_size / disk->block_size, piece = transfer->piece;

    if (transfer->blocks <= piece)
        return (uint32_t)transfer->blocks;
    if (transfer->operation != DISK_WRITE || physical <= 1)
        return piece;
    uint32_t over = (uint32_t)(transfer->lba + piece - disk->lowest_aligned_lba) & (physical - 1);
    return over < piece ? piece - over : piece;
}

static struct disk_request *request_of(struct disk_transfer *transfer, unsigned number)
{
    return &transfer->ring[number % DISK_IN_FLIGHT];
}

static void submit_next(struct disk_transfer *transfer)
{
    struct disk_request *request = request_of(transfer, transfer->submitted++);

    request->operation = transfer->operation;
    request->lba = transfer->lba;
    request->blocks = next_piece(transfer);
    request->buffer = transfer->buffer;
    disk_submit(transfer->disk, request);

    transfer->buffer += (size_t)request->blocks * transfer->disk->block_size;
    transfer->lba += request->blocks;
    transfer->blocks -= request->blocks;
}

/* The record of failures holds one detail: that of the lowest block is kept as soon as it is there. */
static void look_at_requests(struct disk_transfer *transfer)
{
    unsigned end = transfer->status == OK ? transfer->submitted : transfer->failed;

    for (unsigned i = transfer->waited; i < end; i++) {
        const struct disk_request *request = request_of(transfer, i);

        if (!request->done || request->status == OK)
            continue;
        transfer->failed = i;
        transfer->status = request->status;
        format_text(transfer->why, sizeof transfer->why, "%s", failure_detail(request->status));
        break;
    }
    while (transfer->waited < transfer->submitted && request_of(transfer, transfer->waited)->done)
        transfer->waited++;
}

ALWAYS_INLINE bool has_ended(const struct disk_transfer *transfer)
{
    if (transfer->waited < transfer->submitted)
        return false;
    if (transfer->status != OK)
        fail(transfer->status, "%s", transfer->why);
    return true;
}

bool disk_transfer_turn(struct disk_transfer *transfer)
{
    bool flushes = transfer->operation == DISK_FLUSH && !transfer->submitted;

    look_at_requests(transfer);
    while ((transfer->blocks || flushes) && transfer->status == OK && transfer->submitted - transfer->waited < transfer->most) {
        submit_next(transfer);
        look_at_requests(transfer);
        flushes = false;
    }
    return has_ended(transfer);
}

void disk_transfer_cancel(struct disk_transfer *transfer)
{
    look_at_requests(transfer);
    for (unsigned i = transfer->waited; i < transfer->submitted; i++) {
        struct disk_request *request = request_of(transfer, i);

        if (request->done)
            continue;
        transfer->disk->ops->cancel(transfer->disk, request);
        request->status = E_DISK_TIMEOUT;
        look_at_requests(transfer);
    }
    if (transfer->status == OK && transfer->blocks)
        transfer->status =
            fail(E_DISK_TIMEOUT, "operation %u, block %llu", (unsigned)transfer->operation, (unsigned long long)transfer->lba);
    else
        has_ended(transfer);
}

static enum status transfer_blocks(struct disk *disk, enum disk_operation operation, uint64_t lba, uint64_t blocks, void *buffer,
                                   deadline_t deadline)
{
    struct disk_transfer transfer;

    disk_transfer_begin(&transfer, disk, operation, lba, blocks, buffer);
    bool ended = disk_transfer_turn(&transfer);
    while (!ended) {
        disk->ops->pump(disk);
        ended = disk_transfer_turn(&transfer);
        if (!ended && deadline_passed(deadline)) {
            disk_transfer_cancel(&transfer);
            ended = true;
        } else if (!ended) {
            platform_idle();
        }
    }
    return transfer.status;
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
    return transfer_blocks(disk, DISK_FLUSH, 0, 0, NULL, deadline);
}
