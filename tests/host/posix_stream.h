/* SPDX-License-Identifier: BSD-2-Clause */
/* platform/stream.h over a non-blocking POSIX socket: iscsi/ on the host, without net/. */
#ifndef SANSTRAP_TEST_POSIX_STREAM_H
#define SANSTRAP_TEST_POSIX_STREAM_H

#include "platform/stream.h"

/* Never freed by anybody but posix_stream_free(). */
struct stream *posix_stream_new(void);
void posix_stream_free(struct stream *stream);

#endif
