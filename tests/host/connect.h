/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting for those who may wait: begun, and pumped until it is open or has failed. */
#ifndef SANSTRAP_TESTS_HOST_CONNECT_H
#define SANSTRAP_TESTS_HOST_CONNECT_H

#include "platform/stream.h"

static inline enum status host_connect(struct stream *stream, const char *host, uint16_t port, deadline_t deadline)
{
    bool open = false;
    enum status status = stream->ops->connect(stream, host, port, deadline);

    while (status == OK && !open) {
        status = stream->ops->opened(stream, &open);
        if (status == OK && !open) {
            stream->ops->pump(stream);
            platform_idle();
        }
    }
    return status;
}

#endif
