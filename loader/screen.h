/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user sees, on 80 columns: labelled lines, a countdown on each wait, and failures as what, why and what to do.
 */
#ifndef SANSTRAP_SCREEN_H
#define SANSTRAP_SCREEN_H

#include "loader/settings.h"

struct screen {
    const struct machine *machine;
    const char *label, *text; /* of the wait under way; NULL when there is none */
    deadline_t until;
    unsigned begun_seconds, drawn_seconds;
};

void screen_open(struct screen *screen, const struct machine *machine);

/* "Label    text", wrapped under the text. Ends a wait that is under way. */
void screen_line(struct screen *screen, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Begins a wait: the line "Label    text 15 s" counts down to the deadline while screen_turn() or loader_idle() is called. A
 * serial line has a line when it begins, and another when it ends after a second or more. `label` and `text` must stay until
 * then.
 */
void screen_wait(struct screen *screen, const char *label, const char *text, deadline_t until);
void screen_turn(struct screen *screen);

/* Ends the wait and clears its line. */
void screen_wait_end(struct screen *screen);

/*
 * A failure to read: "S303 The target does not answer", "Why: …", the text of `mark` with a caret below its character, "Do: …".
 * `detail` may be empty, `mark` NULL.
 */
void screen_failure(struct screen *screen, enum status status, const char *detail, const struct text_mark *mark);

#endif
