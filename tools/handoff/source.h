/* SPDX-License-Identifier: BSD-2-Clause */
/* What is looked at: the bytes of a file, or the tables' files of a directory. */
#ifndef SANSTRAP_TOOLS_HANDOFF_SOURCE_H
#define SANSTRAP_TOOLS_HANDOFF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
    char *path;
    const uint8_t *bytes;
    size_t size;
    bool is_mapped;
    struct source *next;
};

/* Says on standard error what went wrong, in printable ASCII whatever the files are called. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The whole of a file, or of standard input for "-", to be closed; NULL after complaining. Its size is what can be read, not what
 * the file system says, which knows it for no file in sysfs. Images are mapped.
 */
struct source *source_open(const char *path);

/* The files of a directory that are called like tables ("iBFT", "ISDH2"), also under dynamic/, in the order of their names, as a
 * list that may be empty. False after complaining. */
bool source_open_directory(const char *path, struct source **list);

/* A list, or NULL. */
void source_close(struct source *list);

#endif
