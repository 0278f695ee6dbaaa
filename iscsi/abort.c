/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that the target is to forget (RFC 7143 sections 11.5 and 11.6). A command without progress for stall_ms on a
 * connection that lives, and one that was given up, is aborted; does the target not answer that, or refuse it, the logical unit
 * is reset; and only if that does not help either, the connection goes. A command that comes to this TASK_FAILURES_MAX times in a
 * row has failed.
 */
#include "iscsi/session.h"

#include "platform/format.h"

static bool is_referenced(const struct iscsi_session *session, const struct active_task *active)
{
    return active->state == SLOT_ACTIVE && active->itt == session->management.referenced;
}

/*
 * A command's clock stands while an older one makes progress: a target that works in order on a slow line is busy with that. The
 * list is in the order of submission.
 */
static void find_stalled(struct iscsi_session *session)
{
    deadline_t latest = 0;

    for (const struct iscsi_task *task = session->first; task; task = task->next) {
        struct active_task *active = task->state == TASK_ACTIVE ? &session->slots[task->slot] : NULL;

        if (!active || active->state != SLOT_ACTIVE)
            continue;
        if (active->stalled_at > latest)
            latest = active->stalled_at;
        if (active->abort == ABORT_NONE && deadline_passed(latest)) {
            log_printf(LOG_WARNING, "Command %02x, ITT %08x: no progress for %u ms; it is aborted", task->cdb[CDB_OPERATION_CODE],
                       (unsigned)active->itt, (unsigned)session->settings->stall_ms);
            active->abort = ABORT_WANTED;
        }
    }
}

/* The function in question has come to nothing: what is next? */
static enum status escalate(struct iscsi_session *session, const char *why)
{
    struct task_management *management = &session->management;

    management->busy = false;
    if (management->slot == NO_SLOT) {
        fail(E_ISCSI_TIMEOUT, "LOGICAL UNIT RESET: %s", why);
        if (management->unit_reset == UNIT_RESET_SENT) /* else it was given up, and this is not what the next one comes to */
            management->unit_reset = UNIT_RESET_FAILED;
        return OK;
    }

    struct active_task *active = &session->slots[management->slot];
    if (management->function == LOGICAL_UNIT_RESET)
        return is_referenced(session, active) ? task_stood_still(active, "LOGICAL UNIT RESET", why)
                                              : fail(E_ISCSI_TIMEOUT, "LOGICAL UNIT RESET: %s", why);
    if (is_referenced(session, active)) {
        log_printf(LOG_WARNING, "ABORT TASK: %s; the logical unit is reset", why);
        active->abort = RESET_WANTED;
    }
    return OK;
}

enum status abort_check(struct iscsi_session *session)
{
    find_stalled(session);
    if (session->management.busy && deadline_passed(session->management.until))
        return escalate(session, "no answer");
    return OK;
}

static uint8_t *build_request(struct iscsi_session *session, uint8_t function, unsigned slot, const uint8_t lun[8],
                              uint32_t referenced)
{
    struct task_management *management = &session->management;

    management->busy = true;
    management->function = function;
    management->slot = (uint8_t)slot;
    management->referenced = referenced;
    management->itt = session->generation++ << 8 | ITT_TASK_MANAGEMENT;
    memcpy(management->lun, lun, 8);
    management->until = deadline_after_ms(session->settings->command_timeout_ms);

    uint8_t *header = control_build(session, OP_TASK_REQUEST, FLAG_FINAL | function, management->itt,
                                    function == LOGICAL_UNIT_RESET ? RESERVED_TAG : referenced);
    memcpy(header + BHS_LUN, lun, 8);
    return header;
}

static void build_request_for(struct iscsi_session *session, unsigned slot)
{
    struct active_task *active = &session->slots[slot];
    bool reset = active->abort == RESET_WANTED;

    active->abort = ABORT_SENT;
    uint8_t *header = build_request(session, reset ? LOGICAL_UNIT_RESET : ABORT_TASK, slot, active->lun, active->itt);
    put_be32(header + BHS_REFERENCED_CMDSN, reset ? 0 : active->cmdsn);
}

bool abort_next_pdu(struct iscsi_session *session)
{
    if (session->management.busy)
        return false;

    for (unsigned slot = 0; slot < session->slot_end; slot++) {
        const struct active_task *active = &session->slots[slot];

        if (active->state == SLOT_ACTIVE && (active->abort == ABORT_WANTED || active->abort == RESET_WANTED)) {
            build_request_for(session, slot);
            return true;
        }
    }

    if (session->management.unit_reset != UNIT_RESET_WANTED)
        return false;
    session->management.unit_reset = UNIT_RESET_SENT;
    build_request(session, LOGICAL_UNIT_RESET, NO_SLOT, session->management.unit, 0);
    return true;
}

enum status abort_response(struct iscsi_session *session)
{
    struct task_management *management = &session->management;
    const uint8_t *header = session->rx.header;
    uint32_t itt = get_be32(header + BHS_ITT);

    if ((itt & 0xFF) != ITT_TASK_MANAGEMENT)
        return fail(E_ISCSI_TAG, "a task management response for ITT %08x", (unsigned)itt);
    session_update_expstatsn(session, header);
    session_update_window(session, header);
    /* One that is late: the function after it decides. */
    if (!management->busy || itt != management->itt)
        return OK;

    /* Responses come in order: the answer of a task that "does not exist" any more would be here already. */
    bool reset = management->function == LOGICAL_UNIT_RESET;
    uint8_t response = header[BHS_RESPONSE];
    if (response != FUNCTION_COMPLETE && (reset || response != TASK_DOES_NOT_EXIST)) {
        char why[32];

        format_text(why, sizeof why, "response %02x", response);
        return escalate(session, why);
    }

    management->busy = false;
    if (management->slot == NO_SLOT && management->unit_reset == UNIT_RESET_SENT)
        management->unit_reset = UNIT_RESET_DONE;
    for (unsigned i = 0; i < session->slot_end; i++) {
        struct active_task *active = &session->slots[i];
        bool over =
            reset ? active->state == SLOT_ACTIVE && memcmp(active->lun, management->lun, 8) == 0 : is_referenced(session, active);

        if (!over)
            continue;
        if (active->abort != ABORT_NONE)
            task_stood_still(active, reset ? "LOGICAL UNIT RESET" : "ABORT TASK", "done");
        task_aborted(active);
    }
    return OK;
}

enum status iscsi_session_reset_unit(struct iscsi_session *session, const uint8_t lun[8], deadline_t deadline)
{
    struct task_management *management = &session->management;

    memcpy(management->unit, lun, 8);
    management->unit_reset = UNIT_RESET_WANTED;
    while (session->state == SESSION_FULL && management->unit_reset < UNIT_RESET_DONE && !deadline_passed(deadline)) {
        iscsi_session_pump(session);
        platform_idle();
    }

    enum unit_reset ended = management->unit_reset;
    management->unit_reset = UNIT_RESET_NONE;
    if (ended == UNIT_RESET_DONE)
        return OK;
    if (session->state != SESSION_FULL)
        return fail(E_ISCSI_CLOSED, "LOGICAL UNIT RESET: the connection is gone");
    return ended == UNIT_RESET_FAILED ? E_ISCSI_TIMEOUT : fail(E_ISCSI_TIMEOUT, "LOGICAL UNIT RESET: no answer");
}
