/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of everything that can go wrong. The table itself is platform/status.def; docs/errors.md is made from it.
 *
 * A function that can fail returns an enum status. Where a failure is understood, it is recorded together with the
 * values that caused it: `return fail(E_LOGIN_STATUS, "status class %u, detail %u", ...)`. There is one thread, so one
 * record suffices, as with errno: it holds until the next fail(), and OK leaves it alone.
 */
#ifndef SANSTRAP_STATUS_H
#define SANSTRAP_STATUS_H

#include <stdbool.h>

enum status {
    OK = 0,
#define STATUS(name, code, reconnect, cards, class, what, advice) name = code,
#include "platform/status.def"
#undef STATUS
};

/* Records `status` with a formatted detail (see platform/format.h; cut at 191 bytes) and returns it. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The detail recorded by the last fail() with this status; "" when the last one was for another status. */
const char *failure_detail(enum status status);

/* ---- what the table says; unknown numbers are taken for E_INTERNAL ---- */

const char *status_what(enum status status);
const char *status_advice(enum status status);

/* Another login will end in the same way. False for OK. */
bool status_is_final(enum status status);

/* On another network card it may go better. False for OK. */
bool status_may_differ_by_card(enum status status);

/* What a status is to a program that reads and writes the disk; INT 13h and BlockIo have numbers of their own for each. */
enum status_class {
    CLASS_DONE,
    CLASS_INVALID,   /* a request that its contract forbids */
    CLASS_RANGE,     /* blocks that are not there */
    CLASS_PROTECTED, /* write-protected */
    CLASS_TIMEOUT,   /* no answer from the disk, or no way to it */
    CLASS_MEDIUM,    /* a defective block */
    CLASS_NOT_READY, /* the medium is not there, or not yet */
    CLASS_DEVICE     /* everything else */
};
enum status_class status_class(enum status status);

#endif
