/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error recovery level 0 (RFC 7143 section 7.1.4.1): whatever goes wrong on a connection ends it; a new login with the same ISID
 * replaces the session, and every command that was not answered is issued again. SCSI reads and writes of whole blocks may be
 * repeated.
 *
 * The new login reinstates the session (section 6.3.5), so that the target has ended the old one's commands before it answers.
 * That holds within a portal group. A login that was redirected to another one leaves an old session, whose writes might still
 * be carried out, after ours: then nothing is issued before the time that we have negotiated for the end of such a session.
 */
#include "iscsi/session.h"

#include "platform/format.h"

#define BACKOFF_MAX_MS   8000
#define TIME2WAIT_MAX_MS 60000 /* of what a target announces */
#define JITTER_MAX_MS    4000

/* How long the end of an old session is waited for: what was agreed on, but no less and no more than this. */
#define OLD_SESSION_LEAST_MS 4000u
#define OLD_SESSION_MOST_MS  60000u

void recovery_end(struct iscsi_session *session)
{
    session->recovering = false;
    session->backoff_ms = session->settings->recovery_backoff_ms;
}

static void set_give_up_time(struct iscsi_session *session)
{
    session->recovering = true;
    session->give_up_at = deadline_after_ms(session->settings->recovery_timeout_ms);
}

/* After power came back hundreds of machines log in to one target: none of their pauses are alike. At least `ms`. */
static deadline_t after_jittered_ms(uint32_t ms)
{
    uint32_t random;

    platform_random(&random, sizeof random);
    return deadline_after_ms(ms + random % (smaller_of(ms / 2, JITTER_MAX_MS) + 1));
}

/* Our own backoff, or what the target has announced if that is longer, as long as time is left for an attempt. */
static void plan_retry(struct iscsi_session *session)
{
    uint32_t wait = smaller_of(session->time2wait_ms, smaller_of(TIME2WAIT_MAX_MS, session->settings->recovery_timeout_ms / 2));

    session->retry_at = after_jittered_ms(wait > session->backoff_ms ? wait : session->backoff_ms);
    session->time2wait_ms = 0;
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

void recovery_attempt(struct iscsi_session *session)
{
    /* Without a task nobody needs the connection; the next one opens it. */
    if (!session->first)
        return;
    if (!session->recovering)
        set_give_up_time(session);
    if (deadline_passed(session->give_up_at) && session->first->failures >= TASK_FAILURES_MAX) {
        give_up(session, session->first->failure); /* all that time for this one reason */
        return;
    }
    if (deadline_passed(session->give_up_at)) {
        give_up(session, fail(E_ISCSI_TIMEOUT, "no command completed for %u ms, %u reconnects",
                              (unsigned)session->settings->recovery_timeout_ms, (unsigned)session->reconnects));
        return;
    }
    if (!deadline_passed(session->retry_at))
        return;

    deadline_t attempt = deadline_after_ms(session->settings->login_timeout_ms);
    login_start(session, attempt < session->give_up_at ? attempt : session->give_up_at);
}

static void connected_again(struct iscsi_session *session)
{
    session->reconnects++;
    session->heard_at = platform_ticks();
    session_raise_doubt(session);
    log_printf(LOG_INFO, "Connected again to %s", session->portal_host);

    if (session->writes_unsettled && session->writes_group != session->portal_group) {
        uint32_t wait = smaller_of(session->writes_ms, OLD_SESSION_MOST_MS);

        wait = wait > OLD_SESSION_LEAST_MS ? wait : OLD_SESSION_LEAST_MS;
        log_printf(LOG_WARNING, "Portal group %u in place of %u: old writes are waited out for %u ms", session->portal_group,
                   session->writes_group, (unsigned)wait);
        session->quiet_until = deadline_after_ms(wait);
    }
    session->writes_unsettled = false;
}

void recovery_login(struct iscsi_session *session)
{
    bool done;
    enum status status = login_turn(session, &done);

    if (done)
        connected_again(session);
    if (status == OK)
        return;

    session->state = SESSION_BROKEN;
    if (status_is_final(status) || (session->recovering && deadline_passed(session->give_up_at)))
        give_up(session, status);
    else
        plan_retry(session);
}
