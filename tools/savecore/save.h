/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump becomes a folder of its own, DIRECTORY/TIME, with vmcore, dmesg and info. It is made under another name and renamed when
 * all of it is on the medium; only then is the area free again.
 */
#ifndef SANSTRAP_TOOLS_SAVECORE_SAVE_H
#define SANSTRAP_TOOLS_SAVECORE_SAVE_H

#include "tools/savecore/area.h"
#include "tools/savecore/exit_status.h"

struct save_options {
    const char *directory;
    bool keep;    /* the mark stays as it is */
    bool partial; /* incomplete and damaged dumps, too; their marks stay */
};

/*
 * What there is to do for one area that was read: EXIT_NOTHING when it has no dump. *saved_to becomes the folder, to be freed, or
 * NULL.
 */
enum exit_status save(struct area *area, const struct save_options *options, char **saved_to);

#endif
