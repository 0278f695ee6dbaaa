/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection that carries bytes in order, as iscsi/ wants it: net/ gives one over TCP, tests/host/ one over a POSIX
 * socket. Only close waits, at most until its deadline; with the others callers pump until what they want has happened or
 * their deadline passes.
 */
#ifndef SANSTRAP_STREAM_H
#define SANSTRAP_STREAM_H

#include "platform/platform.h"

/*
 * A piece of what is to be sent. A stable one is not copied: its bytes stay the stream's to read, unchanged by the caller,
 * until unsent() no longer counts them or the stream is closed or aborted. Any other is copied before send() returns.
 */
struct stream_span {
    const void *bytes;
    size_t length;
    bool stable;
};

struct stream;

struct stream_ops {
    /*
     * Begins to connect to `host`, an IPv4 or IPv6 literal (without brackets) or a DNS name, whose addresses are tried in turn,
     * each for a part of the time, at TCP port `port`, and returns; pump() goes on with it, and opened() says what has become of
     * it, until when `host` must stay. A stream that is open is aborted first. Fails with E_RESOLVE, E_UNREACHABLE or
     * E_STREAM_MEMORY when there is nothing to begin.
     */
    enum status (*connect)(struct stream *stream, const char *host, uint16_t port, deadline_t deadline);

    /*
     * To be asked in every turn while connecting. OK with *open false: not yet. OK with *open true: connected, and bytes can
     * move. Else why there is no connection: E_RESOLVE, E_UNREACHABLE, E_CONNECT_TIMEOUT (nobody answered until connect()'s
     * deadline), E_CONNECT_REFUSED, E_STREAM_MEMORY; the stream is closed then.
     */
    enum status (*opened)(struct stream *stream, bool *open);

    /*
     * Takes as many bytes of the spans, in order, as there is room for, and says in *taken how many; 0 is no error. Fails, having
     * taken nothing, with E_STREAM_CLOSED when the stream is not open, E_STREAM_RESET when the peer ended the connection,
     * E_STREAM_TIMEOUT when the peer stopped acknowledging, E_INTERNAL when the network lost it.
     */
    enum status (*send)(struct stream *stream, const struct stream_span *spans, unsigned count, size_t *taken);

    /* How many of the bytes taken by send() the peer has not acknowledged yet; 0 when the connection has ended. */
    size_t (*unsent)(struct stream *stream);

    /*
     * Moves up to `length` received bytes to `to` and says in *received how many; 0 is no error. This is the one copy that
     * payload sees. Bytes that arrived before the peer closed are handed out first; then E_STREAM_CLOSED, or fails as send()
     * does.
     */
    enum status (*receive)(struct stream *stream, void *to, size_t length, size_t *received);

    /* One turn: takes what the network has brought, lets timers run, sends what may be sent. Never waits. */
    void (*pump)(struct stream *stream);

    /*
     * Ends the connection in order (FIN) and waits until the peer has acknowledged that, or `deadline` passes and it is aborted.
     * What still arrives is dropped. The stream is not open afterwards, in either case.
     */
    void (*close)(struct stream *stream, deadline_t deadline);

    /* Ends the connection at once (RST). Harmless on a stream that is not open. */
    void (*abort)(struct stream *stream);
};

/* Embedded as the first member of the implementation's own structure. */
struct stream {
    const struct stream_ops *ops;
};

#endif
