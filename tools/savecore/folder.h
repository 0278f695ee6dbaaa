/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder that a dump is saved in: hidden while it is made, and then, with all that is in it, under its name at once. */
#ifndef SANSTRAP_TOOLS_SAVECORE_FOLDER_H
#define SANSTRAP_TOOLS_SAVECORE_FOLDER_H

#include "tools/savecore/area.h"

struct folder {
    int directory, self; /* open */
    const char *path;    /* of the directory; the caller's */
    char hidden[64];     /* its name while it is made */
};

/*
 * All complain when they fail. What earlier runs left unfinished is removed. A second run that saves the same dump waits for
 * nothing: it fails.
 */
bool folder_begin(struct folder *folder, const char *directory, const struct area *area);

/* Opens a new file in it, readable for root alone; -1. */
int folder_create(const struct folder *folder, const char *name);

/* Bytes that the directory's file system has for us. */
uint64_t folder_room(const struct folder *folder);

/* Gives it its name, after that time; NULL, or its path, to be freed. */
char *folder_end(struct folder *folder, uint64_t time);

/* Removes what folder_end() did not name, and closes it. */
void folder_close(struct folder *folder);

#endif
