/* SPDX-License-Identifier: BSD-2-Clause */
/* The stream of iscsi/ over a socket of the kernel's. */
#include "tests/host/posix_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct posix_stream {
    struct stream stream;
    int fd;
};

static int fd_of(struct stream *stream)
{
    return ((struct posix_stream *)stream)->fd;
}

static void abort_stream(struct stream *stream)
{
    struct posix_stream *posix = (struct posix_stream *)stream;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (posix->fd < 0)
        return;
    setsockopt(posix->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(posix->fd);
    posix->fd = -1;
}

static enum status lost(int error)
{
    if (error == ECONNREFUSED)
        return fail(E_CONNECT_REFUSED, "errno %d", error);
    if (error == ECONNRESET || error == EPIPE)
        return fail(E_STREAM_RESET, "errno %d", error);
    return fail(E_UNREACHABLE, "errno %d", error);
}

static enum status finish_connect(int fd, deadline_t deadline)
{
    struct pollfd waited = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;

    while (poll(&waited, 1, 10) == 0) {
        if (deadline_passed(deadline))
            return fail(E_CONNECT_TIMEOUT, "no answer to SYN");
    }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error ? lost(error) : OK;
}

static enum status connect_stream(struct stream *stream, const char *host, uint16_t port, deadline_t deadline)
{
    struct posix_stream *posix = (struct posix_stream *)stream;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *found;
    char service[8];

    abort_stream(stream);
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return fail(E_RESOLVE, "%s", host);

    int on = 1;
    posix->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(posix->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    enum status status = OK;
    if (connect(posix->fd, found->ai_addr, found->ai_addrlen) != 0)
        status = errno == EINPROGRESS ? finish_connect(posix->fd, deadline) : lost(errno);
    freeaddrinfo(found);
    if (status != OK)
        abort_stream(stream);
    return status;
}

static enum status send_stream(struct stream *stream, const struct stream_span *spans, unsigned count, size_t *taken)
{
    struct iovec pieces[8];
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};

    *taken = 0;
    if (fd_of(stream) < 0)
        return fail(E_STREAM_CLOSED, "not open");
    for (unsigned i = 0; i < count && i < 8; i++)
        pieces[i] = (struct iovec){.iov_base = (void *)spans[i].bytes, .iov_len = spans[i].length};

    ssize_t sent = sendmsg(fd_of(stream), &message, MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN ? OK : lost(errno);
    *taken = (size_t)sent;
    return OK;
}

/* The kernel has copied what it took. */
static size_t unsent(struct stream *stream)
{
    (void)stream;
    return 0;
}

static enum status receive(struct stream *stream, void *to, size_t length, size_t *received)
{
    *received = 0;
    if (fd_of(stream) < 0)
        return fail(E_STREAM_CLOSED, "not open");

    ssize_t got = recv(fd_of(stream), to, length, 0);
    if (got < 0)
        return errno == EAGAIN ? OK : lost(errno);
    if (got == 0)
        return fail(E_STREAM_CLOSED, "end of stream");
    *received = (size_t)got;
    return OK;
}

/* Lets the target have the processor. */
static void pump(struct stream *stream)
{
    struct pollfd waited = {.fd = fd_of(stream), .events = POLLIN};

    if (waited.fd >= 0)
        poll(&waited, 1, 1);
}

static void close_stream(struct stream *stream, deadline_t deadline)
{
    struct posix_stream *posix = (struct posix_stream *)stream;

    (void)deadline;
    if (posix->fd >= 0)
        close(posix->fd);
    posix->fd = -1;
}

static const struct stream_ops operations = {
    connect_stream, send_stream, unsent, receive, pump, close_stream, abort_stream,
};

struct stream *posix_stream_new(void)
{
    struct posix_stream *posix = calloc(1, sizeof *posix);

    posix->stream.ops = &operations;
    posix->fd = -1;
    return &posix->stream;
}

void posix_stream_free(struct stream *stream)
{
    abort_stream(stream);
    free(stream);
}
