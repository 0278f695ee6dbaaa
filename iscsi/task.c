/* SPDX-License-Identifier: BSD-2-Clause */
/* SCSI commands in full feature phase: command, Data-Out, R2T, Data-In, response (RFC 7143 sections 11.3, 11.4, 11.7, 11.8). */
#include "iscsi/session.h"

#define SENSE_LENGTH_SIZE 2 /* of the field before the sense data */

/* The task that a target's PDU is about. A stale ITT names a slot, but another generation. */
static struct iscsi_task *find_task(const struct iscsi_session *session, const uint8_t *header)
{
    uint32_t itt = get_be32(header + BHS_ITT);
    struct iscsi_task *task = (itt & 0xFF) < SESSION_SLOTS ? session->slots[itt & 0xFF] : NULL;

    return task && task->itt == itt && task->state == TASK_ACTIVE ? task : NULL;
}

static enum status unknown_tag(const uint8_t *header)
{
    return fail(E_ISCSI_TAG, "opcode %02x for ITT %08x", header[BHS_OPCODE], (unsigned)get_be32(header + BHS_ITT));
}

void task_restart_timeout(struct iscsi_session *session, struct iscsi_task *task)
{
    task->stalled_at = deadline_after_ms(session->settings.command_timeout_ms);
}

static void release_slot(struct iscsi_session *session, struct iscsi_task *task)
{
    unsigned slot = task->itt & 0xFF;

    if (slot < SESSION_SLOTS && session->slots[slot] == task)
        session->slots[slot] = NULL;
}

void task_finish(struct iscsi_session *session, struct iscsi_task *task, enum status status)
{
    struct iscsi_task *before = NULL, *here = session->first;

    while (here && here != task) {
        before = here;
        here = here->next;
    }
    if (!here)
        return;

    if (before)
        before->next = task->next;
    else
        session->first = task->next;
    if (session->last == task)
        session->last = before;

    release_slot(session, task);
    task->state = TASK_DONE;
    task->status = status;
    task->next = NULL;
    task->done = true;
}

/* Done now, unless the stream may still read from the buffer. */
static void mark_answered(struct iscsi_session *session, struct iscsi_task *task)
{
    task->state = TASK_ANSWERED;
    task->out_end = task->out_offset;
    release_slot(session, task);
    recovery_end(session);
    if (task->direction != ISCSI_WRITE)
        task_finish(session, task, OK);
}

void task_finish_acknowledged(struct iscsi_session *session)
{
    uint64_t acknowledged = session->bytes_sent - session->stream->ops->unsent(session->stream);

    for (struct iscsi_task *task = session->first, *next; task; task = next) {
        next = task->next;
        if (task->state == TASK_ANSWERED && session->tx.task != task && acknowledged >= task->out_mark)
            task_finish(session, task, OK);
    }
}

void task_requeue_all(struct iscsi_session *session)
{
    for (struct iscsi_task *task = session->first, *next; task; task = next) {
        next = task->next;
        if (task->state == TASK_ANSWERED)
            task_finish(session, task, OK);
        else
            task->state = TASK_QUEUED;
    }
    memset(session->slots, 0, sizeof session->slots);
}

void task_finish_all(struct iscsi_session *session, enum status status)
{
    while (session->first)
        task_finish(session, session->first, session->first->state == TASK_ANSWERED ? OK : status);
}

/* ---- from the target ---- */

enum status task_data_in_begin(struct iscsi_session *session)
{
    struct receiver *rx = &session->rx;
    struct iscsi_task *task = find_task(session, rx->header);
    uint32_t offset = get_be32(rx->header + BHS_OFFSET), datasn = get_be32(rx->header + BHS_DATASN);

    if (!task || task->direction != ISCSI_READ)
        return unknown_tag(rx->header);
    if (datasn != task->datasn)
        return fail(E_ISCSI_SEQUENCE, "DataSN %u, expected %u", (unsigned)datasn, (unsigned)task->datasn);
    /* DataPDUInOrder and DataSequenceInOrder are Yes: the one legal order has neither gaps nor overlaps. */
    if (offset != task->progress || (uint64_t)offset + rx->data_length > task->length)
        return fail(E_ISCSI_DATA_IN, "offset %u and %u bytes, expected offset %u of %u bytes", (unsigned)offset,
                    (unsigned)rx->data_length, (unsigned)task->progress, (unsigned)task->length);

    rx->to = (uint8_t *)task->buffer + offset;
    rx->room = rx->data_length;
    rx->task = task;
    task_restart_timeout(session, task);
    return OK;
}

/* Takes the residual off, RFC 7143 section 11.4.5. */
static enum status set_transferred(struct iscsi_task *task, const uint8_t *header)
{
    uint8_t flags = header[BHS_FLAGS] & (FLAG_OVERFLOW | FLAG_UNDERFLOW);
    uint32_t residual = get_be32(header + BHS_RESIDUAL);

    task->transferred = task->length;
    if (flags == (FLAG_OVERFLOW | FLAG_UNDERFLOW))
        return fail(E_ISCSI_RESPONSE, "overflow and underflow together");
    if (flags == FLAG_UNDERFLOW) {
        if (residual > task->length)
            return fail(E_ISCSI_RESPONSE, "underflow of %u in %u bytes", (unsigned)residual, (unsigned)task->length);
        task->transferred = task->length - residual;
    }

    /* Whatever the target says, no more has moved than has passed here. */
    if (task->direction != ISCSI_NO_DATA && task->transferred > task->progress)
        task->transferred = task->progress;
    return OK;
}

enum status task_data_in_end(struct iscsi_session *session)
{
    struct receiver *rx = &session->rx;
    struct iscsi_task *task = rx->task;

    rx->task = NULL;
    task->progress += rx->data_length;
    task->datasn++;
    session_update_window(session, rx->header);

    /* Phase collapse: the last Data-In may be the response, too. */
    if (!(rx->header[BHS_FLAGS] & FLAG_STATUS))
        return OK;
    if (!(rx->header[BHS_FLAGS] & FLAG_FINAL))
        return fail(E_ISCSI_RESPONSE, "status in a Data-In that is not the final one");
    session_update_expstatsn(session, rx->header);
    enum status status = set_transferred(task, rx->header);
    if (status != OK)
        return status;

    task->scsi_status = rx->header[BHS_SCSI_STATUS];
    task->sense_length = 0;
    mark_answered(session, task);
    return OK;
}

/* The response's data: SenseLength and sense data, RFC 7143 section 11.4.7. */
static enum status copy_sense(const struct iscsi_session *session, struct iscsi_task *task)
{
    uint32_t length = session->rx.data_length;

    task->sense_length = 0;
    if (length < SENSE_LENGTH_SIZE)
        return OK;
    uint32_t sense_length = get_be16(session->text_in);
    if (sense_length > length - SENSE_LENGTH_SIZE)
        return fail(E_ISCSI_RESPONSE, "%u bytes of sense data in a segment of %u", (unsigned)sense_length, (unsigned)length);

    task->sense_length = (uint16_t)smaller_of(sense_length, ISCSI_SENSE_MAX);
    memcpy(task->sense, session->text_in + SENSE_LENGTH_SIZE, task->sense_length);
    return OK;
}

enum status task_response(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    struct iscsi_task *task = find_task(session, header);

    if (!task)
        return unknown_tag(header);
    session_update_expstatsn(session, header);
    session_update_window(session, header);
    if (header[BHS_RESPONSE] != RESPONSE_COMPLETED)
        return fail(E_ISCSI_TARGET_FAILURE, "response %02x to command %02x", header[BHS_RESPONSE], task->cdb[CDB_OPERATION_CODE]);

    enum status status = set_transferred(task, header);
    if (status == OK)
        status = copy_sense(session, task);
    if (status != OK)
        return status;

    task->scsi_status = header[BHS_SCSI_STATUS];
    mark_answered(session, task);
    return OK;
}

enum status task_r2t(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    struct iscsi_task *task = find_task(session, header);
    uint32_t offset = get_be32(header + BHS_OFFSET), length = get_be32(header + BHS_RESIDUAL);
    uint32_t r2tsn = get_be32(header + BHS_DATASN);

    if (!task || task->direction != ISCSI_WRITE)
        return unknown_tag(header);
    session_update_window(session, header);

    if (r2tsn != task->datasn)
        return fail(E_ISCSI_SEQUENCE, "R2TSN %u, expected %u", (unsigned)r2tsn, (unsigned)task->datasn);
    if (get_be32(header + BHS_TTT) == RESERVED_TAG)
        return fail(E_ISCSI_R2T, "an R2T without TTT");
    if (length == 0 || length > session->agreed.max_burst || (uint64_t)offset + length > task->length)
        return fail(E_ISCSI_R2T, "offset %u and %u bytes of a command with %u bytes, bursts of %u", (unsigned)offset,
                    (unsigned)length, (unsigned)task->length, (unsigned)session->agreed.max_burst);
    if (task->out_offset < task->out_end)
        return fail(E_ISCSI_R2T, "a second R2T while the first is served, MaxOutstandingR2T is 1");

    task->datasn++;
    task->out_ttt = get_be32(header + BHS_TTT);
    task->out_offset = offset;
    task->out_end = offset + length;
    task->out_datasn = 0;
    task_restart_timeout(session, task);
    return OK;
}

/* ---- to the target ---- */

static void advance_data_out(struct iscsi_task *task, uint32_t length)
{
    task->out_offset += length;
    if (task->out_offset > task->progress)
        task->progress = task->out_offset;
}

static void build_data_out(struct iscsi_session *session, struct iscsi_task *task)
{
    uint32_t length = smaller_of(task->out_end - task->out_offset, session->agreed.max_send_segment);
    bool last = task->out_offset + length == task->out_end;
    uint8_t *header = pdu_start(session, OP_DATA_OUT, last ? FLAG_FINAL : 0);

    memcpy(header + BHS_LUN, task->lun, 8);
    put_be32(header + BHS_ITT, task->itt);
    put_be32(header + BHS_TTT, task->out_ttt);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    put_be32(header + BHS_DATASN, task->out_datasn++);
    put_be32(header + BHS_OFFSET, task->out_offset);
    pdu_set_data(session, (const uint8_t *)task->buffer + task->out_offset, length, task);
    advance_data_out(task, length);
}

static void build_command(struct iscsi_session *session, struct iscsi_task *task, unsigned slot)
{
    session->slots[slot] = task;
    task->itt = session->generation++ << 8 | slot;
    task->state = TASK_ACTIVE;
    task->progress = task->datasn = task->out_offset = task->out_end = task->out_datasn = 0;
    task->out_mark = 0;
    task->out_ttt = RESERVED_TAG;
    task_restart_timeout(session, task);

    /* How much of a write's data goes within the command, and how much behind it unasked. */
    const struct negotiated *agreed = &session->agreed;
    uint32_t immediate = 0;
    if (task->direction == ISCSI_WRITE) {
        uint32_t first = smaller_of(task->length, agreed->first_burst);
        immediate = agreed->immediate_data ? smaller_of(first, agreed->max_send_segment) : 0;
        task->out_end = agreed->initial_r2t ? immediate : first;
    }

    uint8_t direction = task->direction == ISCSI_READ ? FLAG_READ : task->direction == ISCSI_WRITE ? FLAG_WRITE : 0;
    uint8_t final = task->out_end == immediate ? FLAG_FINAL : 0;
    uint8_t *header = pdu_start(session, OP_SCSI_COMMAND, ATTRIBUTE_SIMPLE | direction | final);
    memcpy(header + BHS_LUN, task->lun, 8);
    put_be32(header + BHS_ITT, task->itt);
    put_be32(header + BHS_EDTL, task->direction == ISCSI_NO_DATA ? 0 : task->length);
    put_be32(header + BHS_CMDSN, session->cmdsn++);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    memcpy(header + BHS_CDB, task->cdb, ISCSI_CDB_MAX);
    if (immediate) {
        pdu_set_data(session, task->buffer, immediate, task);
        advance_data_out(task, immediate);
    }
}

bool task_next_pdu(struct iscsi_session *session)
{
    struct iscsi_task *queued = NULL;

    /* Data comes before new commands: unsolicited data must keep the order of its commands (RFC 7143 section 11.7.4). */
    for (struct iscsi_task *task = session->first; task; task = task->next) {
        if (task->state == TASK_ACTIVE && task->out_offset < task->out_end) {
            build_data_out(session, task);
            return true;
        }
        if (task->state == TASK_QUEUED && !queued)
            queued = task;
    }

    if (!queued || session->state != SESSION_FULL || session->logout_wanted || serial_after(session->cmdsn, session->maxcmdsn))
        return false;
    for (unsigned slot = 0; slot < SESSION_SLOTS; slot++) {
        if (!session->slots[slot]) {
            build_command(session, queued, slot);
            return true;
        }
    }
    return false;
}
