/* SPDX-License-Identifier: BSD-2-Clause */
/* SCSI commands in full feature phase: command, Data-Out, R2T, Data-In, response (RFC 7143 sections 11.3, 11.4, 11.7, 11.8). */
#include "iscsi/session.h"

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

static void heard_of(struct iscsi_session *session, struct iscsi_task *task)
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
static void answered(struct iscsi_session *session, struct iscsi_task *task)
{
    task->state = TASK_ANSWERED;
    task->out_end = task->out_offset;
    release_slot(session, task);
    recovery_success(session);
    if (task->direction != ISCSI_WRITE)
        task_finish(session, task, OK);
}

void task_settle_answered(struct iscsi_session *session)
{
    struct iscsi_task *task, *next;
    uint64_t acknowledged = session->bytes_sent - session->stream->ops->unsent(session->stream);

    for (task = session->first; task; task = next) {
        next = task->next;
        if (task->state == TASK_ANSWERED && session->tx.task != task && acknowledged >= task->out_mark)
            task_finish(session, task, OK);
    }
}

void task_requeue_all(struct iscsi_session *session)
{
    struct iscsi_task *task, *next;

    for (task = session->first; task; task = next) {
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
    heard_of(session, task);
    return OK;
}

/* Residuals, RFC 7143 section 11.4.5. */
static enum status take_residual(struct iscsi_task *task, const uint8_t *header)
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
    enum status status;

    rx->task = NULL;
    task->progress += rx->data_length;
    task->datasn++;
    session_take_window(session, rx->header);
    if (!(rx->header[BHS_FLAGS] & FLAG_STATUS))
        return OK;
    if (!(rx->header[BHS_FLAGS] & FLAG_FINAL))
        return fail(E_ISCSI_RESPONSE, "status in a Data-In that is not the final one");
    session_take_statsn(session, rx->header);
    status = take_residual(task, rx->header);
    if (status != OK)
        return status;
    task->scsi_status = rx->header[BHS_SCSI_STATUS];
    task->sense_length = 0;
    answered(session, task);
    return OK;
}

static enum status take_sense(struct iscsi_session *session, struct iscsi_task *task)
{
    uint32_t length = session->rx.data_length, sense;

    task->sense_length = 0;
    if (length < 2)
        return OK;
    sense = get_be16(session->text_in);
    if (sense > length - 2)
        return fail(E_ISCSI_RESPONSE, "%u bytes of sense data in a segment of %u", (unsigned)sense, (unsigned)length);
    if (sense > ISCSI_SENSE_MAX)
        sense = ISCSI_SENSE_MAX;
    memcpy(task->sense, session->text_in + 2, sense);
    task->sense_length = (uint16_t)sense;
    return OK;
}

enum status task_response(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    struct iscsi_task *task = find_task(session, header);
    enum status status;

    if (!task)
        return unknown_tag(header);
    session_take_statsn(session, header);
    session_take_window(session, header);
    if (header[BHS_RESPONSE] != 0)
        return fail(E_ISCSI_TARGET_FAILURE, "response %02x to command %02x", header[BHS_RESPONSE], task->cdb[0]);
    status = take_residual(task, header);
    if (status == OK)
        status = take_sense(session, task);
    if (status != OK)
        return status;
    task->scsi_status = header[BHS_SCSI_STATUS];
    answered(session, task);
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
    session_take_window(session, header);
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
    heard_of(session, task);
    return OK;
}

/* ---- to the target ---- */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void took(struct iscsi_task *task, uint32_t length)
{
    task->out_offset += length;
    if (task->out_offset > task->progress)
        task->progress = task->out_offset;
}

static void start_data_out(struct iscsi_session *session, struct iscsi_task *task)
{
    uint32_t length = smaller(task->out_end - task->out_offset, session->agreed.max_send_segment);
    bool last = task->out_offset + length == task->out_end;
    uint8_t *header = pdu_start(session, OP_DATA_OUT, last ? FLAG_FINAL : 0);

    memcpy(header + BHS_LUN, task->lun, 8);
    put_be32(header + BHS_ITT, task->itt);
    put_be32(header + BHS_TTT, task->out_ttt);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    put_be32(header + BHS_DATASN, task->out_datasn++);
    put_be32(header + BHS_OFFSET, task->out_offset);
    pdu_data(session, (const uint8_t *)task->buffer + task->out_offset, length, task);
    took(task, length);
}

static void start_command(struct iscsi_session *session, struct iscsi_task *task, unsigned slot)
{
    const struct negotiated *agreed = &session->agreed;
    uint32_t first = 0, immediate = 0;
    uint8_t *header = pdu_start(session, OP_SCSI_COMMAND, ATTRIBUTE_SIMPLE);

    session->slots[slot] = task;
    task->itt = session->generation++ << 8 | slot;
    task->state = TASK_ACTIVE;
    task->progress = task->datasn = task->out_offset = task->out_end = task->out_datasn = 0;
    task->out_mark = 0;
    task->out_ttt = RESERVED_TAG;
    heard_of(session, task);
    if (task->direction == ISCSI_WRITE) {
        first = smaller(task->length, agreed->first_burst);
        immediate = agreed->immediate_data ? smaller(first, agreed->max_send_segment) : 0;
        task->out_end = agreed->initial_r2t ? immediate : first;
    }
    header[BHS_FLAGS] |= task->direction == ISCSI_READ ? FLAG_READ : task->direction == ISCSI_WRITE ? FLAG_WRITE : 0;
    if (task->out_end == immediate)
        header[BHS_FLAGS] |= FLAG_FINAL;
    memcpy(header + BHS_LUN, task->lun, 8);
    put_be32(header + BHS_ITT, task->itt);
    put_be32(header + BHS_EDTL, task->direction == ISCSI_NO_DATA ? 0 : task->length);
    put_be32(header + BHS_CMDSN, session->cmdsn++);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    memcpy(header + BHS_CDB, task->cdb, ISCSI_CDB_MAX);
    if (immediate) {
        pdu_data(session, task->buffer, immediate, task);
        took(task, immediate);
    }
}

bool task_next_pdu(struct iscsi_session *session)
{
    struct iscsi_task *task, *queued = NULL;
    unsigned slot;

    /* Data comes before new commands: unsolicited data must keep the order of its commands (RFC 7143 section 11.7.4). */
    for (task = session->first; task; task = task->next) {
        if (task->state == TASK_ACTIVE && task->out_offset < task->out_end) {
            start_data_out(session, task);
            return true;
        }
        if (task->state == TASK_QUEUED && !queued)
            queued = task;
    }
    if (!queued || session->state != SESSION_FULL || session->logout_wanted || serial_after(session->cmdsn, session->maxcmdsn))
        return false;
    for (slot = 0; slot < SESSION_SLOTS; slot++) {
        if (!session->slots[slot]) {
            start_command(session, queued, slot);
            return true;
        }
    }
    return false;
}
