/* SPDX-License-Identifier: BSD-2-Clause */
/* What is looked at: the bytes of a file, or the tables' files of a directory. */
#ifndef SANSTRAP_TOOLS_HANDOFF_SOURCE_H
#define SANSTRAP_TOOLS_HANDOFF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
    char *path;           /* as it was given, or in the directory that was */
    const uint8_t *bytes; /* hold until source_close() */
    size_t size;
    bool is_mapped;
    struct source *next;
};

/*
 * The whole of a file, or of standard input for "-", to be closed; NULL after complaining. Its size is what can be read, not what
 * the file system says, which knows it for no file in sysfs. Images are mapped.
 */
struct source *source_open(const char *path);

/*
 * The files of a directory that are called like tables ("iBFT", "ISDH2"), also under dynamic/, in the order of their names, as a
 * list that may be empty. False after complaining; then, too, the list is to be closed.
 */
bool source_open_directory(const char *path, struct source **list);

/* A list, or NULL. */
void source_close(struct source *list);

#endif
