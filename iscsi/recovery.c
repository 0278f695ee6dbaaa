/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error recovery level 0 (RFC 7143 section 7.1.4.1): whatever goes wrong on a connection ends it; a new login with the same ISID
 * replaces the session, and every command that was not answered is issued again. SCSI reads and writes of whole blocks may be
 * repeated.
 */
#include "iscsi/session.h"

#include "platform/format.h"

#define BACKOFF_MAX_MS 8000

void recovery_end(struct iscsi_session *session)
{
    session->recovering = false;
    session->backoff_ms = session->settings.recovery_backoff_ms;
}

static void set_give_up_time(struct iscsi_session *session)
{
    session->recovering = true;
    session->give_up_at = deadline_after_ms(session->settings.recovery_timeout_ms);
}

static void plan_retry(struct iscsi_session *session)
{
    session->retry_at = deadline_after_ms(session->backoff_ms);
    /* A target that announces a drop may have set the first pause, to 0 as well. */
    if (session->backoff_ms == 0)
        session->backoff_ms = session->settings.recovery_backoff_ms;
    else
        session->backoff_ms = smaller_of(session->backoff_ms * 2, BACKOFF_MAX_MS);
}

void recovery_begin(struct iscsi_session *session, enum status status)
{
    log_printf(LOG_WARNING, "Connection to %s lost: %s (%s)", session->portal_host, status_what(status), failure_detail(status));
    session_drop_connection(session);
    session->state = SESSION_BROKEN;
    if (session->first && !session->recovering)
        set_give_up_time(session);
    plan_retry(session);
}

static void give_up(struct iscsi_session *session, enum status status)
{
    log_printf(LOG_ERROR, "Giving up: %s (%s)", status_what(status), failure_detail(status));
    session->state = SESSION_LOST;
    recovery_end(session);
    task_finish_all(session, status);
}

/* The attempt's own timeout, the end of the recovery and that of the caller's wait: whichever comes first. */
static deadline_t attempt_deadline(const struct iscsi_session *session)
{
    deadline_t deadline = deadline_after_ms(session->settings.login_timeout_ms);

    if (deadline > session->give_up_at)
        deadline = session->give_up_at;
    if (session->caller_deadline && deadline > session->caller_deadline)
        deadline = session->caller_deadline;
    return deadline;
}

void recovery_attempt(struct iscsi_session *session)
{
    /* Without a task nobody needs the connection; the next one opens it. */
    if (!session->first)
        return;
    if (!session->recovering)
        set_give_up_time(session);
    if (deadline_passed(session->give_up_at)) {
        give_up(session, fail(E_ISCSI_TIMEOUT, "no command completed for %u ms, %u reconnects",
                              (unsigned)session->settings.recovery_timeout_ms, (unsigned)session->reconnects));
        return;
    }
    if (!deadline_passed(session->retry_at))
        return;

    enum status status = login_run(session, attempt_deadline(session));
    if (status == OK) {
        session->reconnects++;
        session->heard_at = session->pumped_at = platform_ticks();
        log_printf(LOG_INFO, "Connected again to %s", session->portal_host);
        return;
    }

    session->state = SESSION_BROKEN;
    if (status_is_final(status) || deadline_passed(session->give_up_at))
        give_up(session, status);
    else
        plan_retry(session);
}
