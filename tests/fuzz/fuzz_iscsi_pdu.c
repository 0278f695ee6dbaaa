/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a target says in full feature phase, to a session with a read and a write in flight, and a read that was given up and
 * is to be aborted. The first byte's bits 0 and 1 say which digests are agreed on; those that come are wrong nearly always, so
 * bit 2 has them replaced by the right ones on the way.
 */
#include "tests/fuzz/fuzz_iscsi.h"

#include "platform/crc32c.h"

#define LENGTH 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define HEADER_DIGEST 1
#define DATA_DIGEST   2
#define RIGHT_DIGESTS 4

/* Writes the digest of what lies before `at`, as far as it is there; returns where that ends. */
static size_t digest_at(uint8_t *bytes, size_t length, size_t from, size_t at)
{
    if (at + DIGEST_LENGTH <= length)
        put_le32(bytes + at, crc32c(0, bytes + from, at - from));
    return at + DIGEST_LENGTH;
}

static void make_digests_right(uint8_t *bytes, size_t length, uint8_t digests)
{
    for (size_t at = 0; at + BHS_LENGTH <= length;) {
        size_t data = get_be24(bytes + at + BHS_DATA_LENGTH), end = at + BHS_LENGTH + bytes[at + BHS_AHS_LENGTH] * 4u;

        if (digests & HEADER_DIGEST)
            end = digest_at(bytes, length, at, end);
        at = end + ((data + 3) & ~(size_t)3);
        if (digests & DATA_DIGEST && data)
            at = digest_at(bytes, length, end, at);
    }
}

static void run(uint8_t choice, const uint8_t *bytes, size_t length)
{
    static uint8_t buffers[3][LENGTH];
    struct iscsi_task tasks[3] = {
        {.direction = ISCSI_READ, .buffer = buffers[0], .length = LENGTH},
        {.direction = ISCSI_WRITE, .buffer = buffers[1], .length = LENGTH},
        {.direction = ISCSI_READ, .buffer = buffers[2], .length = LENGTH},
    };
    struct iscsi_settings settings = fuzz_settings();

    fuzz_open(&settings, fuzz_login_answers, sizeof fuzz_login_answers, bytes, length);
    fuzz_session->agreed.header_digest = choice & HEADER_DIGEST;
    fuzz_session->agreed.data_digest = (choice & DATA_DIGEST) != 0;
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
    if (!tasks[0].done || !tasks[1].done || !tasks[2].done)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 1)
        return 0;

    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    if (copy[0] & RIGHT_DIGESTS)
        make_digests_right(copy + 1, length - 1, copy[0]);
    run(copy[0], copy + 1, length - 1);
    free(copy);
    return 0;
}
