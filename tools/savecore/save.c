/* SPDX-License-Identifier: BSD-2-Clause */
/* --save: room, copy, log, name, and the mark last. */
#include "tools/savecore/save.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/bytes.h"
#include "tools/common/complain.h"
#include "tools/common/print.h"
#include "tools/savecore/copy.h"
#include "tools/savecore/dmesg.h"
#include "tools/savecore/folder.h"
#include "tools/savecore/makedumpfile.h"
#include "tools/savecore/report.h"

#define ROOM_FOR_THE_REST (16 * MIB) /* the log, and what the file system wants for itself */

/* Zeros take no room; they are counted only when it matters. */
static bool has_room(const struct folder *folder, const struct area *area, uint64_t length)
{
    struct copied copied;
    uint64_t room = folder_room(folder);
    if (room >= length && room - length >= ROOM_FOR_THE_REST)
        return true;
    if (!copy_dump(area, length, COPY_NOWHERE, &copied))
        return false;
    if (room >= copied.filled && room - copied.filled >= ROOM_FOR_THE_REST)
        return true;

    complain("%s has %" PRIu64 " MiB free, and the dump needs %" PRIu64 " MiB: make room, or name another --directory",
             folder->path, room / MIB, (copied.filled + ROOM_FOR_THE_REST) / MIB + 1);
    return false;
}

/* Closes the stream; whether all of it was taken. */
static bool end_file(FILE *to)
{
    bool good = !fflush(to) && !ferror(to) && fsync(fileno(to)) == 0;
    return fclose(to) == 0 && good;
}

/* A dump without its log is a dump. */
static void write_log(const struct folder *folder, const struct area *area, int core)
{
    int file = folder_create(folder, "dmesg");
    FILE *to = file < 0 ? NULL : fdopen(file, "w");
    if (!to)
        return;

    const char *why = area->head.format == DUMP_AREA_ELF ? dmesg_write(core, to) : "it is no ELF core";
    bool good = end_file(to) && !why;
    if (why)
        good = makedumpfile_dmesg(folder, core, "dmesg");
    if (good)
        return;
    complain("no kernel log was taken out of the dump: %s", why ? why : strerror(errno));
    unlinkat(folder->self, "dmesg", 0);
}

static bool write_info(const struct folder *folder, const struct area *area)
{
    int file = folder_create(folder, "info");
    FILE *to = file < 0 ? NULL : fdopen(file, "w");
    if (!to)
        return false;

    struct node *root = tree_new();
    report_area(tree_add_list(root, "areas", NULL), area, NULL);
    print_text(root, to);
    tree_free(root);
    if (end_file(to))
        return true;
    complain("the copy cannot be written: %s", strerror(errno));
    return false;
}

/* The dump into the folder's file; whether that is worth a name. *is_whole: it is the dump, to the last byte. */
static bool fill(const struct folder *folder, struct area *area, uint64_t length, bool partial, bool *is_whole)
{
    bool has_end = area->has_trailer && area->trailer.status == 0 && area->trailer.length == length;
    int core = folder_create(folder, "vmcore");
    if (core < 0)
        return false;

    struct copied copied;
    bool is_copied = copy_dump(area, length, core, &copied);
    if (is_copied && has_end)
        copy_judge(area, &copied);
    *is_whole = is_copied && has_end && copied.crc32c == area->trailer.data_crc32c;
    bool good = *is_whole || (partial && copied.length > 0);
    if (good && !*is_whole && renameat(folder->self, "vmcore", folder->self, "vmcore-incomplete") < 0) {
        complain("the copy cannot be named: %s", strerror(errno));
        good = false;
    }

    if (is_copied && !good)
        complain("%s: %s", area->name, area->problem);
    /* The log comes last: the dump can do without, and it may fill the room that is left. */
    good = good && write_info(folder, area);
    if (good)
        write_log(folder, area, core);
    close(core);
    return good;
}

static char *copy_to_folder(struct area *area, const struct save_options *options, bool *is_whole)
{
    uint64_t length = area_dump_length(area);
    if (length == 0) {
        complain("%s: nothing of the dump was written", area->name);
        return NULL;
    }

    struct folder folder;
    bool good = folder_begin(&folder, options->directory, area) && has_room(&folder, area, length) &&
                fill(&folder, area, length, options->partial, is_whole);
    char *path = good ? folder_end(&folder, area->head.started) : NULL;
    folder_close(&folder);
    return path;
}

/* Only what was copied is freed: another dump may have come meanwhile, of a virtual machine that has the same disk. */
static bool free_what_was_saved(struct area *area)
{
    struct dump_area_head saved = area->head;
    if (!area_read(area))
        return false;
    if (memcmp(&saved, &area->head, sizeof saved) == 0 && area_free(area))
        return true;
    complain("%s was saved, and its mark was not cleared: it would be saved once more", area->name);
    return false;
}

enum exit_status save(struct area *area, const struct save_options *options, char **saved_to)
{
    *saved_to = NULL;
    if (area->condition == AREA_FREE || area->condition == AREA_UNMARKED)
        return EXIT_NOTHING;
    bool is_complete = area->condition == AREA_COMPLETE;
    if (!is_complete && (!options->partial || area->condition < AREA_INCOMPLETE)) {
        complain("%s is %s: %s", area->name, area_condition_word(area->condition), area->problem);
        if (area->condition >= AREA_INCOMPLETE)
            complain("it is kept: --force-save copies what there is, --clear frees the area");
        return EXIT_TROUBLE;
    }

    bool is_whole = false;
    *saved_to = copy_to_folder(area, options, &is_whole);
    if (!*saved_to)
        return EXIT_TROUBLE;
    if (is_complete && area->condition == AREA_COMPLETE && !is_whole) {
        complain("%s: only a part of the dump was copied; it is kept", area->name);
        return EXIT_TROUBLE;
    }
    if (!is_complete || area->condition != AREA_COMPLETE || options->keep)
        return EXIT_DONE;
    return free_what_was_saved(area) ? EXIT_DONE : EXIT_TROUBLE;
}
