/* SPDX-License-Identifier: BSD-2-Clause */
/* PDUs that are no SCSI command's: NOP, Asynchronous Message, Reject, Logout (RFC 7143 sections 11.9, 11.14 to 11.19). */
#include "iscsi/session.h"

#include "platform/format.h"

#define NUDGE_MS 60 /* as long as a single segment of ours waits: net/lwipopts.h, TCP_PROBE_DELAY and the round trip */

/* AsyncEvent, section 11.9.1. */
#define ASYNC_SCSI      0
#define ASYNC_LOGOUT    1
#define ASYNC_DROP      2
#define ASYNC_DROP_ALL  3
#define ASYNC_NEGOTIATE 4

void control_reset(struct iscsi_session *session)
{
    session->nop_count = 0;
    session->nop_waiting = session->nudged = false;
    session->statsn_told = false;
    session->logout_wanted = false;
    session->management.busy = false;
    session->window_until = session->taken_until = 0;
}

static enum status receive_nop_in(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    uint32_t itt = get_be32(header + BHS_ITT), ttt = get_be32(header + BHS_TTT);

    session_update_window(session, header);

    /* The answer to a ping of ours. */
    if (itt != RESERVED_TAG) {
        if (itt != ITT_NOP || !session->nop_waiting)
            return fail(E_ISCSI_TAG, "NOP-In for ITT %08x", (unsigned)itt);
        session->nop_waiting = false;
        session_update_expstatsn(session, header);
        return OK;
    }

    /* Behind our logout nothing is sent any more, and its answer must not be held up. */
    if (ttt == RESERVED_TAG || session->state == SESSION_LOGOUT)
        return OK;
    struct nop_answer *answer = &session->nop_answers[session->nop_count++];
    memcpy(answer->lun, header + BHS_LUN, 8);
    answer->ttt = ttt;
    return OK;
}

static enum status receive_async(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    uint32_t seconds = get_be16(header + BHS_ASYNC_PARAMETER2), answer_within = get_be16(header + BHS_ASYNC_PARAMETER3);

    session_update_expstatsn(session, header);
    session_update_window(session, header);

    switch (header[BHS_ASYNC_EVENT]) {
    case ASYNC_LOGOUT:
    case ASYNC_NEGOTIATE:
        /* A new login negotiates anew, which serves both. Asked for again, it has no more time than it had. */
        if (session->logout_wanted)
            return OK;
        log_printf(LOG_WARNING, "The target asks for a logout");
        session->logout_wanted = true;
        session->logout_until = deadline_after_ms(smaller_of(answer_within * 1000 + 1000, session->settings->command_timeout_ms));
        return OK;
    case ASYNC_DROP:
    case ASYNC_DROP_ALL:
        session->time2wait_ms = seconds * 1000;
        return fail(E_ISCSI_DROPPED, "asynchronous event %u, wait %u s", header[BHS_ASYNC_EVENT], (unsigned)seconds);
    case ASYNC_SCSI:
        /* What a UNIT ATTENTION would say, and as good a reason for doubt. */
        session_raise_doubt(session);
        return OK;
    default:
        log_printf(LOG_INFO, "Asynchronous event %u of the target", header[BHS_ASYNC_EVENT]);
        return OK;
    }
}

static enum status receive_reject(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;
    unsigned opcode = session->rx.data_length ? session->answer[BHS_OPCODE] & OP_MASK : 0xFF;

    session_update_expstatsn(session, header);
    session_update_window(session, header);
    return fail(E_ISCSI_REJECT, "opcode %02x, reason %02x", opcode, header[BHS_RESPONSE]);
}

static enum status receive_logout_response(struct iscsi_session *session)
{
    if (session->state != SESSION_LOGOUT || get_be32(session->rx.header + BHS_ITT) != ITT_LOGOUT)
        return fail(E_ISCSI_TAG, "a logout response for ITT %08x", (unsigned)get_be32(session->rx.header + BHS_ITT));
    session->time2wait_ms = get_be16(session->rx.header + BHS_LOGOUT_TIME2WAIT) * 1000u;
    return fail(E_ISCSI_LOGOUT, "logged out, response %u", session->rx.header[BHS_RESPONSE]);
}

enum status control_receive(struct iscsi_session *session)
{
    const uint8_t *header = session->rx.header;

    switch (header[BHS_OPCODE] & OP_MASK) {
    case OP_NOP_IN:
        return receive_nop_in(session);
    case OP_ASYNC:
        return receive_async(session);
    case OP_REJECT:
        return receive_reject(session);
    case OP_TASK_RESPONSE:
        return abort_response(session);
    case OP_LOGOUT_RESPONSE:
        return receive_logout_response(session);
    default:
        return fail(E_ISCSI_OPCODE, "opcode %02x", header[BHS_OPCODE]);
    }
}

uint8_t *control_build(struct iscsi_session *session, uint8_t opcode, uint8_t flags, uint32_t itt, uint32_t ttt)
{
    uint8_t *header = pdu_start(session, opcode | OP_IMMEDIATE, flags);

    put_be32(header + BHS_ITT, itt);
    put_be32(header + BHS_TTT, ttt);
    put_be32(header + BHS_CMDSN, session->cmdsn);
    put_be32(header + BHS_EXPSTATSN, session->expstatsn);
    return header;
}

bool control_next_pdu(struct iscsi_session *session)
{
    if (session->state == SESSION_LOGOUT)
        return false;

    if (session->nop_count) {
        struct nop_answer *answer = &session->nop_answers[0];
        uint8_t *header = control_build(session, OP_NOP_OUT, FLAG_FINAL, RESERVED_TAG, answer->ttt);

        memcpy(header + BHS_LUN, answer->lun, 8);
        session->nop_count--;
        memmove(answer, answer + 1, session->nop_count * sizeof *answer);
        return true;
    }

    if (session->logout_wanted) {
        /* The flags' low bits are the reason code, and 0 closes the session. Our CID, where others have a TTT, is 0. */
        control_build(session, OP_LOGOUT, FLAG_FINAL, ITT_LOGOUT, 0);
        session->state = SESSION_LOGOUT;
        return true;
    }

    /*
     * A ping of our own when somebody waits and nothing comes. The first goes out early: if the last segment of an answer was
     * lost, our acknowledgement of the ping's tells the target sooner than its timer does (RFC 8985 6).
     */
    uint64_t silence = platform_ticks() - session->heard_at;
    bool waiting = session->first || task_any_active(session);
    uint32_t patience = session->nudged ? session->settings->command_timeout_ms / 3 : NUDGE_MS;
    if (waiting && !session->nop_waiting && silence > patience * platform_ticks_per_ms()) {
        control_build(session, OP_NOP_OUT, FLAG_FINAL, ITT_NOP, RESERVED_TAG);
        session->nop_waiting = session->nudged = true;
        return true;
    }
    return abort_next_pdu(session);
}
