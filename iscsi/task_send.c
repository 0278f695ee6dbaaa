/* SPDX-License-Identifier: BSD-2-Clause */
/* SCSI commands and their data on the way to the target: command and Data-Out (RFC 7143 sections 11.3 and 11.7). */
#include "iscsi/session.h"

static bool has_data_to_send(struct active_task *active)
{
    if (active->state != SLOT_ACTIVE)
        return false;
    if (active->out_offset == active->out_end && active->next_end) {
        active->out_end = active->next_end;
        active->out_ttt = active->next_ttt;
        active->out_datasn = active->next_end = 0;
    }
    return active->out_offset < active->out_end;
}

static void build_data_out(struct iscsi_session *session, struct active_task *active)
{
    uint32_t length = smaller_of(active->out_end - active->out_offset, session->agreed.max_send_segment);
    bool last = active->out_offset + length == active->out_end;
    uint8_t *header = pdu_start(session, OP_DATA_OUT, last ? FLAG_FINAL : 0);

    memcpy(header + BHS_LUN, active->lun, 8);
    put_be32(header + BHS_ITT, active->itt);
    put_be32(header + BHS_TTT, active->out_ttt);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    put_be32(header + BHS_DATASN, active->out_datasn++);
    put_be32(header + BHS_OFFSET, active->out_offset);
    pdu_set_data(session, (const uint8_t *)active->task->buffer + active->out_offset, length, active);
    active->progress = active->out_offset += length;
}

static struct active_task *take_slot(struct iscsi_session *session, struct iscsi_task *task, unsigned slot)
{
    struct active_task *active = &session->slots[slot];

    memset(active, 0, sizeof *active);
    active->state = SLOT_ACTIVE;
    active->task = task;
    active->write = task->direction == ISCSI_WRITE;
    memcpy(active->lun, task->lun, 8);
    active->itt = session->generation++ << 8 | slot;
    active->cmdsn = session->cmdsn++;
    active->out_ttt = RESERVED_TAG;
    task_restart_timeout(session, active);
    task->state = TASK_ACTIVE;
    task->slot = (uint8_t)slot;
    if (session->slot_end <= slot)
        session->slot_end = (uint16_t)(slot + 1);
    return active;
}

uint32_t task_unasked_data(const struct iscsi_session *session, uint32_t length, uint32_t *immediate)
{
    const struct negotiated *agreed = &session->agreed;
    uint32_t first = smaller_of(length, agreed->first_burst);

    *immediate = agreed->immediate_data ? smaller_of(first, agreed->max_send_segment) : 0;
    return agreed->initial_r2t ? *immediate : first;
}

static void build_command(struct iscsi_session *session, struct iscsi_task *task, unsigned slot)
{
    struct active_task *active = take_slot(session, task, slot);

    uint32_t immediate = 0;
    if (active->write)
        active->out_end = task_unasked_data(session, task->length, &immediate);

    uint8_t direction = task->direction == ISCSI_READ ? FLAG_READ : active->write ? FLAG_WRITE : 0;
    uint8_t final = active->out_end == immediate ? FLAG_FINAL : 0;
    uint8_t *header = pdu_start(session, OP_SCSI_COMMAND, ATTRIBUTE_SIMPLE | direction | final);
    memcpy(header + BHS_LUN, task->lun, 8);
    put_be32(header + BHS_ITT, active->itt);
    put_be32(header + BHS_EDTL, task->direction == ISCSI_NO_DATA ? 0 : task->length);
    put_be32(header + BHS_CMDSN, active->cmdsn);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    memcpy(header + BHS_CDB, task->cdb, ISCSI_CDB_MAX);
    if (immediate) {
        pdu_set_data(session, task->buffer, immediate, active);
        active->progress = active->out_offset = immediate;
    }
}

/* A write that was given up may still be carried out, and must not come after a newer one to the same blocks. */
static bool orphaned_write(const struct iscsi_session *session)
{
    for (unsigned i = 0; i < session->slot_end; i++) {
        if (session->slots[i].state == SLOT_ACTIVE && session->slots[i].write && !session->slots[i].task)
            return true;
    }
    return false;
}

/*
 * What comes behind a reset is not ended by it, though some targets do: that the answer to it speaks of all that are in flight,
 * none is issued until then.
 */
static bool reset_is_under_way(const struct iscsi_session *session)
{
    return session->management.busy && session->management.function == LOGICAL_UNIT_RESET;
}

/* The next task that may be issued if there is room for it. */
ALWAYS_INLINE struct iscsi_task *next_queued(const struct iscsi_session *session)
{
    struct iscsi_task *task = session->first;

    while (task && (task->state != TASK_QUEUED || (session->doubt && !task->probing)))
        task = task->next;
    if (!task || session->state != SESSION_FULL || session->logout_wanted || reset_is_under_way(session) ||
        !deadline_passed(session->quiet_until))
        return NULL;
    return task->direction == ISCSI_WRITE && orphaned_write(session) ? NULL : task;
}

static bool window_is_closed(const struct iscsi_session *session)
{
    return serial_after(session->cmdsn, session->maxcmdsn);
}

bool task_waits_for_window(const struct iscsi_session *session)
{
    return window_is_closed(session) && next_queued(session);
}

bool task_next_pdu(struct iscsi_session *session)
{
    /* Behind our logout nothing is sent (RFC 7143 section 11.14): what has not ended is issued again in the next session. */
    if (session->state != SESSION_FULL)
        return false;

    /* Data comes before new commands: unsolicited data must keep the order of its commands (RFC 7143 section 11.7.4). */
    for (const struct iscsi_task *task = session->first; task; task = task->next) {
        if (task->state == TASK_ACTIVE && has_data_to_send(&session->slots[task->slot])) {
            build_data_out(session, &session->slots[task->slot]);
            return true;
        }
    }

    struct iscsi_task *queued = window_is_closed(session) ? NULL : next_queued(session);
    if (!queued)
        return false;
    for (unsigned slot = 0; slot < session->slot_count; slot++) {
        if (session->slots[slot].state == SLOT_FREE) {
            build_command(session, queued, slot);
            return true;
        }
    }
    return false;
}
