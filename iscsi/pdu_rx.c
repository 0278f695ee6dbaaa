/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving: the header is assembled, then data lands directly where it belongs. */
#include "iscsi/session.h"

void pdu_receive_reset(struct iscsi_session *session)
{
    memset(&session->rx, 0, sizeof session->rx);
}

/* The header is whole: decides where the data goes, and refuses more than we have allowed. */
static enum status place_data(struct iscsi_session *session)
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

/* How many bytes the current stage has in all. The data that is not kept and the padding make the last. */
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

/* The stage is whole: on to the next. *complete: it was the PDU's last. */
static enum status end_stage(struct iscsi_session *session, bool *complete)
{
    struct receiver *rx = &session->rx;

    rx->have = 0;
    if (rx->stage == RX_TAIL) {
        rx->stage = RX_HEADER;
        *complete = true;
        return OK;
    }
    rx->stage++;
    return rx->stage == RX_AHS ? place_data(session) : OK;
}

/* Up to `left` bytes of the stage, from the stream to where they belong. */
static enum status receive_piece(struct iscsi_session *session, uint32_t left, size_t *received)
{
    struct receiver *rx = &session->rx;
    struct stream *stream = session->stream;

    *received = 0;
    if (rx->stage == RX_HEADER)
        return stream->ops->receive(stream, rx->header + rx->have, left, received);
    if (rx->stage == RX_DATA)
        return stream->ops->receive(stream, rx->to + rx->have, left, received);

    uint8_t scrap[256];
    return stream->ops->receive(stream, scrap, smaller_of(left, sizeof scrap), received);
}

enum status pdu_receive(struct iscsi_session *session, bool *complete)
{
    struct receiver *rx = &session->rx;
    enum status status = OK;

    *complete = false;
    while (status == OK && !*complete) {
        uint32_t left = stage_length(rx) - rx->have;
        if (left == 0) {
            status = end_stage(session, complete);
            continue;
        }

        size_t received;
        status = receive_piece(session, left, &received);
        if (status != OK || received == 0)
            return status;
        rx->have += (uint32_t)received;
        session->heard_at = platform_ticks();
        if (rx->task)
            task_restart_timeout(session, rx->task);
    }
    return status;
}
