/* SPDX-License-Identifier: BSD-2-Clause */
/* Folders that are there whole or not at all. */
#include "tools/savecore/folder.h"

#include <dirent.h>
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
#define ID_DIGITS      32
#define SUFFIX         ".partial"

static const char *const files[] = {"vmcore", "vmcore-incomplete", "dmesg", "info"};

static bool complain_cannot(const struct folder *folder, const char *what)
{
    complain("cannot %s %s: %s", what, folder->path, strerror(errno));
    return false;
}

static void empty(int hidden)
{
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
        unlinkat(hidden, files[i], 0);
}

static bool open_directory(struct folder *folder)
{
    if (mkdir(folder->path, 0755) < 0 && errno != EEXIST)
        return complain_cannot(folder, "make the directory");
    folder->directory = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder->directory >= 0 || complain_cannot(folder, "open the directory");
}

static int open_hidden(int directory, const char *name)
{
    return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Where everybody may make folders, somebody may have made this one: he could take away what is saved there. */
static bool is_ours_alone(int hidden)
{
    struct stat status;
    return fstat(hidden, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The folder is its own lock: whoever may not open it keeps nobody from saving. One that was removed meanwhile is no lock. */
static bool take_lock(int hidden)
{
    struct stat status;
    return flock(hidden, LOCK_EX | LOCK_NB) == 0 && fstat(hidden, &status) == 0 && status.st_nlink > 0;
}

/* ".", the dump's id, SUFFIX */
static bool is_hidden_name(const char *name)
{
    return name[0] == '.' && strspn(name + 1, "0123456789abcdef") == ID_DIGITS && strcmp(name + 1 + ID_DIGITS, SUFFIX) == 0;
}

static void remove_leftover(const struct folder *folder, const char *name)
{
    int left = open_hidden(folder->directory, name);
    if (left < 0)
        return;
    if (is_ours_alone(left) && take_lock(left)) {
        empty(left);
        if (unlinkat(folder->directory, name, AT_REMOVEDIR) == 0)
            complain("%s/%s, which an interrupted run had left, is removed", folder->path, name);
    }
    close(left);
}

/*
 * What a run left that did not come to its end, of whichever dump: one that is still in its area is copied anew, and of one that
 * is not, a part without a checksum takes the room of whole ones.
 */
static void remove_leftovers(const struct folder *folder)
{
    int again = openat(folder->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    for (const struct dirent *entry = entries ? readdir(entries) : NULL; entry; entry = readdir(entries))
        if (is_hidden_name(entry->d_name))
            remove_leftover(folder, entry->d_name);
    if (entries)
        closedir(entries);
}

static bool make_hidden(struct folder *folder)
{
    if (mkdirat(folder->directory, folder->hidden, 0700) < 0 && errno != EEXIST)
        return complain_cannot(folder, "make a folder in");
    folder->self = open_hidden(folder->directory, folder->hidden);
    if (folder->self < 0)
        return complain_cannot(folder, "open a folder in");
    if (is_ours_alone(folder->self) && take_lock(folder->self))
        return true;

    if (is_ours_alone(folder->self))
        complain("another sanstrap-savecore is saving that dump to %s/%s", folder->path, folder->hidden);
    else
        complain("%s/%s is somebody else's: take it away, or name another --directory", folder->path, folder->hidden);
    folder->hidden[0] = '\0';
    return false;
}

bool folder_begin(struct folder *folder, const char *directory, const struct area *area)
{
    *folder = (struct folder){.directory = -1, .self = -1, .path = directory};
    if (!open_directory(folder))
        return false;
    remove_leftovers(folder);

    const uint8_t *id = area->head.dump_id;
    size_t used = (size_t)snprintf(folder->hidden, sizeof folder->hidden, ".");
    for (unsigned i = 0; i < sizeof area->head.dump_id; i++)
        used += (size_t)snprintf(folder->hidden + used, sizeof folder->hidden - used, "%02x", id[i]);
    snprintf(folder->hidden + used, sizeof folder->hidden - used, SUFFIX);
    if (!make_hidden(folder))
        return false;
    empty(folder->self);
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
        empty(folder->self);
        unlinkat(folder->directory, folder->hidden, AT_REMOVEDIR);
    }
    if (folder->self >= 0)
        close(folder->self);
    if (folder->directory >= 0)
        close(folder->directory);
    folder->self = folder->directory = -1;
}
