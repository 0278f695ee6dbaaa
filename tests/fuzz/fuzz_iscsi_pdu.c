/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a target says in full feature phase, to a session with a read and a write in flight. */
#include "tests/fuzz/fuzz_iscsi.h"

#define LENGTH 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static uint8_t buffers[2][LENGTH];
    struct iscsi_task tasks[2] = {
        {.direction = ISCSI_READ, .buffer = buffers[0], .length = LENGTH},
        {.direction = ISCSI_WRITE, .buffer = buffers[1], .length = LENGTH},
    };
    struct iscsi_settings settings = fuzz_settings();

    fuzz_open(&settings, fuzz_login_answers, sizeof fuzz_login_answers, bytes, length);
    /* Tags are random for an attacker; the fuzzer may know them. */
    fuzz_session->generation = 1;
    for (unsigned i = 0; i < 2; i++)
        iscsi_session_submit(fuzz_session, &tasks[i]);
    for (unsigned i = 0; i < 8; i++)
        iscsi_session_pump(fuzz_session);
    fuzz_close();
    return tasks[0].done && tasks[1].done ? 0 : (abort(), 0);
}
