/* SPDX-License-Identifier: BSD-2-Clause */
/* Folders that are there whole or not at all. */
#include "tools/savecore/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "tools/common/complain.h"
#include "tools/common/memory.h"

#define SAME_TIME_MOST 100 /* folders of one second */

static const char *const files[] = {"vmcore", "vmcore-incomplete", "dmesg", "info"};

static bool complain_cannot(const struct folder *folder, const char *what)
{
    complain("cannot %s %s: %s", what, folder->path, strerror(errno));
    return false;
}

static void empty(const struct folder *folder)
{
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
        unlinkat(folder->self, files[i], 0);
}

static bool open_directory(struct folder *folder)
{
    if (mkdir(folder->path, 0755) < 0 && errno != EEXIST)
        return complain_cannot(folder, "make the directory");
    folder->directory = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->directory < 0)
        return complain_cannot(folder, "open the directory");
    if (flock(folder->directory, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno != EWOULDBLOCK)
        return complain_cannot(folder, "lock");
    complain("another sanstrap-savecore is saving to %s", folder->path);
    return false;
}

/* Where everybody may make folders, somebody may have made this one: he could take away what is saved there. */
static bool is_ours_alone(struct folder *folder)
{
    struct stat status;
    if (fstat(folder->self, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return true;
    complain("%s/%s is somebody else's: take it away, or name another --directory", folder->path, folder->hidden);
    folder->hidden[0] = '\0';
    return false;
}

bool folder_begin(struct folder *folder, const char *directory, const struct area *area)
{
    *folder = (struct folder){.directory = -1, .self = -1, .path = directory};
    if (!open_directory(folder))
        return false;

    const uint8_t *id = area->head.dump_id;
    size_t used = (size_t)snprintf(folder->hidden, sizeof folder->hidden, ".");
    for (unsigned i = 0; i < sizeof area->head.dump_id; i++)
        used += (size_t)snprintf(folder->hidden + used, sizeof folder->hidden - used, "%02x", id[i]);
    snprintf(folder->hidden + used, sizeof folder->hidden - used, ".partial");

    if (mkdirat(folder->directory, folder->hidden, 0700) < 0 && errno != EEXIST)
        return complain_cannot(folder, "make a folder in");
    folder->self = openat(folder->directory, folder->hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->self < 0)
        return complain_cannot(folder, "open a folder in");
    if (!is_ours_alone(folder))
        return false;
    empty(folder);
    return true;
}

int folder_create(const struct folder *folder, const char *name)
{
    int file = openat(folder->self, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        complain("cannot make %s/%s/%s: %s", folder->path, folder->hidden, name, strerror(errno));
    return file;
}

uint64_t folder_room(const struct folder *folder)
{
    struct statvfs status;
    if (fstatvfs(folder->self, &status) < 0)
        return 0;
    return (uint64_t)status.f_bavail * status.f_frsize;
}

/* The dead system's clock is only a number: one that is no time becomes now. */
static void format_time(uint64_t seconds, char *text, size_t size)
{
    struct tm utc;
    time_t time_then = (time_t)seconds;
    bool good = seconds && seconds <= INT32_MAX * UINT64_C(100) && gmtime_r(&time_then, &utc);
    if (!good) {
        time_then = time(NULL);
        gmtime_r(&time_then, &utc);
    }
    strftime(text, size, "%Y-%m-%d-%H%M%S", &utc);
}

/* A name that nothing has, after the time. */
static bool choose_name(const struct folder *folder, uint64_t time, char *name, size_t size)
{
    char stem[32];
    struct stat status;
    format_time(time, stem, sizeof stem);
    snprintf(name, size, "%s", stem);

    for (unsigned i = 2; i <= SAME_TIME_MOST; i++) {
        if (fstatat(folder->directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
            return true;
        snprintf(name, size, "%s-%u", stem, i);
    }
    complain("%s has too many folders called %s", folder->path, stem);
    return false;
}

char *folder_end(struct folder *folder, uint64_t time)
{
    char name[48];
    if (!choose_name(folder, time, name, sizeof name))
        return NULL;
    bool is_named = fsync(folder->self) == 0 && renameat(folder->directory, folder->hidden, folder->directory, name) == 0;
    if (is_named)
        folder->hidden[0] = '\0';
    if (!is_named || fsync(folder->directory) < 0) {
        complain_cannot(folder, "name the folder in");
        return NULL;
    }

    size_t size = strlen(folder->path) + sizeof name + 1;
    char *path = memory_take(size);
    snprintf(path, size, "%s/%s", folder->path, name);
    return path;
}

void folder_close(struct folder *folder)
{
    if (folder->self >= 0 && folder->hidden[0]) {
        empty(folder);
        unlinkat(folder->directory, folder->hidden, AT_REMOVEDIR);
    }
    if (folder->self >= 0)
        close(folder->self);
    if (folder->directory >= 0)
        close(folder->directory);
    folder->self = folder->directory = -1;
}
