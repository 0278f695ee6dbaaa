/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a connection may be silent, take nothing, keep its window closed or a logout unanswered. */
#include "iscsi/session.h"

#include "platform/format.h"

/* A pause between two turns longer than this was the caller's, not the target's: deadlines move with it. */
#define PAUSE_MS 500

void bounds_forgive_pause(struct iscsi_session *session)
{
    uint64_t now = platform_ticks(), pause = now - session->pumped_at;

    session->pumped_at = now;
    if (pause < PAUSE_MS * platform_ticks_per_ms())
        return;

    /* A command handed in since then has set it: it must not come to lie ahead of the clock. */
    session->heard_at = now - session->heard_at > pause ? session->heard_at + pause : now;
    session->give_up_at += pause;
    session->management.until += pause;
    if (session->window_until)
        session->window_until += pause;
    if (session->taken_until)
        session->taken_until += pause;
    for (unsigned i = 0; i < session->slot_end; i++)
        session->slots[i].stalled_at += pause;
}

/* A window that stays closed while the connection lives is the target's fault, which a new session mends. */
static enum status check_window(struct iscsi_session *session)
{
    if (!task_waits_for_window(session)) {
        session->window_until = 0;
        return OK;
    }
    if (!session->window_until)
        session->window_until = deadline_after_ms(session->settings->stall_ms);
    if (!deadline_passed(session->window_until))
        return OK;
    return fail(E_ISCSI_WINDOW, "MaxCmdSN %u for %u ms", (unsigned)session->maxcmdsn, (unsigned)session->settings->stall_ms);
}

/*
 * What the peer's TCP takes of a long transmission is a sign of life, too: pings queue up behind it. A target that talks, but
 * takes nothing of ours, is none that a command can be got to, and none that an ABORT TASK could.
 */
static enum status watch_sending(struct iscsi_session *session)
{
    size_t unsent = session->stream->ops->unsent(session->stream);
    uint64_t acknowledged = session->bytes_sent - unsent;
    bool sending = unsent || session->tx.busy;

    if (acknowledged > session->acknowledged && sending)
        session->heard_at = platform_ticks();
    if (acknowledged > session->acknowledged || !sending)
        session->taken_until = 0;
    session->acknowledged = acknowledged;

    if (sending && !session->taken_until)
        session->taken_until = deadline_after_ms(session->settings->stall_ms);
    if (sending && deadline_passed(session->taken_until))
        return fail(E_STREAM_TIMEOUT, "the target has taken nothing of ours for %u ms", (unsigned)session->settings->stall_ms);
    return OK;
}

enum status bounds_check(struct iscsi_session *session)
{
    if (session->logout_wanted && deadline_passed(session->logout_until))
        return fail(E_ISCSI_LOGOUT, "no answer to our logout");

    enum status status = watch_sending(session);
    if (status != OK)
        return status;
    bool waiting = session->first || task_any_active(session);
    /* Behind a PDU that the stream does not take no ping can go out. */
    if (waiting && (session->nop_waiting || session->tx.busy) &&
        platform_ticks() - session->heard_at > session->settings->command_timeout_ms * platform_ticks_per_ms())
        return fail(E_ISCSI_SILENT, "nothing for %u ms", (unsigned)session->settings->command_timeout_ms);

    status = check_window(session);
    return status == OK ? abort_check(session) : status;
}
