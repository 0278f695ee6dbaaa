/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk as Linux sees it while it lives: where the partition is, whether the mark is there. The core looks for the mark itself
 * before it writes; here an administrator is told in time.
 */
#include <linux/blkdev.h>
#include <linux/version.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "dump/linux/home.h"
#include "handoff/isdh.h"

#define HOSTS       1024 /* numbers of SCSI hosts that are looked at */
#define SECTOR      512u
#define DESIGNATORS 4 /* where they begin in VPD page 83h */

/* ---- opening a disk: the calls have changed their names ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
struct opened {
    struct block_device *device;
};
static bool open_number(dev_t number, struct opened *opened)
{
    opened->device = blkdev_get_by_dev(number, FMODE_READ, NULL);
    return !IS_ERR(opened->device);
}
static void close_disk(struct opened *opened)
{
    blkdev_put(opened->device, FMODE_READ);
}
static dev_t number_of(const char *name)
{
    char text[80];
    snprintf(text, sizeof text, "%s%s", *name == '/' ? "" : "PARTUUID=", name);
    return name_to_dev_t(text);
}
#else
struct opened {
    struct file *file;
    struct block_device *device;
};
static bool open_number(dev_t number, struct opened *opened)
{
    opened->file = bdev_file_open_by_dev(number, BLK_OPEN_READ, NULL, NULL);
    if (IS_ERR(opened->file))
        return false;
    opened->device = file_bdev(opened->file);
    return true;
}
static void close_disk(struct opened *opened)
{
    bdev_fput(opened->file);
}
static dev_t number_of(const char *name)
{
    char path[120];
    dev_t number = 0;
    snprintf(path, sizeof path, "%s%s", *name == '/' ? "" : "/dev/disk/by-partuuid/", name);
    return lookup_bdev(path, &number) ? 0 : number;
}
#endif

bool disk_partition(const char *name, struct dump_extent *extent)
{
    struct opened opened;
    dev_t number = number_of(name);
    if (!number || !open_number(number, &opened))
        return home_refuse("there is no partition %s", name);

    uint32_t ratio = bdev_logical_block_size(opened.device) / SECTOR;
    uint64_t first = opened.device->bd_start_sect, sectors = bdev_nr_sectors(opened.device);
    close_disk(&opened);
    *extent = (struct dump_extent){.lba = first / ratio, .blocks = sectors / ratio};
    return true;
}

/* ---- which disk it is ---- */

/* Whether one of the designators of a disk's VPD page 83h is the table's: same type and bytes, of the logical unit. */
static bool has_designator(const uint8_t *page, size_t size, const struct dump_disk *disk)
{
    for (size_t at = DESIGNATORS; at + 4 <= size && at + 4 + page[at + 3] <= size; at += 4u + page[at + 3])
        if ((page[at + 1] & 0x3F) == disk->wwid_type && page[at + 3] == disk->wwid_length &&
            !memcmp(page + at + 4, disk->wwid, disk->wwid_length))
            return true;
    return false;
}

static bool has_serial(const uint8_t *page, size_t size, const char *serial)
{
    size_t length = strlen(serial);
    for (size_t at = DESIGNATORS; length && at + length <= size; at++)
        if (!memcmp(page + at, serial, length))
            return true;
    return false;
}

static bool is_the_tables(struct scsi_device *device, const struct dump_disk *disk)
{
    rcu_read_lock();
    const struct scsi_vpd *page = disk->wwid_length ? rcu_dereference(device->vpd_pg83) : rcu_dereference(device->vpd_pg80);
    bool same = page && (disk->wwid_length ? has_designator(page->data, (size_t)page->len, disk)
                                           : has_serial(page->data, (size_t)page->len, disk->serial));
    rcu_read_unlock();
    return same;
}

/* The best designator of a page 83h that identifies the logical unit, by type. */
static void take_designator(const uint8_t *page, size_t size, struct dump_disk *disk)
{
    static const uint8_t types[] = {ISDH_WWID_NAA, ISDH_WWID_EUI64, ISDH_WWID_SCSI_NAME, ISDH_WWID_T10};
    for (unsigned i = 0; i < ARRAY_SIZE(types) && !disk->wwid_length; i++)
        for (size_t at = DESIGNATORS; at + 4 <= size && at + 4 + page[at + 3] <= size; at += 4u + page[at + 3])
            if ((page[at + 1] & 0x3F) == types[i] && page[at + 3] && page[at + 3] <= sizeof disk->wwid) {
                disk->wwid_type = types[i];
                disk->wwid_length = page[at + 3];
                memcpy(disk->wwid, page + at + 4, page[at + 3]);
                break;
            }
}

bool disk_identity(const char *name, struct dump_disk *disk)
{
    struct opened opened;
    dev_t number = number_of(name);
    if (!number || !open_number(number, &opened))
        return home_refuse("there is no partition %s", name);

    memset(disk, 0, sizeof *disk);
    struct gendisk *whole = opened.device->bd_disk;
    struct device *parent = disk_to_dev(whole)->parent;
    if (parent && scsi_is_sdev_device(parent)) {
        rcu_read_lock();
        const struct scsi_vpd *page = rcu_dereference(to_scsi_device(parent)->vpd_pg83);
        if (page)
            take_designator(page->data, (size_t)page->len, disk);
        rcu_read_unlock();
    }
    disk->block_size = bdev_logical_block_size(opened.device);
    disk->block_count = get_capacity(whole) / (disk->block_size / SECTOR);
    close_disk(&opened);
    return disk->wwid_length || home_refuse("the disk of partition %s does not tell who it is (VPD page 83h)", name);
}

static int is_whole_disk(struct device *device, void *nothing)
{
    return device->class && !strcmp(device->class->name, "block");
}

/* The number of the disk that the table tells of, 0 when Linux has none such. */
static dev_t find_disk(const struct dump_disk *wanted)
{
    dev_t number = 0;
    for (unsigned i = 0; i < HOSTS && !number; i++) {
        struct Scsi_Host *host = scsi_host_lookup(i);
        if (!host)
            continue;
        struct scsi_device *device;
        shost_for_each_device(device, host)
        {
            struct device *disk =
                is_the_tables(device, wanted) ? device_find_child(&device->sdev_gendev, NULL, is_whole_disk) : NULL;
            if (!disk)
                continue;
            number = disk->devt;
            put_device(disk);
            scsi_device_put(device);
            break;
        }
        scsi_host_put(host);
    }
    return number;
}

/* ---- the mark ---- */

static bool read_head(struct block_device *device, const struct dump_extent *extent, uint32_t block_size, void *to)
{
    struct bio bio;
    struct bio_vec vector;
    bio_init(&bio, device, &vector, 1, REQ_OP_READ);
    bio.bi_iter.bi_sector = extent->lba * (block_size / SECTOR);
    __bio_add_page(&bio, virt_to_page(to), max(block_size, SECTOR), 0);
    int error = submit_bio_wait(&bio);
    bio_uninit(&bio);
    return !error;
}

static bool check_head(struct block_device *device, const struct dump_extent *extent, uint32_t block_size,
                       const struct dump_area_head *head)
{
    if (bdev_logical_block_size(device) != block_size)
        return home_refuse("%pg has blocks of %u bytes, by the table %u", device, bdev_logical_block_size(device), block_size);
    if (!read_head(device, extent, block_size, (void *)head))
        return home_refuse("%pg: block %llu cannot be read", device, (unsigned long long)extent->lba);

    if (dump_area_state(head) == DUMP_AREA_IS_UNMARKED)
        return home_refuse("%pg: there is no mark at block %llu: sanstrap-savecore --prepare makes one", device,
                           (unsigned long long)extent->lba);
    if (!dump_area_is_here(head, extent->lba, extent->blocks, block_size))
        return home_refuse("%pg: the mark at block %llu is of another place: sanstrap-savecore --prepare makes one", device,
                           (unsigned long long)extent->lba);

    if (dump_area_state(head) == DUMP_AREA_IS_COMPLETE)
        home_note("%pg holds a dump that nobody has fetched, and that the next one replaces", device);
    return true;
}

bool disk_has_mark(const struct dump_disk *disk, const struct dump_extent *extent, uint32_t block_size)
{
    struct opened opened;
    dev_t number = disk->wwid_length || *disk->serial ? find_disk(disk) : 0;
    if (!number || !open_number(number, &opened)) {
        home_note("Linux has no disk that is the table's, so that the mark was not looked for");
        return true;
    }

    unsigned order = get_order(DUMP_AREA_BLOCK_SIZE_MAX);
    void *block = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
    bool marked =
        block ? check_head(opened.device, extent, block_size, block) : home_refuse("there is no memory to read a block");

    free_pages((uintptr_t)block, order);
    close_disk(&opened);
    return marked;
}
