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

enum status {
    OK = 0,
#define STATUS(name, code, what, advice) name = code,
#include "platform/status.def"
#undef STATUS
};

/* Records `status` with a formatted detail (see platform/format.h; cut at 191 bytes) and returns it. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The detail recorded by the last fail() with this status; "" when the last one was for another status. */
const char *failure_detail(enum status status);

/* The table's texts. Unknown numbers give the texts of E_INTERNAL. */
const char *status_what(enum status status);
const char *status_advice(enum status status);

#endif
