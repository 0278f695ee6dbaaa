/* SPDX-License-Identifier: BSD-2-Clause */
/* The flight recorder: slots joined to lines. */
#include <inttypes.h>
#include <string.h>

#include "handoff/recorder.h"
#include "tools/handoff/decode.h"
#include "tools/handoff/notation.h"

#define LINE_MAX 4096 /* no line that is written is nearly as long */

/* The line that is being put together. */
struct line {
    uint64_t ticks;
    uint8_t level;
    bool open, headless; /* the slots that it begins in were overwritten */
    size_t length;
    char text[LINE_MAX + RECORDER_TEXT];
};

struct log_reader {
    struct node *lines;
    uint64_t ticks_per_ms, first_ticks;
    struct line line;
};

static const char *level_word(uint8_t level)
{
    static const char *const words[] = {"error", "warning", "info", "detail"};
    return level < sizeof words / sizeof *words ? words[level] : "unknown";
}

/* The line that is open, into the list. `cut`: slots that the line goes on in were overwritten, or never written. */
static void add_line(struct log_reader *reader, bool cut)
{
    struct line *line = &reader->line;
    uint64_t ms = (line->ticks - reader->first_ticks) / reader->ticks_per_ms;
    const char *level = level_word(line->level), *mark = cut ? " [...]" : "", *before = line->headless ? "[...] " : "";

    struct node *in;
    if (line->ticks >= reader->first_ticks) {
        in = tree_add_object(reader->lines, NULL, "%6" PRIu64 ".%03u  %-7s  %s%.*s%s", ms / 1000, (unsigned)(ms % 1000), level,
                             before, (int)line->length, line->text, mark);
        tree_add_number(in, "milliseconds", NULL, ms);
    } else {
        in =
            tree_add_object(reader->lines, NULL, "%10s  %-7s  %s%.*s%s", "?", level, before, (int)line->length, line->text, mark);
        tree_add_nothing(in, "milliseconds", NULL);
    }

    tree_add_number(in, "ticks", NULL, line->ticks);
    tree_add_text(in, "level", NULL, level);
    tree_add_bytes(in, "text", NULL, line->text, line->length);
    tree_add_truth(in, "cut", NULL, cut);
    tree_add_truth(in, "headless", NULL, line->headless);

    line->open = false;
    line->length = 0;
}

/* Only printable ASCII is written there; what else is found stands as the recorder would have put it. */
static void append_slot(struct line *line, const struct recorder_slot *slot)
{
    for (unsigned i = 0; i < slot->length; i++)
        line->text[line->length++] = slot->text[i] >= ' ' && slot->text[i] <= '~' ? slot->text[i] : '?';
}

static void read_slots(struct log_reader *reader, const void *memory)
{
    struct recorder_slot slot;
    uint64_t before = 0;
    for (uint64_t number = recorder_next(memory, 0, &slot); number; number = recorder_next(memory, before, &slot)) {
        if (!before)
            reader->first_ticks = slot.ticks;

        if (reader->line.open && (number != before + 1 || reader->line.length >= LINE_MAX))
            add_line(reader, true);
        if (!reader->line.open) {
            reader->line.open = true;
            reader->line.ticks = slot.ticks;
            reader->line.level = slot.level;
            reader->line.headless = slot.flags & RECORDER_CONTINUED;
        }

        append_slot(&reader->line, &slot);
        if (!(slot.flags & RECORDER_CONTINUES))
            add_line(reader, false);
        before = number;
    }

    if (reader->line.open)
        add_line(reader, true);
}

void decode_log(struct node *in, const struct log_place *place)
{
    struct recorder_header header;
    memcpy(&header, place->memory, sizeof header);

    struct node *log = tree_add_object(in, "log", "Flight recorder at 0x%" PRIx64, place->address);
    tree_add_number(log, "address", NULL, place->address);
    notation_add_hex(log, "boot_id", "Boot id", header.boot_id, sizeof header.boot_id);
    tree_add_truth(log, "of_another_boot", place->of_another_boot ? "Of another boot than ISDH" : NULL, place->of_another_boot);
    tree_show(tree_add_number(log, "ticks_per_ms", "Clock", header.ticks_per_ms), "%" PRIu64 " ticks per millisecond",
              header.ticks_per_ms);
    tree_show(tree_add_number(log, "slots", "Slots", header.slot_count), "%" PRIu32 ", %" PRIu64 " written", header.slot_count,
              header.last);
    tree_add_number(log, "written", NULL, header.last);

    struct log_reader reader = {.lines = tree_add_list(log, "lines", NULL), .ticks_per_ms = header.ticks_per_ms};
    read_slots(&reader, place->memory);
}
