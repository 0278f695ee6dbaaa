/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk contract on SCSI commands: which request has which command, and which is to be asked again. */
#include "iscsi/scsi_disk.h"

#include "platform/format.h"

#define PIECE_LEAST (4 * KIB)

static void submit_task(struct scsi_disk *disk, struct scsi_slot *slot)
{
    struct disk_request *request = slot->request;
    struct iscsi_task *task = &slot->task;

    memcpy(task->lun, disk->lun, 8);
    task->probing = false;
    task->buffer = NULL;
    task->length = 0;
    if (request->operation == DISK_FLUSH) {
        scsi_cdb_flush(task->cdb);
        task->direction = ISCSI_NO_DATA;
    } else {
        scsi_cdb_transfer(task->cdb, request->operation == DISK_WRITE, request->lba, request->blocks);
        task->direction = request->operation == DISK_WRITE ? ISCSI_WRITE : ISCSI_READ;
        task->buffer = request->buffer;
        task->length = request->blocks * disk->disk.block_size;
    }
    slot->pausing = false;
    iscsi_session_submit(disk->session, task);
}

static void finish_request(struct scsi_disk *disk, struct scsi_slot *slot, enum status status)
{
    struct disk_request *request = slot->request;

    slot->request = NULL;
    while (disk->slot_end && !disk->slots[disk->slot_end - 1].request)
        disk->slot_end--;
    request->status = status;
    request->done = true;
}

/* The task is done: is the request? */
static void conclude_task(struct scsi_disk *disk, struct scsi_slot *slot)
{
    enum status status = slot->task.status;
    enum scsi_verdict verdict = SCSI_FAILED;

    if (status == OK)
        verdict = scsi_judge(&slot->task, true, &status);
    /* It was there when it was opened: a restarted target brings its LUNs back one after the other. */
    if (status == E_LUN_MISSING)
        verdict = SCSI_LATER;
    if (verdict == SCSI_LATER && !slot->patience)
        slot->patience = deadline_after_ms(SCSI_PATIENCE_MS);
    /* A LUN without a cache to flush may not know the command; then everything is flushed already. */
    if (verdict == SCSI_FAILED && status == E_SCSI_COMMAND && slot->request->operation == DISK_FLUSH)
        verdict = SCSI_DONE;

    if (verdict == SCSI_AGAIN && slot->tries++ < SCSI_TRIES_MAX) {
        slot->again_at = 0;
        slot->pausing = true;
    } else if (verdict == SCSI_LATER && !deadline_passed(slot->patience)) {
        slot->again_at = deadline_after_ms(SCSI_PAUSE_MS);
        slot->pausing = true;
    } else {
        finish_request(disk, slot, verdict == SCSI_DONE ? OK : status);
    }
}

ALWAYS_INLINE void fill_slots(struct scsi_disk *disk)
{
    for (unsigned i = 0; i < disk->slot_count && disk->waiting.first; i++) {
        struct scsi_slot *slot = &disk->slots[i];

        if (slot->request)
            continue;

        slot->request = disk->waiting.first;
        disk_queue_remove(&disk->waiting, slot->request);
        slot->request->link[0] = NULL;
        slot->tries = 0;
        slot->patience = 0;
        if (disk->slot_end <= i)
            disk->slot_end = i + 1;
        submit_task(disk, slot);
    }
}

static void scsi_disk_submit(struct disk *contract, struct disk_request *request)
{
    struct scsi_disk *disk = (struct scsi_disk *)contract;

    if (disk->other[0]) {
        request->status = fail(E_DISK_OTHER, "%s", disk->other);
        request->done = true;
        return;
    }

    disk_queue_add(&disk->waiting, request);
    if (!iscsi_session_doubt(disk->session))
        fill_slots(disk);
}

/* While the disk is in doubt nothing that it says is believed, nor afterwards: it may have been another that said it. */
static void ask_again(struct scsi_disk *disk, struct scsi_slot *slot)
{
    if (slot->tries++ < SCSI_TRIES_MAX) {
        slot->again_at = 0;
        slot->pausing = true;
    } else {
        finish_request(disk, slot,
                       fail(E_SCSI_FAILED, "command %02x: answered while the disk was in doubt, %u times",
                            slot->task.cdb[CDB_OPERATION_CODE], SCSI_TRIES_MAX + 1));
    }
}

/* No write is cut within a physical block, which the disk would have to read before; nor so that commands are all there is. */
static uint32_t whole_pieces(const struct disk *disk, uint32_t bytes)
{
    uint32_t piece = disk->physical_block_size > PIECE_LEAST ? disk->physical_block_size : PIECE_LEAST;

    return (bytes & ~(piece - 1)) / disk->block_size;
}

/* As this login has agreed. */
static void set_reach(struct scsi_disk *disk)
{
    struct iscsi_session_reach reach = iscsi_session_reach(disk->session);

    disk->disk.prompt_blocks = whole_pieces(&disk->disk, reach.unasked);
    disk->disk.burst_blocks = whole_pieces(&disk->disk, reach.unasked + reach.burst);
    disk->disk.depth = smaller_of(reach.window, disk->slot_count);
}

static void renew(deadline_t *patience, bool connected_anew, uint64_t pause)
{
    if (connected_anew)
        *patience = 0;
    else if (*patience)
        *patience += pause;
}

/* Patience is spent on a LUN that can be asked: not in a pause of the caller's, nor in an outage. */
static void renew_patience(struct scsi_disk *disk)
{
    uint64_t now = platform_ticks(), pause = now - disk->pumped_at;
    uint32_t reconnects = iscsi_session_reconnects(disk->session);
    bool connected_anew = reconnects != disk->reconnects;

    disk->pumped_at = now;
    disk->reconnects = reconnects;
    if (connected_anew)
        set_reach(disk);
    if (pause < SCSI_ABSENCE_MS * platform_ticks_per_ms())
        pause = 0;

    renew(&disk->identity.patience, connected_anew, pause);
    for (unsigned i = 0; i < disk->slot_end; i++)
        renew(&disk->slots[i].patience, connected_anew, pause);
}

static void scsi_disk_pump(struct disk *contract)
{
    struct scsi_disk *disk = (struct scsi_disk *)contract;

    iscsi_session_pump(disk->session);
    disk->disk.epoch = iscsi_session_doubts(disk->session);
    renew_patience(disk);
    bool trusted = !iscsi_session_doubt(disk->session);
    /* One failure a turn: there is one record of why. */
    const struct disk_request *failed = NULL;
    for (unsigned i = 0; i < disk->slot_end && !failed; i++) {
        struct scsi_slot *slot = &disk->slots[i];
        const struct disk_request *request = slot->request;

        if (!request)
            continue;
        if (slot->pausing && trusted && deadline_passed(slot->again_at))
            submit_task(disk, slot);
        else if (!slot->pausing && slot->task.done && !trusted && slot->task.status == OK)
            ask_again(disk, slot);
        else if (!slot->pausing && slot->task.done)
            conclude_task(disk, slot);
        if (request->done && request->status != OK)
            failed = request;
    }

    if (trusted)
        fill_slots(disk);
    else
        scsi_identity_turn(disk);
}

void scsi_disk_fail_all(struct scsi_disk *disk, enum status status)
{
    char detail[192];

    format_text(detail, sizeof detail, "%s", failure_detail(status));
    for (unsigned i = 0; i < disk->slot_end; i++) {
        struct scsi_slot *slot = &disk->slots[i];

        if (!slot->request)
            continue;
        if (!slot->pausing)
            iscsi_session_cancel(disk->session, &slot->task);
        finish_request(disk, slot, status);
    }
    while (disk->waiting.first) {
        struct disk_request *request = disk->waiting.first;

        disk_queue_remove(&disk->waiting, request);
        request->status = status;
        request->done = true;
    }
    fail(status, "%s", detail);
}

/* Also why nothing can be had of the target, if that is so. */
static enum status fail_given_up(const struct disk_request *request, enum status trouble)
{
    if (trouble == OK)
        return fail(E_DISK_TIMEOUT, "operation %u, block %llu", (unsigned)request->operation, (unsigned long long)request->lba);
    return fail(E_DISK_TIMEOUT, "operation %u, block %llu; no connection: S%u: %s", (unsigned)request->operation,
                (unsigned long long)request->lba, (unsigned)trouble, status_what(trouble));
}

static void scsi_disk_cancel(struct disk *contract, struct disk_request *request)
{
    struct scsi_disk *disk = (struct scsi_disk *)contract;

    if (request->done)
        return;

    enum status trouble = iscsi_session_trouble(disk->session);
    for (unsigned i = 0; i < disk->slot_end; i++) {
        if (disk->slots[i].request == request) {
            if (!disk->slots[i].pausing)
                iscsi_session_cancel(disk->session, &disk->slots[i].task);
            finish_request(disk, &disk->slots[i], fail_given_up(request, trouble));
            return;
        }
    }

    disk_queue_remove(&disk->waiting, request);
    request->status = fail_given_up(request, trouble);
    request->done = true;
}

static const struct disk_ops operations = {scsi_disk_submit, scsi_disk_pump, scsi_disk_cancel};

size_t scsi_disk_size(const struct iscsi_profile *profile)
{
    return sizeof(struct scsi_disk) + profile->commands * sizeof(struct scsi_slot);
}

enum status scsi_disk_open(struct scsi_disk *disk, struct iscsi_session *session, const uint8_t lun[8], deadline_t deadline)
{
    unsigned commands = iscsi_session_commands(session);
    memset(disk, 0, sizeof *disk + commands * sizeof *disk->slots);
    disk->slot_count = commands;
    disk->scratch = iscsi_session_scratch(session);
    disk->session = session;
    memcpy(disk->lun, lun, 8);
    disk->disk.ops = &operations;

    iscsi_session_guard(session);
    enum status status = scsi_probe(disk, deadline);
    if (status == OK)
        set_reach(disk);
    disk->disk.epoch = iscsi_session_doubts(session); /* nobody has read anything before */
    return status;
}

void scsi_disk_expect(struct scsi_disk *disk, const struct disk *known)
{
    disk->disk.block_size = known->block_size;
    disk->disk.block_count = known->block_count;
    disk->disk.wwid_type = known->wwid_type;
    disk->disk.wwid_length = known->wwid_length;
    memcpy(disk->disk.wwid, known->wwid, sizeof disk->disk.wwid);
    memcpy(disk->disk.serial, known->serial, sizeof disk->disk.serial);
    iscsi_session_suspect(disk->session);
    disk->disk.epoch = iscsi_session_doubts(disk->session);
}

struct disk *scsi_disk_contract(struct scsi_disk *disk)
{
    return &disk->disk;
}
