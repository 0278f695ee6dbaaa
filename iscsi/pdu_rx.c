/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving: the header is assembled, then data lands directly where it belongs. Digests are computed over what has landed. */
#include "iscsi/login.h"

#include "platform/crc32c.h"

void pdu_receive_reset(struct iscsi_session *session)
{
    memset(&session->rx, 0, sizeof session->rx);
}

/* The header is whole: decides where the data goes, and refuses more than we have allowed. */
static enum status place_data(struct iscsi_session *session)
{
    struct receiver *rx = &session->rx;
    uint32_t limit = session->state == SESSION_LOGIN ? ISCSI_TEXT_IN_MAX : OUR_MAX_RECV_SEGMENT;

    rx->data_length = get_be24(rx->header + BHS_DATA_LENGTH);
    if (rx->data_length > limit)
        return fail(E_ISCSI_SEGMENT, "opcode %02x with %u bytes of data, %u allowed", rx->header[BHS_OPCODE], rx->data_length,
                    limit);

    rx->task = NULL;
    if (session->state == SESSION_LOGIN)
        return login_place_text(session);
    if ((rx->header[BHS_OPCODE] & OP_MASK) == OP_DATA_IN)
        return task_data_in_begin(session);

    rx->to = session->answer;
    rx->room = smaller_of(rx->data_length, sizeof session->answer);
    return OK;
}

/* RFC 7143 section 6.1: in full feature phase only. */
static bool has_header_digest(const struct iscsi_session *session)
{
    return session->state != SESSION_LOGIN && session->agreed.header_digest;
}

/* Without data there is no digest of it. */
ALWAYS_INLINE bool has_data_digest(const struct iscsi_session *session)
{
    return session->state != SESSION_LOGIN && session->agreed.data_digest && session->rx.data_length;
}

/* How many bytes the current stage has in all. The data that is not kept and the padding make RX_TAIL. */
static uint32_t stage_length(const struct iscsi_session *session)
{
    const struct receiver *rx = &session->rx;

    switch (rx->stage) {
    case RX_HEADER:
        return BHS_LENGTH;
    case RX_AHS:
        return rx->header[BHS_AHS_LENGTH] * 4u;
    case RX_HEADER_DIGEST:
        return has_header_digest(session) ? DIGEST_LENGTH : 0;
    case RX_DATA_DIGEST:
        return has_data_digest(session) ? DIGEST_LENGTH : 0;
    case RX_DATA:
        return rx->room;
    default:
        return ((rx->data_length + 3) & ~3u) - rx->room;
    }
}

/* The one that came against that of the bytes that came before it. */
static enum status check_digest(const struct receiver *rx, enum status status)
{
    uint32_t digest = get_le32(rx->digest);

    if (digest == rx->crc)
        return OK;
    return fail(status, "opcode %02x with %u bytes of data: %08x came, %08x is right", rx->header[BHS_OPCODE] & OP_MASK,
                (unsigned)get_be24(rx->header + BHS_DATA_LENGTH), (unsigned)digest, (unsigned)rx->crc);
}

/* The stage is whole: on to the next. *complete: it was the PDU's last. */
static enum status end_stage(struct iscsi_session *session, bool *complete)
{
    struct receiver *rx = &session->rx;
    enum status status = OK;

    if (rx->stage == RX_HEADER_DIGEST) {
        if (has_header_digest(session))
            status = check_digest(rx, E_ISCSI_HEADER_DIGEST);
        if (status == OK)
            status = place_data(session);
        rx->crc = 0;
    }
    if (rx->stage == RX_DATA_DIGEST) {
        if (has_data_digest(session))
            status = check_digest(rx, E_ISCSI_DATA_DIGEST);
        if (status != OK)
            task_blame_pdu(session, status);
        rx->crc = 0;
        *complete = status == OK;
    }

    rx->have = 0;
    rx->stage = rx->stage == RX_DATA_DIGEST ? RX_HEADER : rx->stage + 1;
    return status;
}

/* Up to `left` bytes of the stage, from the stream to where they belong. */
ALWAYS_INLINE enum status receive_piece(struct iscsi_session *session, uint32_t left, size_t *received)
{
    struct receiver *rx = &session->rx;
    struct stream *stream = session->stream;
    uint8_t scrap[256], *to = scrap;

    if (rx->stage == RX_HEADER)
        to = rx->header + rx->have;
    else if (rx->stage == RX_DATA)
        to = rx->to + rx->have;
    else if (rx->stage == RX_HEADER_DIGEST || rx->stage == RX_DATA_DIGEST)
        to = rx->digest + rx->have;
    else
        left = smaller_of(left, sizeof scrap);

    *received = 0;
    enum status status = stream->ops->receive(stream, to, left, received);
    bool digested = rx->stage <= RX_AHS                            ? has_header_digest(session)
                    : rx->stage == RX_DATA || rx->stage == RX_TAIL ? has_data_digest(session)
                                                                   : false;
    if (status == OK && digested)
        rx->crc = crc32c(rx->crc, to, *received);
    return status;
}

enum status pdu_receive(struct iscsi_session *session, bool *complete)
{
    struct receiver *rx = &session->rx;
    enum status status = OK;

    *complete = false;
    while (status == OK && !*complete) {
        uint32_t left = stage_length(session) - rx->have;
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
        session->nudged &= session->nop_waiting;
        if (rx->task)
            task_restart_timeout(session, rx->task);
    }
    return status;
}
