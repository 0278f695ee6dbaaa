/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and directories on the host, read or mapped as they are. */
#include "tools/handoff/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handoff/handoff.h"
#include "platform/characters.h"
#include "tools/common/complain.h"
#include "tools/common/memory.h"
#include "tools/handoff/exit_status.h"

#define MAPPED_FROM (1 * MIB)   /* smaller files are read */
#define READ_MAX    (256 * MIB) /* of what cannot be mapped */
#define FIRST_READ  (64 * KIB)

static char *join_path(const char *folder, const char *name)
{
    size_t length = strlen(folder), size = length + strlen(name) + 2;
    char *path = memory_take(size);
    snprintf(path, size, "%s%s%s", folder, length && folder[length - 1] == '/' ? "" : "/", name);
    return path;
}

static bool complain_cannot(const char *what, const char *path)
{
    complain("cannot %s %s: %s%s", what, path, strerror(errno),
             errno == EACCES || errno == EPERM ? "; run it as root: ACPI tables and memory are root's" : "");
    return false;
}

/* ---- one file ---- */

/* A mapped file that another process cuts short has pages without anything behind them. */
static void file_shrank(int signal)
{
    static const char text[] = "sanstrap-handoff: the image became shorter while it was read: copy it, and look at the copy\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)signal;
    (void)written;
    _exit(EXIT_TROUBLE);
}

static bool map_file(struct source *source, int file, size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return complain_cannot("map", source->path);
    signal(SIGBUS, file_shrank);
    madvise(bytes, size, MADV_SEQUENTIAL);
    source->bytes = bytes;
    source->size = size;
    source->is_mapped = true;
    return true;
}

static bool read_to_end(struct source *source, int file)
{
    uint8_t *bytes = NULL;
    size_t room = 0, used = 0;
    ssize_t got;
    do {
        if (used == room)
            bytes = memory_resize(bytes, room = room ? 2 * room : FIRST_READ);
        got = read(file, bytes + used, room - used);
        used += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && used <= READ_MAX) || (got < 0 && errno == EINTR));

    if (got < 0)
        complain_cannot("read", source->path);
    else if (got > 0)
        complain("%s has more than %u MiB and is no plain file: copy it to one, and look at the copy", source->path,
                 READ_MAX / MIB);

    source->bytes = memory_resize(bytes, used);
    source->size = used;
    return got == 0;
}

static bool read_file(struct source *source)
{
    bool is_standard_input = !strcmp(source->path, "-");
    int file = is_standard_input ? dup(STDIN_FILENO) : open(source->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return complain_cannot("open", source->path);

    struct stat status;
    bool good = fstat(file, &status) == 0;
    if (!good)
        complain_cannot("look at", source->path);
    else if (S_ISREG(status.st_mode) && status.st_size >= MAPPED_FROM)
        good = map_file(source, file, (size_t)status.st_size);
    else
        good = read_to_end(source, file);

    close(file);
    return good;
}

struct source *source_open(const char *path)
{
    struct source *source = memory_take(sizeof *source);
    *source = (struct source){.path = memory_copy_text(path)};
    if (read_file(source))
        return source;
    source_close(source);
    return NULL;
}

void source_close(struct source *list)
{
    while (list) {
        struct source *next = list->next;
        if (list->is_mapped)
            munmap((void *)(uintptr_t)list->bytes, list->size);
        else
            free((void *)(uintptr_t)list->bytes);
        free(list->path);
        free(list);
        list = next;
    }
}

/* ---- a directory of tables ---- */

/* A signature, with a number behind it where there are several of them. */
static int is_called_like_a_table(const struct dirent *entry)
{
    if (strlen(entry->d_name) < 4 || handoff_table_by_signature((const uint8_t *)entry->d_name) == HANDOFF_NO_TABLE)
        return 0;

    const char *behind = entry->d_name + 4;
    while (is_digit(*behind))
        behind++;
    return *behind == '\0';
}

static bool open_tables_in(const char *path, struct source ***end)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_called_like_a_table, alphasort);
    if (count < 0)
        return complain_cannot("open", path);

    bool good = true;
    for (int i = 0; i < count; i++) {
        char *file = join_path(path, entries[i]->d_name);
        **end = good ? source_open(file) : NULL;
        good = good && **end;
        if (good)
            *end = &(**end)->next;
        free(file);
        free(entries[i]);
    }

    free(entries);
    return good;
}

bool source_open_directory(const char *path, struct source **list)
{
    struct source **end = list;
    *list = NULL;
    bool good = open_tables_in(path, &end);
    char *dynamic = join_path(path, "dynamic");
    if (good && access(dynamic, F_OK) == 0)
        good = open_tables_in(dynamic, &end);
    free(dynamic);
    return good;
}
