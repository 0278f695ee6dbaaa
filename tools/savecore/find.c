/* SPDX-License-Identifier: BSD-2-Clause */
/* Areas by partition, by extent, and by looking through all disks. */
#include "tools/savecore/find.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/characters.h"
#include "tools/common/complain.h"
#include "tools/common/memory.h"
#include "tools/savecore/sysfs.h"

__attribute__((format(printf, 1, 2))) static char *name_of(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return memory_copy_text(text);
}

/* By the device that the kernel has for it, or by its number. */
static char *name_of_partition(const struct device *disk, unsigned number)
{
    char *device = sysfs_partition_device(disk->path, number);
    return device ? device : name_of("%s, partition %u", disk->path, number);
}

static void become_partition(struct area *area, const struct partition *partition)
{
    area->partition = partition->number;
    memcpy(area->partition_id, partition->id, sizeof area->partition_id);
    area->first_lba = partition->first;
    area->blocks = partition->blocks;
    area->name = name_of_partition(&area->disk, partition->number);
}

static bool is_number(const char *text)
{
    size_t length = strlen(text), digits = 0;
    while (is_digit(text[digits]))
        digits++;
    return length > 0 && length < 6 && digits == length;
}

static bool add(struct areas *areas, struct area *area)
{
    bool good = area_read(area);
    areas->list = memory_resize(areas->list, (areas->count + 1) * sizeof *areas->list);
    areas->list[areas->count++] = *area;
    return good;
}

/* ---- one area ---- */

static bool complain_of_table(const struct device *disk, const struct partitions *partitions, const char *wanted)
{
    static const char *const tables[] = {
        [PARTITIONS_NONE] = "there is no partition table",
        [PARTITIONS_MBR] = "its partition table is an MBR, and areas are partitions of a GPT: use --extent, or make a GPT",
        [PARTITIONS_GPT] = "its GPT has none of that number or PARTUUID, or several",
        [PARTITIONS_BROKEN] = "neither copy of its GPT is whole: sgdisk --verify tells more",
    };
    complain("%s has no partition %s: %s", disk->path, wanted, tables[partitions->kind]);
    return false;
}

/* A partition of the disk, by number or PARTUUID, which has one of these forms. */
static const struct partition *choose(const struct partitions *partitions, const char *wanted)
{
    uint8_t id[GUID_SIZE];
    if (partitions->kind != PARTITIONS_GPT)
        return NULL;
    return guid_parse(wanted, id) ? partitions_by_id(partitions, id) : partitions_by_number(partitions, (unsigned)atoi(wanted));
}

static bool find_on_disk(const char *device, const char *wanted, uint32_t image_block_size, bool is_told, struct area *area)
{
    struct partitions partitions = {.kind = PARTITIONS_NONE};
    bool is_read = device_open(&area->disk, device, DEVICE_READ, image_block_size) && partitions_read(&partitions, &area->disk);
    const struct partition *partition = is_read ? choose(&partitions, wanted) : NULL;
    if (partition)
        become_partition(area, partition);
    else if (is_read && is_told)
        complain_of_table(&area->disk, &partitions, wanted);
    partitions_free(&partitions);
    return partition;
}

/* A copy of a disk has the original's: every one is added, read. False: there is none, or one cannot be read, which was told. */
static bool find_all_by_id(const char *wanted, struct areas *areas)
{
    size_t count, before = areas->count;
    char **disks = sysfs_disks(&count);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct area area = {.disk = {.file = -1}};
        if (find_on_disk(disks[i], wanted, DEVICE_BLOCK_LEAST, false, &area))
            good = add(areas, &area) && good;
        else
            area_close(&area);
        free(disks[i]);
    }
    free(disks);

    if (areas->count == before)
        complain("no disk has one partition with the PARTUUID %s", wanted);
    return good && areas->count > before;
}

/* Of several nobody knows which one is meant. */
static bool find_by_id(const char *wanted, struct area *area)
{
    struct areas areas = {.count = 0};
    bool good = find_all_by_id(wanted, &areas) && areas.count == 1;
    if (areas.count > 1)
        complain("%s and %s have the PARTUUID %s: name the one that is meant by its device", areas.list[0].name,
                 areas.list[1].name, wanted);
    if (good) {
        *area = areas.list[0];
        areas.list[0] = (struct area){.disk = {.file = -1}};
    }
    areas_free(&areas);
    return good;
}

/* The kernel writes where it has the partition, the mark is made where the table has it. */
static bool is_where_kernel_has_it(const struct area *area, const struct sysfs_partition *kernels)
{
    uint64_t sectors = area->disk.block_size / 512;
    if (kernels->first == area->first_lba * sectors && kernels->sectors == area->blocks * sectors)
        return true;
    complain("the kernel has %s at another place than the partition table: let it read the table again (partprobe, a reboot)",
             area->name);
    return false;
}

static bool find_by_device(const char *device, struct area *area)
{
    struct sysfs_partition kernels;
    char number[16];
    if (!sysfs_partition(device, &kernels))
        return false;
    snprintf(number, sizeof number, "%u", kernels.number);
    bool good = find_on_disk(kernels.disk, number, DEVICE_BLOCK_LEAST, true, area) && is_where_kernel_has_it(area, &kernels);
    free(kernels.disk);
    return good;
}

static bool find_extent(const struct place *place, uint32_t image_block_size, struct area *area)
{
    if (!device_open(&area->disk, place->device, DEVICE_READ, image_block_size))
        return false;
    area->first_lba = place->first;
    area->blocks = place->blocks;
    area->name = name_of("%s, extent %" PRIu64 ":%" PRIu64, place->device, place->first, place->blocks);
    if (place->blocks <= area->disk.blocks && place->first <= area->disk.blocks - place->blocks)
        return true;
    complain("%s ends behind the disk, which has %" PRIu64 " blocks of %" PRIu32 " bytes", area->name, area->disk.blocks,
             area->disk.block_size);
    return false;
}

/* It is named by a PARTUUID alone. */
static bool is_on_any_disk(const struct place *place)
{
    uint8_t id[GUID_SIZE];
    return !place->device && place->partition && guid_parse(place->partition, id);
}

bool find_area(const struct place *place, uint32_t image_block_size, struct area *area)
{
    *area = (struct area){.disk = {.file = -1}};
    if (place->is_extent)
        return find_extent(place, image_block_size, area);
    if (strchr(place->partition, '/'))
        return find_by_device(place->partition, area);

    uint8_t id[GUID_SIZE];
    bool is_id = guid_parse(place->partition, id);
    if (is_on_any_disk(place))
        return find_by_id(place->partition, area);
    if (place->device && (is_id || is_number(place->partition)))
        return find_on_disk(place->device, place->partition, image_block_size, true, area);
    complain("--partition is '%s': it takes a partition's device, a PARTUUID, or a number and the disk behind the options",
             place->partition);
    return false;
}

/* ---- several ---- */

static bool add_partition(struct areas *areas, const char *device, uint32_t image_block_size, const struct partition *partition)
{
    struct area area = {.disk = {.file = -1}};
    if (!device_open(&area.disk, device, DEVICE_READ, image_block_size)) {
        device_close(&area.disk);
        return false;
    }
    become_partition(&area, partition);
    return add(areas, &area);
}

static bool find_all_on_disk(struct areas *areas, const char *device, uint32_t image_block_size, bool is_told)
{
    struct device disk;
    struct partitions partitions = {.kind = PARTITIONS_NONE};
    bool good = device_open(&disk, device, DEVICE_READ, image_block_size) && partitions_read(&partitions, &disk);
    if (good && partitions.kind == PARTITIONS_BROKEN) {
        complain("%s is passed over: neither copy of its GPT is whole", device);
        good = !is_told;
    }

    size_t before = areas->count;
    for (unsigned i = 0; partitions.kind == PARTITIONS_GPT && i < partitions.count; i++)
        if (guid_is(partitions.list[i].type, DUMP_AREA_PARTITION_TYPE))
            good = add_partition(areas, device, image_block_size, &partitions.list[i]) && good;
    if (good && is_told && areas->count == before)
        complain("%s has no partition of the type %s", device, DUMP_AREA_PARTITION_TYPE);

    partitions_free(&partitions);
    device_close(&disk);
    return good;
}

bool find_in_place(struct areas *areas, const struct place *place, uint32_t image_block_size)
{
    if (!place->is_extent && !place->partition)
        return find_all_on_disk(areas, place->device, image_block_size, true);
    if (is_on_any_disk(place))
        return find_all_by_id(place->partition, areas);

    struct area area;
    if (find_area(place, image_block_size, &area))
        return add(areas, &area);
    area_close(&area);
    return false;
}

void find_everywhere(struct areas *areas)
{
    size_t count;
    char **disks = sysfs_disks(&count);
    for (size_t i = 0; i < count; i++) {
        find_all_on_disk(areas, disks[i], DEVICE_BLOCK_LEAST, false);
        free(disks[i]);
    }
    free(disks);
}

static bool is_twin(const struct area *area, const struct area *other)
{
    if (strcmp(area->disk.path, other->disk.path) == 0 && area->first_lba == other->first_lba)
        return true;
    return area->condition >= AREA_FREE && other->condition >= AREA_FREE && area->first_lba == other->first_lba &&
           memcmp(&area->head, &other->head, sizeof area->head) == 0;
}

void areas_drop_twins(struct areas *areas)
{
    size_t kept = 0;
    for (size_t i = 0; i < areas->count; i++) {
        bool has_twin = false;
        for (size_t other = 0; other < kept && !has_twin; other++)
            has_twin = is_twin(&areas->list[i], &areas->list[other]);
        if (has_twin)
            area_close(&areas->list[i]);
        else
            areas->list[kept++] = areas->list[i];
    }
    areas->count = kept;
}

void areas_free(struct areas *areas)
{
    for (size_t i = 0; i < areas->count; i++)
        area_close(&areas->list[i]);
    free(areas->list);
    *areas = (struct areas){.count = 0};
}
