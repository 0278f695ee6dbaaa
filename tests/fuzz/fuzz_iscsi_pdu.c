/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a target says in full feature phase, to a session with a read and a write in flight, and a read that was given up and
 * is to be aborted.
 */
#include "tests/fuzz/fuzz_iscsi.h"

#define LENGTH 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static uint8_t buffers[3][LENGTH];
    struct iscsi_task tasks[3] = {
        {.direction = ISCSI_READ, .buffer = buffers[0], .length = LENGTH},
        {.direction = ISCSI_WRITE, .buffer = buffers[1], .length = LENGTH},
        {.direction = ISCSI_READ, .buffer = buffers[2], .length = LENGTH},
    };
    struct iscsi_settings settings = fuzz_settings();

    fuzz_open(&settings, fuzz_login_answers, sizeof fuzz_login_answers, bytes, length);
    iscsi_session_guard(fuzz_session);
    /* Tags are random for an attacker; the fuzzer may know them. */
    fuzz_session->generation = 1;
    for (unsigned i = 0; i < 3; i++)
        iscsi_session_submit(fuzz_session, &tasks[i]);
    iscsi_session_pump(fuzz_session);
    iscsi_session_cancel(fuzz_session, &tasks[2]);
    iscsi_session_pump(fuzz_session);
    memset(buffers[2], 0, LENGTH);

    fuzz_stream.quiet = false;
    for (unsigned i = 0; i < 8; i++)
        iscsi_session_pump(fuzz_session);
    fuzz_close();

    /* Nothing may come to the one that was given up. */
    for (unsigned i = 0; i < LENGTH; i++) {
        if (buffers[2][i])
            abort();
    }
    return tasks[0].done && tasks[1].done && tasks[2].done ? 0 : (abort(), 0);
}
