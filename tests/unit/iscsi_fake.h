/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream with a scripted target behind it: what it says is laid ready, what we say is kept, and bytes come in chunks of any
 * size.
 */
#ifndef SANSTRAP_TESTS_ISCSI_FAKE_H
#define SANSTRAP_TESTS_ISCSI_FAKE_H

#include "tests/unit/unit.h"

#include "iscsi/session.h"
#include "tests/host/host.h"

struct fake {
    struct stream stream;
    uint8_t in[256 * 1024], out[1024 * 1024];
    size_t in_length, in_position, out_length;
    size_t chunk;                /* bytes of one receive or send; 0: all there are */
    size_t unsent, acknowledged; /* if the latter is set it counts: so many bytes, and no more */
    bool full;                   /* nothing of ours is taken */
    bool closed;                 /* the target closes once everything is read */
    bool refuse;                 /* connects fail */
    bool pending;                /* connects go on and on */
    unsigned connects, aborts;
    char host[256];
    uint16_t port;
};

static inline size_t fake_cut(const struct fake *fake, size_t length)
{
    return fake->chunk && length > fake->chunk ? fake->chunk : length;
}

static inline enum status fake_connect(struct stream *stream, const char *host, uint16_t port, deadline_t deadline)
{
    struct fake *fake = (struct fake *)stream;

    (void)deadline;
    fake->connects++;
    snprintf(fake->host, sizeof fake->host, "%s", host);
    fake->port = port;
    return fake->refuse ? fail(E_CONNECT_REFUSED, "refused") : OK;
}

static inline enum status fake_opened(struct stream *stream, bool *open)
{
    *open = !((struct fake *)stream)->pending;
    return OK;
}

static inline enum status fake_send(struct stream *stream, const struct stream_span *spans, unsigned count, size_t *taken)
{
    struct fake *fake = (struct fake *)stream;

    *taken = 0;
    for (unsigned i = 0; i < count && !fake->full; i++) {
        size_t length = fake_cut(fake, spans[i].length);

        assert_true(length <= sizeof fake->out - fake->out_length);
        memcpy(fake->out + fake->out_length, spans[i].bytes, length);
        fake->out_length += length;
        *taken += length;
        if (fake->chunk)
            break;
    }
    return OK;
}

static inline size_t fake_unsent(struct stream *stream)
{
    const struct fake *fake = (const struct fake *)stream;

    return fake->acknowledged ? fake->out_length - fake->acknowledged : fake->unsent;
}

static inline enum status fake_receive(struct stream *stream, void *to, size_t length, size_t *received)
{
    struct fake *fake = (struct fake *)stream;
    size_t there = fake->in_length - fake->in_position;

    if (there == 0 && fake->closed)
        return fail(E_STREAM_CLOSED, "end");
    *received = fake_cut(fake, length < there ? length : there);
    memcpy(to, fake->in + fake->in_position, *received);
    fake->in_position += *received;
    return OK;
}

static inline void fake_pump(struct stream *stream)
{
    (void)stream;
}

static inline void fake_close(struct stream *stream, deadline_t deadline)
{
    (void)stream;
    (void)deadline;
}

static inline void fake_abort(struct stream *stream)
{
    ((struct fake *)stream)->aborts++;
}

static inline void fake_reset(struct fake *fake)
{
    static const struct stream_ops operations = {
        fake_connect, fake_opened, fake_send, fake_unsent, fake_receive, fake_pump, fake_close, fake_abort,
    };

    memset(fake, 0, sizeof *fake);
    fake->stream.ops = &operations;
}

/* Lays a PDU ready: the header's own fields are set by the caller in `header`, its data length here. */
static inline void fake_say(struct fake *fake, const uint8_t header[BHS_LENGTH], const void *data, uint32_t length)
{
    uint8_t *to = fake->in + fake->in_length;
    uint32_t padded = (length + 3) & ~3u;

    assert_true(fake->in_length + BHS_LENGTH + padded <= sizeof fake->in);
    memcpy(to, header, BHS_LENGTH);
    put_be24(to + BHS_DATA_LENGTH, length);
    memset(to + BHS_LENGTH, 0, padded);
    if (length)
        memcpy(to + BHS_LENGTH, data, length);
    fake->in_length += BHS_LENGTH + padded;
}

static const uint8_t fake_isid[6] = {0x80, 1, 2, 3, 4, 5};

/* A Login Response; `text` has '|' in place of NULs. */
static inline void fake_login(struct fake *fake, uint8_t flags, uint16_t status, const char *text)
{
    uint8_t header[BHS_LENGTH] = {OP_LOGIN_RESPONSE, flags};

    memcpy(header + BHS_ISID, fake_isid, sizeof fake_isid);
    put_be16(header + BHS_TSIH, 7);
    put_be32(header + BHS_ITT, ITT_LOGIN);
    put_be32(header + BHS_EXPCMDSN, 1);
    put_be32(header + BHS_MAXCMDSN, 64);
    put_be16(header + BHS_LOGIN_CLASS, status);

    char data[8192];
    uint32_t length = (uint32_t)strlen(text);
    for (uint32_t i = 0; i < length; i++)
        data[i] = text[i] == '|' ? 0 : text[i];
    fake_say(fake, header, data, length);
}

/* Both stages, with values that make unsolicited data possible. */
static inline void fake_login_whole(struct fake *fake)
{
    fake_login(fake, 0x81, 0, "AuthMethod=None|TargetPortalGroupTag=1|");
    fake_login(
        fake, 0x87, 0,
        "HeaderDigest=None|DataDigest=None|InitialR2T=No|ImmediateData=Yes|MaxRecvDataSegmentLength=4096|MaxBurstLength=16384|"
        "FirstBurstLength=8192|DefaultTime2Wait=2|DefaultTime2Retain=0|MaxOutstandingR2T=1|MaxConnections=1|DataPDUInOrder=Yes|"
        "DataSequenceInOrder=Yes|ErrorRecoveryLevel=0|");
}

static inline struct iscsi_settings fake_settings(void)
{
    struct iscsi_settings settings = {
        .host = "192.0.2.1", .initiator_name = "iqn.i", .target_name = "iqn.t", .portal_group = 0xFFFF};

    memcpy(settings.isid, fake_isid, 6);
    return settings;
}

/* Our PDUs, in order: the header of number `index`, NULL when there are fewer. */
static inline const uint8_t *fake_heard(const struct fake *fake, unsigned index)
{
    size_t at = 0;

    while (at + BHS_LENGTH <= fake->out_length) {
        if (index-- == 0)
            return fake->out + at;
        at += BHS_LENGTH + ((get_be24(fake->out + at + BHS_DATA_LENGTH) + 3) & ~3u);
    }
    return NULL;
}

#endif
