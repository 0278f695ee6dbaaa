/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines, waits and failures on 80 columns. */
#include "loader/screen.h"

#include <string.h>

#include "handoff/recorder.h"
#include "platform/format.h"

#define COLUMNS      79 /* the 80th would wrap by itself on a PC's screen */
#define LABEL_COLUMN 10

/* The screen that a wait inside the layers draws on: they know nothing of screens, and call platform_idle(). */
static struct screen *waiting;

void screen_open(struct screen *screen, const struct machine *machine)
{
    *screen = (struct screen){.machine = machine};
}

/* How many characters of `text` go on a line of `width`: up to the last blank that fits, or all that fit. */
static size_t line_break(const char *text, size_t width)
{
    size_t length = strnlen(text, width + 1);
    if (length <= width)
        return length;
    for (size_t at = width; at > width / 2; at--)
        if (text[at] == ' ')
            return at;
    return width;
}

/* Text that came from the network must not move the cursor. */
static void copy_printable(char *to, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    to[length] = '\0';
}

static void write_wrapped(struct screen *screen, const char *first, const char *text)
{
    size_t indent = strlen(first);
    screen->machine->write(first);
    for (;;) {
        char line[COLUMNS + 2];
        size_t length = line_break(text, COLUMNS - indent);
        copy_printable(line, text, length);
        screen->machine->write(line);
        screen->machine->write("\n");

        text += length;
        while (*text == ' ')
            text++;
        if (!*text)
            return;
        format_text(line, sizeof line, "%*s", (int)indent, "");
        screen->machine->write(line);
    }
}

static void format_label(char *to, size_t size, const char *label)
{
    format_text(to, size, "%-*s", LABEL_COLUMN, label);
}

static void record(const char *first, const char *text)
{
    char line[LABEL_COLUMN + 8 + 512];
    format_text(line, sizeof line, "%s%s", first, text);
    recorder_add(LOG_INFO, line);
}

void screen_line(struct screen *screen, const char *label, const char *format, ...)
{
    char first[LABEL_COLUMN + 8], text[512];
    va_list arguments;
    va_start(arguments, format);
    format_text_va(text, sizeof text, format, arguments);
    va_end(arguments);

    screen_wait_end(screen);
    format_label(first, sizeof first, label);
    record(first, text);
    write_wrapped(screen, first, text);
}

/* ---- waits ---- */

static unsigned seconds_left(deadline_t until)
{
    uint64_t now = platform_ticks();
    if (now >= until)
        return 0;
    return (unsigned)(((until - now) / platform_ticks_per_ms() + 999) / 1000);
}

/* "Label    text 15 s", between what begins and what ends the line. */
static void put_wait(const struct screen *screen, void (*put)(const char *text), const char *begin, unsigned seconds,
                     const char *end)
{
    char first[LABEL_COLUMN + 8], line[COLUMNS + 3];
    format_label(first, sizeof first, screen->label);
    format_text(line, sizeof line, "%s%s%s %u s%s", begin, first, screen->text, seconds, end);
    put(line);
}

static void draw_wait(struct screen *screen, unsigned seconds)
{
    screen->drawn_seconds = seconds;
    put_wait(screen, screen->machine->draw, "\r", seconds, " ");
}

void screen_wait(struct screen *screen, const char *label, const char *text, deadline_t until)
{
    screen_wait_end(screen);
    screen->label = label;
    screen->text = text;
    screen->until = until;
    screen->begun_seconds = seconds_left(until);
    waiting = screen;
    put_wait(screen, screen->machine->note, "", screen->begun_seconds, "\n");
    draw_wait(screen, screen->begun_seconds);
}

void screen_turn(struct screen *screen)
{
    unsigned seconds = seconds_left(screen->until);
    if (!screen->label || seconds == screen->drawn_seconds)
        return;
    draw_wait(screen, seconds);
}

void screen_wait_end(struct screen *screen)
{
    waiting = NULL;
    if (!screen->label)
        return;
    if (screen->drawn_seconds != screen->begun_seconds)
        put_wait(screen, screen->machine->note, "", screen->begun_seconds - seconds_left(screen->until), " gone\n");
    screen->label = NULL;

    char blanks[COLUMNS + 3];
    format_text(blanks, sizeof blanks, "\r%*s\r", COLUMNS, "");
    screen->machine->draw(blanks);
}

void loader_idle(void)
{
    if (waiting)
        screen_turn(waiting);
}

/* ---- failures ---- */

static void record_failure(enum status status, const char *detail)
{
    char line[320];
    format_text(line, sizeof line, "S%u %s: %s", (unsigned)status, status_what(status), detail);
    recorder_add(LOG_ERROR, line);
}

void screen_failure(struct screen *screen, enum status status, const char *detail, const struct text_mark *mark)
{
    char line[COLUMNS + 2];
    screen_wait_end(screen);
    record_failure(status, detail);

    format_text(line, sizeof line, "\nS%u ", (unsigned)status);
    screen->machine->write(line);
    write_wrapped(screen, "", status_what(status));

    if (detail[0])
        write_wrapped(screen, "Why: ", detail);
    if (mark && mark->text[0]) {
        write_wrapped(screen, "     ", mark->text);
        format_text(line, sizeof line, "     %*s^\n", (int)mark->offset, "");
        screen->machine->write(line);
    }

    if (status_advice(status)[0])
        write_wrapped(screen, "Do:  ", status_advice(status));
}
