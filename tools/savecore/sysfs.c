/* SPDX-License-Identifier: BSD-2-Clause */
/* /sys/block, /sys/dev/block. */
#include "tools/savecore/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/common/complain.h"
#include "tools/common/memory.h"

#define SYS_BLOCK "/sys/block"

/* As of sysfs, where a slash in a device's name is '!'. */
static char *device_called(const char *name)
{
    size_t size = strlen(name) + sizeof "/dev/";
    char *device = memory_take(size);
    snprintf(device, size, "/dev/%s", name);
    for (char *at = device + sizeof "/dev"; *at; at++)
        *at = *at == '!' ? '/' : *at;
    return device;
}

static bool read_text(const char *folder, const char *name, char *text, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    bool good = file && fgets(text, (int)size, file);
    if (file)
        fclose(file);
    return good;
}

static bool read_number(const char *folder, const char *name, uint64_t *number)
{
    char text[32];
    bool good = read_text(folder, name, text, sizeof text);
    *number = good ? strtoull(text, NULL, 10) : 0;
    return good;
}

/* The folder of a device; false: it is none, or sysfs has none. */
static bool folder_of(const char *device, char folder[PATH_MAX])
{
    struct stat status;
    char link[64];
    if (stat(device, &status) < 0 || !S_ISBLK(status.st_mode))
        return false;
    snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(status.st_rdev), minor(status.st_rdev));
    return realpath(link, folder);
}

bool sysfs_partition(const char *device, struct sysfs_partition *partition)
{
    char folder[PATH_MAX];
    uint64_t number;
    if (access(device, F_OK) < 0) {
        complain("cannot look at %s: %s", device, strerror(errno));
        return false;
    }
    if (!folder_of(device, folder) || !read_number(folder, "partition", &number) ||
        !read_number(folder, "start", &partition->first) || !read_number(folder, "size", &partition->sectors)) {
        complain("%s is no partition: name its disk, and --partition=<number> or --extent=<first LBA>:<blocks>", device);
        return false;
    }

    partition->number = (unsigned)number;
    *strrchr(folder, '/') = '\0';
    partition->disk = device_called(strrchr(folder, '/') + 1);
    return true;
}

/* What is looked for among the kernel's partitions of a disk. */
struct wanted {
    unsigned number;         /* that of this number; or, if there are sectors, */
    uint64_t first, sectors; /* any that has some of them, but the one of this number and just there */
};

static bool is_wanted(const char *folder, const struct wanted *wanted)
{
    uint64_t number, first, sectors;
    if (!read_number(folder, "partition", &number) || !read_number(folder, "start", &first) ||
        !read_number(folder, "size", &sectors))
        return false;
    if (wanted->sectors == 0)
        return number == wanted->number;
    bool is_the_same = number == wanted->number && first == wanted->first && sectors == wanted->sectors;
    return !is_the_same && first < wanted->first + wanted->sectors && wanted->first < first + sectors;
}

static char *find_partition(const char *disk, const struct wanted *wanted)
{
    char folder[PATH_MAX];
    DIR *entries = folder_of(disk, folder) ? opendir(folder) : NULL;
    if (!entries)
        return NULL;

    char *device = NULL, path[PATH_MAX];
    for (const struct dirent *entry = readdir(entries); entry && !device; entry = readdir(entries)) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR && length < (int)sizeof path && is_wanted(path, wanted))
            device = device_called(entry->d_name);
    }
    closedir(entries);
    return device;
}

char *sysfs_partition_device(const char *disk, unsigned number)
{
    return find_partition(disk, &(struct wanted){.number = number});
}

char *sysfs_partition_in_the_way(const char *disk, unsigned number, uint64_t first, uint64_t sectors)
{
    return find_partition(disk, &(struct wanted){number, first, sectors});
}

static bool has_entries(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *entries = opendir(path);
    bool has_any = false;
    for (const struct dirent *entry = entries ? readdir(entries) : NULL; entry; entry = readdir(entries))
        has_any = has_any || entry->d_name[0] != '.';
    if (entries)
        closedir(entries);
    return has_any;
}

bool sysfs_disk_is_held(const char *disk)
{
    char folder[PATH_MAX];
    return folder_of(disk, folder) && has_entries(folder, "holders");
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool may_have_areas(const char *name)
{
    static const char *const others[] = {"loop", "ram", "zram", "sr", "fd", "nbd"};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if (begins_with(name, others[i]))
            return false;

    char folder[PATH_MAX];
    uint64_t sectors, hidden;
    snprintf(folder, sizeof folder, SYS_BLOCK "/%s", name);
    read_number(folder, "hidden", &hidden);
    if (name[0] == '.' || hidden || !read_number(folder, "size", &sectors) || sectors == 0 || has_entries(folder, "holders"))
        return false;

    char text[64];
    return !begins_with(name, "dm-") || (read_text(folder, "dm/uuid", text, sizeof text) && begins_with(text, "mpath-"));
}

char **sysfs_disks(size_t *count)
{
    struct dirent **entries;
    int found = scandir(SYS_BLOCK, &entries, NULL, alphasort);
    char **devices = memory_take((found > 0 ? (size_t)found : 0) * sizeof *devices);
    *count = 0;

    for (int i = 0; i < found; i++) {
        if (may_have_areas(entries[i]->d_name))
            devices[(*count)++] = device_called(entries[i]->d_name);
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return devices;
}
