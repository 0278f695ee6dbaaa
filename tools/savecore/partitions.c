/* SPDX-License-Identifier: BSD-2-Clause */
/* GPT and MBR. Every number of theirs is checked before it is used; a GPT with one wrong is not used in part. */
#include "tools/savecore/partitions.h"

#include <stdlib.h>
#include <string.h>

#include "platform/bytes.h"
#include "platform/crc32.h"
#include "tools/common/memory.h"

#define MBR_SIGNATURE   510 /* offsets in the first block */
#define MBR_ENTRIES     446
#define MBR_ENTRY_SIZE  16
#define MBR_COUNT       4
#define MBR_PROTECTIVE  0xEE
#define GPT_HEADER_SIZE 92
#define GPT_ENTRY_LEAST 128u
#define GPT_ENTRY_MOST  4096u
#define GPT_BYTES_MOST  (1 * MIB) /* of all entries: 8192 of the usual size */

/* A header's numbers, checked. */
struct gpt {
    uint64_t alternate, entries, first_usable, last_usable;
    uint32_t count, entry_size, entries_crc32;
};

static void add(struct partitions *partitions, struct partition partition)
{
    partitions->list = memory_resize(partitions->list, (partitions->count + 1) * sizeof *partitions->list);
    partitions->list[partitions->count++] = partition;
}

/* ---- GPT ---- */

static bool header_is_whole(const uint8_t *block, uint32_t block_size, uint64_t lba)
{
    uint32_t size = get_le32(block + 12);
    if (memcmp(block, "EFI PART", 8) != 0 || size < GPT_HEADER_SIZE || size > block_size || get_le64(block + 24) != lba)
        return false;

    static const uint8_t zeros[4];
    uint32_t crc = crc32(crc32(crc32(0, block, 16), zeros, sizeof zeros), block + 20, size - 20);
    return crc == get_le32(block + 16);
}

static bool header_can_be_used(struct gpt *gpt, const uint8_t *block, const struct device *disk)
{
    *gpt = (struct gpt){.alternate = get_le64(block + 32),
                        .first_usable = get_le64(block + 40),
                        .last_usable = get_le64(block + 48),
                        .entries = get_le64(block + 72),
                        .count = get_le32(block + 80),
                        .entry_size = get_le32(block + 84),
                        .entries_crc32 = get_le32(block + 88)};
    if (gpt->entry_size < GPT_ENTRY_LEAST || gpt->entry_size > GPT_ENTRY_MOST || (gpt->entry_size & (gpt->entry_size - 1)) != 0)
        return false;
    if (gpt->count == 0 || gpt->count > GPT_BYTES_MOST / gpt->entry_size)
        return false;

    uint64_t blocks = device_whole_blocks(disk, (size_t)gpt->count * gpt->entry_size) / disk->block_size;
    return gpt->first_usable <= gpt->last_usable && gpt->last_usable < disk->blocks && blocks <= disk->blocks &&
           gpt->entries <= disk->blocks - blocks;
}

/* False: an entry is wrong. */
static bool take_entries(struct partitions *partitions, const struct gpt *gpt, const uint8_t *entries)
{
    for (unsigned i = 0; i < gpt->count; i++) {
        const uint8_t *entry = entries + (size_t)i * gpt->entry_size;
        uint64_t first = get_le64(entry + 32), last = get_le64(entry + 40);
        if (bytes_are_zero(entry, GUID_SIZE))
            continue;
        if (first < gpt->first_usable || last > gpt->last_usable || first > last ||
            partitions_in_the_way(partitions, first, last - first + 1))
            return false;

        struct partition partition = {.number = i + 1, .first = first, .blocks = last - first + 1};
        memcpy(partition.type, entry, GUID_SIZE);
        memcpy(partition.id, entry + 16, GUID_SIZE);
        add(partitions, partition);
    }
    return true;
}

/* The copy whose header is at `lba`. False: it is not whole. What cannot be read is not, either. */
static bool take_gpt(struct partitions *partitions, const struct device *disk, uint64_t lba)
{
    uint8_t *block = device_buffer(disk->block_size), *entries = NULL;
    struct gpt gpt;
    bool good = device_read(disk, lba, block, disk->block_size) && header_is_whole(block, disk->block_size, lba) &&
                header_can_be_used(&gpt, block, disk);
    if (good) {
        size_t size = (size_t)gpt.count * gpt.entry_size, whole = device_whole_blocks(disk, size);
        entries = device_buffer(whole);
        good = device_read(disk, gpt.entries, entries, whole) && crc32(0, entries, size) == gpt.entries_crc32 &&
               take_entries(partitions, &gpt, entries);
    }

    if (good) {
        partitions->kind = PARTITIONS_GPT;
        partitions->first_usable = gpt.first_usable;
        partitions->last_usable = gpt.last_usable;
    } else {
        partitions->count = 0;
    }
    free(block);
    free(entries);
    return good;
}

/* ---- MBR ---- */

static bool has_mbr(const uint8_t *block)
{
    bool good = block[MBR_SIGNATURE] == 0x55 && block[MBR_SIGNATURE + 1] == 0xAA;
    bool has_any = false;
    for (unsigned i = 0; i < MBR_COUNT; i++) {
        const uint8_t *entry = block + MBR_ENTRIES + i * MBR_ENTRY_SIZE;
        good = good && (entry[0] & 0x7F) == 0;
        has_any = has_any || (entry[4] && get_le32(entry + 12));
    }
    return good && has_any;
}

/* An extended partition is one: what is in it, is in its blocks. */
static void take_mbr(struct partitions *partitions, const uint8_t *block, bool *is_protective)
{
    for (unsigned i = 0; i < MBR_COUNT; i++) {
        const uint8_t *entry = block + MBR_ENTRIES + i * MBR_ENTRY_SIZE;
        struct partition partition = {.number = i + 1, .first = get_le32(entry + 8), .blocks = get_le32(entry + 12)};
        if (entry[4] == MBR_PROTECTIVE)
            *is_protective = true;
        else if (entry[4] && partition.blocks)
            add(partitions, partition);
    }
}

/* ---- either ---- */

bool partitions_read(struct partitions *partitions, const struct device *disk)
{
    *partitions = (struct partitions){.kind = PARTITIONS_NONE};
    if (disk->blocks < 3)
        return true;

    uint8_t *block = device_buffer(2 * (size_t)disk->block_size);
    bool is_read = device_read(disk, 0, block, 2 * (size_t)disk->block_size), is_protective = false;
    bool is_mbr = is_read && has_mbr(block), has_header = memcmp(block + disk->block_size, "EFI PART", 8) == 0;
    if (is_mbr)
        take_mbr(partitions, block, &is_protective);
    free(block);
    if (!is_protective) { /* a GPT counts behind a protective MBR only, as it does for Linux */
        partitions->kind = is_mbr ? PARTITIONS_MBR : has_header ? PARTITIONS_BROKEN : PARTITIONS_NONE;
        return is_read;
    }

    partitions->count = 0; /* a hybrid MBR's are the GPT's */
    partitions->is_backup = !take_gpt(partitions, disk, 1);
    if (partitions->is_backup && !take_gpt(partitions, disk, disk->blocks - 1))
        partitions->kind = PARTITIONS_BROKEN;
    return true;
}

void partitions_free(struct partitions *partitions)
{
    free(partitions->list);
    *partitions = (struct partitions){.kind = PARTITIONS_NONE};
}

const struct partition *partitions_by_number(const struct partitions *partitions, unsigned number)
{
    for (unsigned i = 0; i < partitions->count; i++)
        if (partitions->list[i].number == number)
            return &partitions->list[i];
    return NULL;
}

const struct partition *partitions_by_id(const struct partitions *partitions, const uint8_t id[GUID_SIZE])
{
    const struct partition *found = NULL;
    for (unsigned i = 0; i < partitions->count; i++) {
        if (partitions->kind != PARTITIONS_GPT || memcmp(partitions->list[i].id, id, GUID_SIZE) != 0)
            continue;
        if (found)
            return NULL;
        found = &partitions->list[i];
    }
    return found;
}

const struct partition *partitions_in_the_way(const struct partitions *partitions, uint64_t first, uint64_t blocks)
{
    for (unsigned i = 0; i < partitions->count; i++) {
        const struct partition *other = &partitions->list[i];
        if (first < other->first + other->blocks && other->first < first + blocks)
            return other;
    }
    return NULL;
}
