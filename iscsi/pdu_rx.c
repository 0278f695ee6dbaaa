/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving: the header is assembled, then data lands directly where it belongs. */
#include "iscsi/session.h"

void pdu_receive_reset(struct iscsi_session *session)
{
    memset(&session->rx, 0, sizeof session->rx);
}

/* The header is whole: where does the data go, and is there as much as we have allowed? */
static enum status begin_data(struct iscsi_session *session)
{
    struct receiver *rx = &session->rx;
    uint32_t limit = session->state == SESSION_LOGIN ? TEXT_IN_MAX : OUR_MAX_RECV_SEGMENT;

    rx->data_length = get_be24(rx->header + BHS_DATA_LENGTH);
    if (rx->data_length > limit)
        return fail(E_ISCSI_SEGMENT, "opcode %02x with %u bytes of data, %u allowed", rx->header[BHS_OPCODE], rx->data_length,
                    limit);
    rx->task = NULL;
    if (session->state != SESSION_LOGIN && (rx->header[BHS_OPCODE] & OP_MASK) == OP_DATA_IN)
        return task_data_in_begin(session);
    /* Login text that was continued (C bit) is put together; answers later on begin anew. */
    rx->to = session->text_in + session->text_in_length;
    rx->room = TEXT_IN_MAX - session->text_in_length;
    if (rx->data_length < rx->room)
        rx->room = rx->data_length;
    else if (session->state == SESSION_LOGIN && rx->data_length > rx->room)
        return fail(E_LOGIN_TEXT, "more than %u bytes of continued text", TEXT_IN_MAX);
    return OK;
}

/* Bytes that the current stage still lacks. */
static uint32_t stage_length(const struct receiver *rx)
{
    switch (rx->stage) {
    case RX_HEADER:
        return BHS_LENGTH;
    case RX_AHS:
        return rx->header[BHS_AHS_LENGTH] * 4u;
    case RX_DATA:
        return rx->room;
    default:
        return ((rx->data_length + 3) & ~3u) - rx->room;
    }
}

enum status pdu_receive(struct iscsi_session *session, bool *complete)
{
    struct receiver *rx = &session->rx;
    uint8_t scrap[256];

    *complete = false;
    for (;;) {
        uint32_t left = stage_length(rx) - rx->have;
        size_t received = 0;
        enum status status;

        if (left == 0) {
            rx->have = 0;
            if (rx->stage == RX_TAIL) {
                rx->stage = RX_HEADER;
                *complete = true;
                return OK;
            }
            rx->stage++;
            if (rx->stage == RX_AHS) {
                status = begin_data(session);
                if (status != OK)
                    return status;
            }
            continue;
        }
        if (rx->stage == RX_HEADER)
            status = session->stream->ops->receive(session->stream, rx->header + rx->have, left, &received);
        else if (rx->stage == RX_DATA)
            status = session->stream->ops->receive(session->stream, rx->to + rx->have, left, &received);
        else
            status = session->stream->ops->receive(session->stream, scrap, left < sizeof scrap ? left : sizeof scrap, &received);
        if (status != OK)
            return status;
        if (received == 0)
            return OK;
        rx->have += (uint32_t)received;
        session->heard_at = platform_ticks();
        if (rx->task)
            rx->task->stalled_at = deadline_after_ms(session->settings.command_timeout_ms);
    }
}
