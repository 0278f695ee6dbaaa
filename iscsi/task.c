/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the target says of SCSI commands in full feature phase: R2T, Data-In, response (RFC 7143 sections 11.4, 11.7, 11.8).
 *
 * DataPDUInOrder and DataSequenceInOrder are Yes, so that the one legal order of data has neither gaps nor overlaps, and what has
 * moved is a number of bytes from the front. What breaks that ends the connection, and the command is issued again; the fourth
 * time in a row that a command ends in the same way, it has failed. Damage on the line may take longer to pass.
 */
#include "iscsi/scsi.h"
#include "iscsi/session.h"

#include "platform/format.h"

#define SENSE_LENGTH_SIZE 2 /* of the field before the sense data */

/* The command that a target's PDU is about. A stale ITT names a slot, but another generation. */
ALWAYS_INLINE struct active_task *find_active(struct iscsi_session *session, const uint8_t *header)
{
    uint32_t itt = get_be32(header + BHS_ITT);
    struct active_task *active = (itt & 0xFF) < session->slot_count ? &session->slots[itt & 0xFF] : NULL;

    return active && active->itt == itt && active->state == SLOT_ACTIVE ? active : NULL;
}

static enum status unknown_tag(const uint8_t *header)
{
    return fail(E_ISCSI_TAG, "opcode %02x for ITT %08x", header[BHS_OPCODE], (unsigned)get_be32(header + BHS_ITT));
}

/* Counts what goes wrong with this one command, for queue_again(). */
static enum status blame(const struct active_task *active, enum status status)
{
    struct iscsi_task *task = active->task;

    if (task) {
        task->failures = task->failure == status ? (uint8_t)(task->failures + 1) : 1;
        task->failure = status;
    }
    return status;
}

enum status task_blame_pdu(struct iscsi_session *session, enum status status)
{
    const struct receiver *rx = &session->rx;
    const struct active_task *active = rx->task ? rx->task : find_active(session, rx->header);

    return active ? blame(active, status) : status;
}

void task_restart_timeout(struct iscsi_session *session, struct active_task *active)
{
    active->stalled_at = deadline_after_ms(session->settings->stall_ms);
}

static void release_slot(struct iscsi_session *session, struct active_task *active)
{
    active->state = SLOT_FREE;
    active->task = NULL;
    active->itt = RESERVED_TAG;
    while (session->slot_end && session->slots[session->slot_end - 1].state == SLOT_FREE)
        session->slot_end--;
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

    if (task->state == TASK_ACTIVE && session->slots[task->slot].task == task)
        release_slot(session, &session->slots[task->slot]);
    task->state = TASK_DONE;
    task->status = status;
    task->next = NULL;
    task->done = true;
}

bool task_is_being_sent(const struct iscsi_session *session, const struct active_task *active)
{
    uint64_t acknowledged = session->bytes_sent - session->stream->ops->unsent(session->stream);

    return session->tx.task == active || acknowledged < active->out_mark ||
           (active->state == SLOT_ACTIVE && active->write && (active->out_offset < active->out_end || active->next_end));
}

void task_orphan(struct iscsi_session *session, struct active_task *active)
{
    struct receiver *rx = &session->rx;

    active->task = NULL;
    active->abort = active->abort == ABORT_NONE ? ABORT_WANTED : active->abort;
    /* In the midst of a Data-In: its buffer is no longer ours, and the rest is passed over. */
    if (rx->task == active && rx->stage <= RX_DATA)
        rx->room = rx->stage == RX_DATA ? rx->have : 0;
}

enum status task_stood_still(const struct active_task *active, const char *function, const char *outcome)
{
    unsigned operation_code = active->task ? active->task->cdb[CDB_OPERATION_CODE] : 0;

    return blame(active, fail(E_ISCSI_TIMEOUT, "command %02x stood still; %s: %s", operation_code, function, outcome));
}

void task_aborted(struct active_task *active)
{
    active->state = SLOT_ABORTED;
    active->abort = ABORT_NONE;
    active->out_end = active->out_offset;
    active->next_end = 0;
}

/* A target that works in order turns to the next ones now. */
static void restart_timeouts_behind(struct iscsi_session *session, const struct iscsi_task *task)
{
    for (task = task->next; task; task = task->next) {
        if (task->state == TASK_ACTIVE)
            task_restart_timeout(session, &session->slots[task->slot]);
    }
}

/* Done now, unless the stream may still read from the buffer. */
static void mark_answered(struct iscsi_session *session, struct active_task *active)
{
    active->state = SLOT_ANSWERED;
    active->out_end = active->out_offset;
    active->next_end = 0;

    /* That the disk says who it is shows a line that serves, but helps nobody whose own command cannot be carried out. */
    if (!active->task || !active->task->probing)
        recovery_end(session);
    session->backoff_ms = session->settings->recovery_backoff_ms;
    if (!active->task) {
        release_slot(session, active);
        return;
    }
    restart_timeouts_behind(session, active->task);
    if (!active->write)
        task_finish(session, active->task, OK);
}

/* It keeps its place in the order of submission. */
static void queue_again(struct iscsi_session *session, struct iscsi_task *task)
{
    task->state = TASK_QUEUED;
    if (task->failures >= (task->failure == E_ISCSI_DATA_DIGEST ? TASK_DIGESTS_MAX : TASK_FAILURES_MAX))
        task_finish(session, task, task->failure);
}

void task_settle(struct iscsi_session *session)
{
    for (unsigned i = 0; i < session->slot_end; i++) {
        struct active_task *active = &session->slots[i];
        struct iscsi_task *task = active->task;

        if (active->state < SLOT_ANSWERED || task_is_being_sent(session, active))
            continue;
        if (active->state == SLOT_ANSWERED && task) {
            task_finish(session, task, OK);
            continue;
        }
        release_slot(session, active);
        if (task)
            queue_again(session, task);
    }
}

void task_requeue_all(struct iscsi_session *session)
{
    for (unsigned i = 0; i < session->slot_end; i++) {
        struct active_task *active = &session->slots[i];
        struct iscsi_task *task = active->task;
        enum slot_state state = active->state;

        if (state == SLOT_ACTIVE && active->write) {
            session->writes_unsettled = true;
            session->writes_group = session->portal_group;
            session->writes_ms = (session->agreed.time2wait + session->agreed.time2retain) * 1000;
        }
        release_slot(session, active);
        if (!task)
            continue;
        if (state == SLOT_ANSWERED)
            task_finish(session, task, OK);
        else
            queue_again(session, task);
    }
}

void task_finish_all(struct iscsi_session *session, enum status status)
{
    while (session->first) {
        const struct iscsi_task *task = session->first;
        bool answered = task->state == TASK_ACTIVE && session->slots[task->slot].state == SLOT_ANSWERED;

        task_finish(session, session->first, answered ? OK : status);
    }
}

bool task_any_active(const struct iscsi_session *session)
{
    return session->slot_end != 0;
}

/* ---- from the target ---- */

enum status task_data_in_begin(struct iscsi_session *session)
{
    struct receiver *rx = &session->rx;
    struct active_task *active = find_active(session, rx->header);
    uint32_t offset = get_be32(rx->header + BHS_OFFSET), datasn = get_be32(rx->header + BHS_DATASN);

    if (!active || (active->task && active->task->direction != ISCSI_READ))
        return unknown_tag(rx->header);
    rx->task = active;
    rx->room = 0;
    if (!active->task)
        return OK;

    struct iscsi_task *task = active->task;
    if (datasn != active->datasn)
        return blame(active, fail(E_ISCSI_SEQUENCE, "DataSN %u, expected %u", (unsigned)datasn, (unsigned)active->datasn));
    if (offset != active->progress || (uint64_t)offset + rx->data_length > task->length)
        return blame(active, fail(E_ISCSI_DATA_IN, "offset %u and %u bytes, expected offset %u of %u bytes", (unsigned)offset,
                                  (unsigned)rx->data_length, (unsigned)active->progress, (unsigned)task->length));

    rx->to = (uint8_t *)task->buffer + offset;
    rx->room = rx->data_length;
    return OK;
}

/*
 * Takes the residual off, RFC 7143 section 11.4.5. `unsent` bytes of those that count as moved are with us still: success with
 * them is nobody's.
 */
static enum status set_transferred(const struct active_task *active, const uint8_t *header, uint32_t unsent)
{
    struct iscsi_task *task = active->task;
    uint8_t flags = header[BHS_FLAGS] & (FLAG_OVERFLOW | FLAG_UNDERFLOW);
    uint32_t residual = get_be32(header + BHS_RESIDUAL);

    task->transferred = task->length;
    task->overflow = flags == FLAG_OVERFLOW && residual;
    if (flags == (FLAG_OVERFLOW | FLAG_UNDERFLOW))
        return blame(active, fail(E_ISCSI_RESPONSE, "overflow and underflow together"));
    if (flags == FLAG_UNDERFLOW) {
        if (residual > task->length)
            return blame(active,
                         fail(E_ISCSI_RESPONSE, "underflow of %u in %u bytes", (unsigned)residual, (unsigned)task->length));
        task->transferred = task->length - residual;
    }

    /* Whatever the target says, no more has moved than has passed here. */
    if (task->direction != ISCSI_NO_DATA && task->transferred > active->progress)
        task->transferred = active->progress;
    if (unsent && header[BHS_SCSI_STATUS] == SCSI_GOOD && task->transferred > active->progress - unsent)
        return blame(active, fail(E_ISCSI_RESPONSE, "success with %u bytes that have not left", (unsigned)unsent));
    return OK;
}

enum status task_data_in_end(struct iscsi_session *session)
{
    struct receiver *rx = &session->rx;
    struct active_task *active = rx->task;

    rx->task = NULL;
    active->progress += rx->data_length;
    active->datasn++;
    session_update_window(session, rx->header);

    /* Phase collapse: the last Data-In may be the response, too. */
    if (!(rx->header[BHS_FLAGS] & FLAG_STATUS))
        return OK;
    if (!(rx->header[BHS_FLAGS] & FLAG_FINAL))
        return blame(active, fail(E_ISCSI_RESPONSE, "status in a Data-In that is not the final one"));
    session_update_expstatsn(session, rx->header);
    if (active->task) {
        enum status status = set_transferred(active, rx->header, 0);
        if (status != OK)
            return status;

        active->task->scsi_status = rx->header[BHS_SCSI_STATUS];
        active->task->sense_length = 0;
    }
    mark_answered(session, active);
    return OK;
}

/* The data of a CHECK CONDITION: SenseLength and sense data, RFC 7143 section 11.4.7. That of another status is the vendor's. */
static enum status copy_sense(const struct iscsi_session *session, const struct active_task *active)
{
    struct iscsi_task *task = active->task;
    uint32_t length = session->rx.data_length;

    task->sense_length = 0;
    if (session->rx.header[BHS_SCSI_STATUS] != SCSI_CHECK_CONDITION || length < SENSE_LENGTH_SIZE)
        return OK;
    uint32_t sense_length = get_be16(session->answer);
    if (sense_length > length - SENSE_LENGTH_SIZE)
        return blame(active, fail(E_ISCSI_RESPONSE, "%u bytes of sense data in a segment of %u", (unsigned)sense_length,
                                  (unsigned)length));

    task->sense_length = (uint16_t)smaller_of(sense_length, ISCSI_SENSE_MAX);
    memcpy(task->sense, session->answer + SENSE_LENGTH_SIZE, task->sense_length);
    return OK;
}

/*
 * A response other than "completed": the target has failed, not the disk, and said so of this command alone. It is issued again
 * a few times.
 */
static void requeue_failed(struct active_task *active, uint8_t response)
{
    struct iscsi_task *task = active->task;

    if (task) {
        blame(active, fail(E_ISCSI_TARGET_FAILURE, "response %02x to command %02x", response, task->cdb[CDB_OPERATION_CODE]));
        log_printf(LOG_WARNING, "The target failed a command: %s", failure_detail(E_ISCSI_TARGET_FAILURE));
    }
    task_aborted(active);
}

/* A target tells it once: whoever it is told to, and whether that one still waits, the disk may be another. */
static void heed_attention(struct iscsi_session *session)
{
    uint32_t length = smaller_of(session->rx.data_length, sizeof session->answer);

    if (session->rx.header[BHS_SCSI_STATUS] != SCSI_CHECK_CONDITION || length < SENSE_LENGTH_SIZE)
        return;
    uint32_t there = smaller_of(get_be16(session->answer), length - SENSE_LENGTH_SIZE);
    if (scsi_sense_decode(session->answer + SENSE_LENGTH_SIZE, (uint16_t)there).key == KEY_UNIT_ATTENTION)
        session_raise_doubt(session);
}

enum status task_response(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    struct active_task *active = find_active(session, header);

    if (!active)
        return unknown_tag(header);
    session_update_expstatsn(session, header);
    session_update_window(session, header);
    if (header[BHS_RESPONSE] != RESPONSE_COMPLETED) {
        requeue_failed(active, header[BHS_RESPONSE]);
        return OK;
    }

    struct iscsi_task *task = active->task;
    if (task) {
        enum status status = set_transferred(active, header, session->tx.task == active ? session->tx.data_length : 0);
        if (status == OK)
            status = copy_sense(session, active);
        if (status != OK)
            return status;

        task->scsi_status = header[BHS_SCSI_STATUS];
    }
    heed_attention(session);
    mark_answered(session, active);
    return OK;
}

enum status task_r2t(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    struct active_task *active = find_active(session, header);
    uint32_t offset = get_be32(header + BHS_OFFSET), length = get_be32(header + BHS_RESIDUAL);
    uint32_t r2tsn = get_be32(header + BHS_DATASN);

    if (!active || !active->write)
        return unknown_tag(header);
    session_update_window(session, header);
    if (!active->task)
        return OK;

    if (r2tsn != active->datasn)
        return blame(active, fail(E_ISCSI_SEQUENCE, "R2TSN %u, expected %u", (unsigned)r2tsn, (unsigned)active->datasn));
    if (get_be32(header + BHS_TTT) == RESERVED_TAG)
        return blame(active, fail(E_ISCSI_R2T, "an R2T without TTT"));
    if (length == 0 || length > session->agreed.max_burst || (uint64_t)offset + length > active->task->length)
        return blame(active,
                     fail(E_ISCSI_R2T, "offset %u and %u bytes of a command with %u bytes, bursts of %u", (unsigned)offset,
                          (unsigned)length, (unsigned)active->task->length, (unsigned)session->agreed.max_burst));
    /* Unsolicited data is no R2T's (RFC 7143 section 13.17), so that one may come while that is being sent, and waits. */
    if (active->next_end)
        return blame(active, fail(E_ISCSI_R2T, "an R2T more than MaxOutstandingR2T allows"));
    if (offset != active->out_end)
        return blame(active, fail(E_ISCSI_R2T, "offset %u, all before %u was asked for or sent", (unsigned)offset,
                                  (unsigned)active->out_end));

    active->datasn++;
    active->next_end = offset + length;
    active->next_ttt = get_be32(header + BHS_TTT);
    task_restart_timeout(session, active);
    return OK;
}
