/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending: one PDU at a time, header and data handed to the stream together so that they share a segment. */
#include "iscsi/session.h"

uint8_t *pdu_start(struct iscsi_session *session, uint8_t opcode, uint8_t flags)
{
    struct transmitter *tx = &session->tx;

    memset(tx, 0, sizeof *tx);
    tx->busy = true;
    tx->header[BHS_OPCODE] = opcode;
    tx->header[BHS_FLAGS] = flags;
    return tx->header;
}

void pdu_set_data(struct iscsi_session *session, const void *data, uint32_t length, struct iscsi_task *task)
{
    struct transmitter *tx = &session->tx;

    tx->data = data;
    tx->data_length = length;
    tx->task = task;
    tx->stable = task != NULL;
    put_be24(tx->header + BHS_DATA_LENGTH, length);
}

/* Adds the part of a piece that has not been sent. *offset is where in the PDU the piece begins. */
static unsigned add_span(struct stream_span *spans, unsigned count, uint32_t sent, uint32_t *offset, const void *bytes,
                         uint32_t length, bool stable)
{
    uint32_t skip = sent > *offset ? sent - *offset : 0;

    *offset += length;
    if (skip >= length)
        return count;
    spans[count].bytes = (const uint8_t *)bytes + skip;
    spans[count].length = length - skip;
    spans[count].stable = stable;
    return count + 1;
}

enum status pdu_flush(struct iscsi_session *session)
{
    static const uint8_t padding[4];
    struct transmitter *tx = &session->tx;

    if (!tx->busy)
        return OK;

    struct stream_span spans[3];
    unsigned count = 0;
    uint32_t total = 0;
    count = add_span(spans, count, tx->sent, &total, tx->header, BHS_LENGTH, false);
    count = add_span(spans, count, tx->sent, &total, tx->data, tx->data_length, tx->stable);
    count = add_span(spans, count, tx->sent, &total, padding, -tx->data_length & 3, false);

    size_t taken = 0;
    enum status status = session->stream->ops->send(session->stream, spans, count, &taken);
    if (status != OK || taken == 0)
        return status;

    tx->sent += (uint32_t)taken;
    session->bytes_sent += taken;
    if (tx->task) {
        tx->task->out_mark = session->bytes_sent;
        task_restart_timeout(session, tx->task);
    }
    if (tx->sent >= total) {
        tx->busy = false;
        tx->task = NULL;
    }
    return OK;
}
