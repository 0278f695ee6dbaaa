/* SPDX-License-Identifier: BSD-2-Clause */
/* A target that says the fuzzer's bytes and then closes; what the two iSCSI fuzzers share. */
#ifndef SANSTRAP_TESTS_FUZZ_ISCSI_H
#define SANSTRAP_TESTS_FUZZ_ISCSI_H

#include <stdlib.h>
#include <string.h>

#include "iscsi/session.h"
#include "tests/host/host.h"

struct fuzz_stream {
    struct stream stream;
    const uint8_t *pieces[2];
    size_t lengths[2];
    bool quiet; /* the second piece is held back */
};

static struct fuzz_stream fuzz_stream;
static struct arena fuzz_arena;
static struct iscsi_session *fuzz_session;

static enum status fuzz_connect(struct stream *stream, const char *host, uint16_t port, deadline_t deadline)
{
    (void)stream;
    (void)host;
    (void)port;
    (void)deadline;
    return OK;
}

static enum status fuzz_opened(struct stream *stream, bool *open)
{
    (void)stream;
    *open = true;
    return OK;
}

static enum status fuzz_send(struct stream *stream, const struct stream_span *spans, unsigned count, size_t *taken)
{
    (void)stream;
    *taken = 0;
    for (unsigned i = 0; i < count; i++)
        *taken += spans[i].length;
    return OK;
}

static size_t fuzz_unsent(struct stream *stream)
{
    (void)stream;
    return 0;
}

static enum status fuzz_receive(struct stream *stream, void *to, size_t length, size_t *received)
{
    struct fuzz_stream *fuzz = (struct fuzz_stream *)stream;
    unsigned piece = fuzz->lengths[0] ? 0 : 1;

    *received = 0;
    if (piece == 1 && fuzz->quiet)
        return OK;
    if (fuzz->lengths[piece] == 0)
        return fail(E_STREAM_CLOSED, "end of input");
    *received = length < fuzz->lengths[piece] ? length : fuzz->lengths[piece];
    memcpy(to, fuzz->pieces[piece], *received);
    fuzz->pieces[piece] += *received;
    fuzz->lengths[piece] -= *received;
    return OK;
}

static void fuzz_pump(struct stream *stream)
{
    (void)stream;
}

static void fuzz_stream_close(struct stream *stream, deadline_t deadline)
{
    (void)stream;
    (void)deadline;
}

static const struct stream_ops fuzz_operations = {
    fuzz_connect, fuzz_opened, fuzz_send, fuzz_unsent, fuzz_receive, fuzz_pump, fuzz_stream_close, fuzz_pump,
};

static inline struct iscsi_settings fuzz_settings(void)
{
    return (struct iscsi_settings){.host = "192.0.2.1",
                                   .initiator_name = "iqn.i",
                                   .target_name = "iqn.t",
                                   .isid = {0x80, 1, 2, 3, 4, 5},
                                   .portal_group = 0xFFFF};
}

#define FUZZ_LOGIN(flags)                                                                                                        \
    OP_LOGIN_RESPONSE, flags, 0, 0, 0, 0, 0, 0, 0x80, 1, 2, 3, 4, 5, 0, 7, 0, 0, 0, ITT_LOGIN, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,  \
        1, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
static const uint8_t fuzz_login_answers[] __attribute__((unused)) = {FUZZ_LOGIN(0x81), FUZZ_LOGIN(0x87)};

static inline void fuzz_open(const struct iscsi_settings *settings, const uint8_t *before, size_t before_length,
                             const uint8_t *bytes, size_t length)
{
    host_clock_use_virtual();
    host_log_level = LOG_ERROR;
    fuzz_arena = host_arena_new(1 << 17);
    fuzz_stream = (struct fuzz_stream){{&fuzz_operations}, {before, bytes}, {before_length, length}, before_length != 0};
    fuzz_session = iscsi_session_new(&fuzz_arena, &fuzz_stream.stream, &iscsi_profile_large);
    static struct iscsi_settings its_own;
    its_own = *settings;
    iscsi_session_open(fuzz_session, &its_own, deadline_after_ms(1000));
}

static inline void fuzz_close(void)
{
    iscsi_session_close(fuzz_session, deadline_after_ms(10));
    host_arena_free(&fuzz_arena);
}

#endif
