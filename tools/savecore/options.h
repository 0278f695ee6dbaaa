/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, and /etc/sanstrap-savecore.conf. */
#ifndef SANSTRAP_TOOLS_SAVECORE_OPTIONS_H
#define SANSTRAP_TOOLS_SAVECORE_OPTIONS_H

#include "tools/savecore/find.h"

#define OPTIONS_FILE      "/etc/sanstrap-savecore.conf"
#define OPTIONS_DIRECTORY "/var/crash"

enum action {
    ACTION_SAVE, /* also when none is named */
    ACTION_FORCE_SAVE,
    ACTION_LIST,
    ACTION_CHECK,
    ACTION_CLEAR,
    ACTION_PREPARE,
    ACTION_HELP,
    ACTION_VERSION,
};

struct options {
    enum action action;
    bool json, force, keep;
    const char *directory;
    uint32_t image_block_size;
    size_t count; /* places; none: all disks */
    struct place *places;
    bool are_of_the_file;
    char *file; /* the configuration's text, to which members may point */
};

/* False: something is wrong, which was told. To be freed in either case. */
bool options_read(struct options *options, int count, char **arguments);
void options_free(struct options *options);

extern const char options_usage[], options_help[];

#endif
