/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes behind the first, by which they are a partition table, head and trailer of an area with the beginning of a
 * dump, or an ELF core with a kernel's log. They are read from a file, as sanstrap-savecore reads them.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/crc32.h"
#include "tests/fuzz/fuzz_handoff.h"
#include "tests/fuzz/fuzz_print.h"
#include "tools/common/memory.h"
#include "tools/savecore/area.h"
#include "tools/savecore/copy.h"
#include "tools/savecore/dmesg.h"
#include "tools/savecore/partitions.h"
#include "tools/savecore/report.h"
#include "tools/savecore/signatures.h"

#define BLOCK       512u
#define BLOCKS      1024u
#define AREA_FIRST  64u
#define AREA_BLOCKS 512u

/* A disk of zeros; its file stays open as the descriptor of the disk. */
static struct device a_disk(void)
{
    struct device disk = {
        .file = memfd_create("disk", MFD_CLOEXEC), .path = memory_copy_text("disk"), .block_size = BLOCK, .blocks = BLOCKS};
    must(disk.file >= 0 && ftruncate(disk.file, BLOCKS * BLOCK) == 0);
    return disk;
}

static void put(const struct device *disk, uint64_t offset, const uint8_t *bytes, size_t size)
{
    must(offset + size <= BLOCKS * BLOCK && pwrite(disk->file, bytes, size, (off_t)offset) == (ssize_t)size);
}

/* ---- a partition table ---- */

/* Header in block 1, entries right behind it, as they were meant. */
static void seal_gpt(uint8_t *bytes, size_t size)
{
    if (size < 3 * BLOCK)
        return;
    uint8_t *header = bytes + BLOCK;
    size_t entries = (size_t)get_le32(header + 80) * get_le32(header + 84);
    memcpy(header, "EFI PART", 8);
    put_le32(header + 12, 92);
    put_le32(header + 24, 1);
    put_le32(header + 28, 0);
    if (entries <= size - 2 * BLOCK)
        put_le32(header + 88, crc32(0, bytes + 2 * BLOCK, entries));
    put_le32(header + 16, 0);
    put_le32(header + 16, crc32(0, header, 92));
}

static void as_a_partition_table(const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    struct device disk = a_disk();
    struct partitions partitions;
    if (wants_seal(data, size))
        seal_gpt(bytes, size);
    put(&disk, 0, bytes, size);
    must(partitions_read(&partitions, &disk));

    for (unsigned i = 0; partitions.kind == PARTITIONS_GPT && i < partitions.count; i++) {
        const struct partition *partition = &partitions.list[i];
        must(partition->blocks > 0 && partition->first >= partitions.first_usable);
        must(partition->first + partition->blocks - 1 <= partitions.last_usable && partitions.last_usable < BLOCKS);
        must(partitions_by_number(&partitions, partition->number) == partition);
        must(partitions_in_the_way(&partitions, partition->first, 1) == partition);
    }

    const char *name;
    must(signatures_look(&disk, 0, BLOCKS, &name));
    partitions_free(&partitions);
    device_close(&disk);
    free(bytes);
}

/* ---- an area ---- */

static void seal_area(uint8_t *bytes, size_t size)
{
    struct dump_area_head head;
    struct dump_area_trailer trailer;
    if (size < sizeof head + sizeof trailer)
        return;

    memcpy(&head, bytes, sizeof head);
    memcpy(&trailer, bytes + sizeof head, sizeof trailer);
    head.first_lba = AREA_FIRST;
    head.blocks = AREA_BLOCKS;
    head.block_size = BLOCK;
    dump_area_seal_head(&head, DUMP_AREA_IS_FREE + head.reserved[0] % 3);
    dump_area_seal_trailer(&trailer, &head);
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, &trailer, sizeof trailer);
}

static void as_an_area(const uint8_t *data, size_t size)
{
    struct area area = {.disk = a_disk(), .name = memory_copy_text("area"), .first_lba = AREA_FIRST, .blocks = AREA_BLOCKS};
    uint8_t *bytes = copy_of(data, size);
    if (wants_seal(data, size))
        seal_area(bytes, size);

    size_t head = smaller_of((uint32_t)size, BLOCK), trailer = smaller_of((uint32_t)(size - head), BLOCK);
    put(&area.disk, AREA_FIRST * BLOCK, bytes, head);
    put(&area.disk, AREA_FIRST * BLOCK + DUMP_AREA_TRAILER_OFFSET, bytes + head, trailer);
    put(&area.disk, AREA_FIRST * BLOCK + DUMP_AREA_DATA_OFFSET, bytes + head + trailer, size - head - trailer);
    must(area_read(&area));
    must(area_dump_length(&area) <= AREA_BLOCKS * BLOCK - DUMP_AREA_DATA_OFFSET);
    if (area.condition == AREA_COMPLETE)
        must(copy_verify(&area));
    must((area.condition == AREA_FREE || area.condition == AREA_COMPLETE) == !*area.problem);

    struct node *root = tree_new();
    report_area(tree_add_list(root, "areas", NULL), &area, NULL);
    check_output(root, print_text);
    check_output(root, print_json);
    tree_free(root);
    area_close(&area);
    free(bytes);
}

/* ---- a core ---- */

static void as_a_core(const uint8_t *data, size_t size)
{
    int file = memfd_create("core", MFD_CLOEXEC);
    char *text;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    must(to && file >= 0 && write(file, data, size) == (ssize_t)size);
    const char *why = dmesg_write(file, to);
    must(fclose(to) == 0 && (why || length > 0));
    for (size_t i = 0; i < length; i++)
        must(text[i] == '\n' || text[i] == '\t' || (text[i] >= ' ' && text[i] <= '~'));
    close(file);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const kinds[])(const uint8_t *, size_t) = {as_a_partition_table, as_an_area, as_a_core};
    if (size > 0)
        kinds[*data % 3](data + 1, size - 1);
    return 0;
}
