/* SPDX-License-Identifier: BSD-2-Clause */
/* --prepare: a place is looked at from all sides, made empty at both ends, and marked. */
#define _GNU_SOURCE /* getrandom() */
#include "tools/savecore/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "platform/bytes.h"
#include "tools/common/complain.h"
#include "tools/common/memory.h"
#include "tools/common/print.h"
#include "tools/savecore/report.h"
#include "tools/savecore/signatures.h"
#include "tools/savecore/sysfs.h"

#define LEAST       (1 * MIB) /* of a dump: less is a slip of the keyboard */
#define BOOT_LOADER (1 * MIB) /* on a disk with an MBR boot loaders keep code before the first partition */

/* ---- a partition ---- */

static bool has_our_type(const struct area *area, const struct partitions *partitions)
{
    const struct partition *partition = partitions_by_number(partitions, area->partition);
    char type[GUID_TEXT_SIZE];
    if (partition && guid_is(partition->type, DUMP_AREA_PARTITION_TYPE))
        return true;

    guid_format(partition ? partition->type : area->partition_id, type);
    complain("%s has the type %s, and an area for dumps has " DUMP_AREA_PARTITION_TYPE, area->name, type);
    complain("if nothing of it is needed any more: sfdisk --part-type %s %u %s; or sgdisk --typecode=%u:%s %s", area->disk.path,
             area->partition, DUMP_AREA_PARTITION_TYPE, area->partition, DUMP_AREA_PARTITION_TYPE, area->disk.path);
    return false;
}

static bool disk_is_held(const struct device *disk)
{
    bool is_held = disk->is_device && sysfs_disk_is_held(disk->path);
    if (is_held)
        complain("%s is part of a RAID, a volume or a multipath device: name that", disk->path);
    return is_held;
}

/*
 * The kernel goes by the table as it was when it read it: what has been made smaller since may be mounted as large as it was. The
 * disk itself may be in use only where there are no partitions.
 */
static bool is_in_use_otherwise(const struct area *area)
{
    uint64_t sectors = area->disk.block_size / 512;
    char *other = sysfs_partition_in_the_way(area->disk.path, area->partition, area->first_lba * sectors, area->blocks * sectors);
    if (other)
        complain("the kernel has %s where %s is to be: let it read the partition table again (partprobe, a reboot)", other,
                 area->name);
    free(other);
    return other;
}

static char *device_of(const struct area *area)
{
    if (area->partition)
        return sysfs_partition_device(area->disk.path, area->partition);
    char *any = sysfs_partition_in_the_way(area->disk.path, 0, 0, UINT64_MAX);
    bool has_partitions = any;
    free(any);
    return has_partitions ? NULL : memory_copy_text(area->disk.path);
}

/* A device that is mounted, swapped to, or part of another one, cannot be had alone. */
static bool is_in_use(const struct area *area)
{
    if (area->disk.is_device && is_in_use_otherwise(area))
        return true;

    char *device = area->disk.is_device ? device_of(area) : NULL;
    int file = device ? open(device, O_RDONLY | O_EXCL | O_CLOEXEC) : -1;
    bool is_busy = device && file < 0 && errno == EBUSY;
    if (is_busy)
        complain("%s is in use: mounted, swap, or part of a RAID or a volume", device);
    if (file >= 0)
        close(file);
    free(device);
    return is_busy;
}

/* ---- an extent ---- */

static bool is_beside_the_gpt(const struct area *area, const struct partitions *partitions)
{
    if (area->first_lba >= partitions->first_usable && area->first_lba + area->blocks - 1 <= partitions->last_usable)
        return true;
    complain("%s reaches over the partition table itself: blocks %" PRIu64 " to %" PRIu64 " are for partitions", area->name,
             partitions->first_usable, partitions->last_usable);
    return false;
}

static bool is_beside_boot_loaders(const struct area *area)
{
    uint64_t first = BOOT_LOADER / area->disk.block_size;
    if (area->first_lba >= first)
        return true;
    complain("%s begins before block %" PRIu64 ", where boot loaders keep code on a disk with an MBR", area->name, first);
    return false;
}

static bool is_beside_partitions(const struct area *area, const struct partitions *partitions)
{
    const struct partition *other = partitions_in_the_way(partitions, area->first_lba, area->blocks);
    if (!other)
        return true;
    complain("%s reaches into partition %u, blocks %" PRIu64 " to %" PRIu64 "%s", area->name, other->number, other->first,
             other->first + other->blocks - 1,
             guid_is(other->type, DUMP_AREA_PARTITION_TYPE) ? ": it has the type of an area, name it with --partition" : "");
    return false;
}

/* Without a partition table somebody may have the whole disk. */
static bool has_no_owner(const struct area *area, bool force)
{
    const char *signature;
    if (!signatures_look(&area->disk, 0, area->disk.blocks, &signature))
        return false;
    if (!signature || force)
        return true;
    complain("%s holds %s, on the whole disk; --force marks the extent nevertheless", area->disk.path, signature);
    return false;
}

static bool extent_is_free(const struct area *area, const struct partitions *partitions, bool force)
{
    if (partitions->kind == PARTITIONS_BROKEN) {
        complain("neither copy of the GPT of %s is whole: nobody knows what is where", area->disk.path);
        return false;
    }
    if (partitions->kind == PARTITIONS_GPT)
        return is_beside_partitions(area, partitions) && is_beside_the_gpt(area, partitions);
    if (partitions->kind == PARTITIONS_MBR)
        return is_beside_partitions(area, partitions) && is_beside_boot_loaders(area);
    return has_no_owner(area, force);
}

/* ---- either ---- */

static bool is_large_enough(const struct area *area)
{
    uint64_t capacity = dump_area_capacity(area->blocks, area->disk.block_size);
    if (capacity < LEAST)
        complain("%s is too small: it would hold a dump of %" PRIu64 " bytes", area->name, capacity);
    return capacity >= LEAST;
}

static bool holds_nothing(struct area *area, bool force)
{
    const char *signature;
    if (!area_read(area) || !signatures_look(&area->disk, area->first_lba, area->blocks, &signature))
        return false;
    if (force)
        return true;

    if (area->condition == AREA_INCOMPLETE || area->condition == AREA_DAMAGED || area->condition == AREA_COMPLETE) {
        complain("%s holds a dump (%s): --save it or --clear it, or --force loses it", area->name,
                 area_condition_word(area->condition));
        return false;
    }
    if (!signature)
        return true;
    complain("%s holds %s: --force loses it", area->name, signature);
    return false;
}

/* Both ends, as far as signatures reach: nobody shall find there what was there before. */
static bool make_empty(const struct area *area)
{
    uint64_t most = SIGNATURES_REACH / area->disk.block_size, count = area->blocks < most ? area->blocks : most;
    size_t reach = (size_t)count * area->disk.block_size;
    uint8_t *zeros = device_buffer(reach);
    struct device writer;
    bool good = device_open_writer(&writer, &area->disk) && device_write(&writer, area->first_lba, zeros, reach) &&
                device_write(&writer, area->first_lba + area->blocks - count, zeros, reach) && device_flush(&writer);
    device_close(&writer);
    free(zeros);
    return good;
}

static bool mark(struct area *area)
{
    struct dump_area_head head = {.first_lba = area->first_lba, .blocks = area->blocks, .block_size = area->disk.block_size};
    if (getrandom(head.area_id, sizeof head.area_id, 0) != (ssize_t)sizeof head.area_id) {
        complain("no random bytes: %s", strerror(errno));
        return false;
    }
    dump_area_seal_head(&head, DUMP_AREA_IS_FREE);
    if (!make_empty(area) || !area_write_head(area, &head))
        return false;

    if (area->condition == AREA_FREE)
        return true;
    complain("%s was marked, and is %s when read again: %s", area->name, area_condition_word(area->condition), area->problem);
    return false;
}

static bool may_be_marked(struct area *area, bool force)
{
    struct partitions partitions;
    bool good = partitions_read(&partitions, &area->disk) &&
                (area->partition ? has_our_type(area, &partitions) : extent_is_free(area, &partitions, force));
    partitions_free(&partitions);
    return good && is_large_enough(area) && !disk_is_held(&area->disk) && !is_in_use(area) && holds_nothing(area, force);
}

/* An area may be for another machine, or for dumps without pages of zeros. */
static void warn_of_its_size(const struct area *area)
{
    struct sysinfo system;
    uint64_t capacity = dump_area_capacity(area->blocks, area->disk.block_size);
    uint64_t memory = sysinfo(&system) == 0 ? (uint64_t)system.totalram * system.mem_unit : 0;
    if (capacity < memory)
        complain("%s holds a dump of %" PRIu64 " MiB, and this machine has %" PRIu64
                 " MiB of RAM: a dump of all of it has no room",
                 area->name, capacity / MIB, memory / MIB);
}

static void tell(const struct area *area)
{
    char id[GUID_TEXT_SIZE];
    uint64_t capacity = dump_area_capacity(area->blocks, area->disk.block_size);
    printf("%s is an area for dumps of up to %" PRIu64 " bytes; the kernel's module takes it as ", area->name, capacity);
    guid_format(area->partition_id, id);
    if (area->partition)
        printf("partition=%s\n", id);
    else
        printf("extent=%" PRIu64 ":%" PRIu64 "\n", area->first_lba, area->blocks);
}

static void tell_in_json(const struct area *area)
{
    struct node *root = tree_new();
    report_area(tree_add_list(root, "areas", NULL), area, NULL);
    print_json(root, stdout);
    tree_free(root);
}

enum exit_status prepare(const struct place *place, uint32_t image_block_size, bool force, bool json)
{
    struct area area;
    bool good = find_area(place, image_block_size, &area) && may_be_marked(&area, force) && mark(&area);
    if (good)
        warn_of_its_size(&area);
    if (good && json)
        tell_in_json(&area);
    else if (good)
        tell(&area);
    area_close(&area);
    return good ? EXIT_DONE : EXIT_TROUBLE;
}
