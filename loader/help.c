/* SPDX-License-Identifier: BSD-2-Clause */
/* What the word help on the command line shows: loader/settings.def. */
#include "loader/setting.h"
#include "loader/story.h"
#include "platform/format.h"

#define NAME_COLUMN   15 /* of the longest name with its '=', and a blank */
#define SETTINGS_PAGE 12 /* most take one line, a few two or three: a page fits PC's 25 */
#define PAGE_MS       30000

void story_show_settings(struct story *story)
{
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        const struct setting_row *row = &setting_rows[i];
        char name[NAME_COLUMN + 1], label[NAME_COLUMN + 1];
        if (i && i % SETTINGS_PAGE == 0)
            story_wait_for_key(story, "Press a key for more. Going on in", NULL, PAGE_MS);

        format_text(name, sizeof name, "%s=", row->name);
        format_text(label, sizeof label, "%-*s", NAME_COLUMN, name);
        screen_line(&story->screen, label, "%s: %s%s%s%s", row->help, row->form, row->preset[0] ? " (" : "", row->preset,
                    row->preset[0] ? ")" : "");
    }
}
