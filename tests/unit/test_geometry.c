/* SPDX-License-Identifier: BSD-2-Clause */
/* The geometry that disks of many makers were partitioned with. */
#include "tests/unit/unit.h"

#include "bios/geometry.h"
#include "platform/bytes.h"

#define GIB (2097152ull) /* in sectors */

struct entry {
    uint8_t active, head, sector, cylinder, type, end_head, end_sector, end_cylinder; /* as they stand in the table */
    uint32_t start, size;
};

struct table_case {
    const char *name;
    uint64_t sectors;
    struct entry entries[4];
    unsigned heads, track; /* 0: not settled */
};

static void make_table(uint8_t *sector, const struct entry *entries)
{
    memset(sector, 0, 512);
    sector[510] = 0x55;
    sector[511] = 0xAA;
    for (int i = 0; i < 4; i++) {
        memcpy(sector + 0x1BE + 16 * i, &entries[i], 8);
        put_le32(sector + 0x1BE + 16 * i + 8, entries[i].start);
        put_le32(sector + 0x1BE + 16 * i + 12, entries[i].size);
    }
}

static const struct table_case tables[] = {
    {"DOS 6.22 FDISK, 16 heads, 500 MiB", 1028160, {{0x80, 1, 1, 0, 6, 15, 0xFF, 0xFB, 63, 1028097}}, 16, 63},
    {"DOS FDISK on a translated 240/63 disk",
     240 * 63 * 500,
     {{0x80, 1, 1, 0, 0x0E, 239, 0x7F, 0xF3, 63, 240 * 63 * 500 - 63}},
     240,
     63},
    {"SCSI adapter, 64/32, two partitions",
     64 * 32 * 1000,
     {{0x80, 1, 1, 0, 6, 63, 32, 99, 32, 64 * 32 * 100 - 32}, {0, 0, 1, 100, 6, 63, 0x60, 0xF3, 64 * 32 * 100, 64 * 32 * 400}},
     64,
     32},
    {"Windows 10, aligned at 1 MiB, 255 heads",
     40 * GIB,
     {{0x80, 0x20, 0x21, 0, 7, 0xDF, 0x13, 0x0C, 2048, 204800}, {0, 0xDF, 0x14, 0x0C, 7, 0xFE, 0xFF, 0xFF, 206848, 83677184}},
     255,
     63},
    {"Windows XP, starts at 63, ends beyond CHS", 20 * GIB, {{0x80, 1, 1, 0, 7, 0xFE, 0xFF, 0xFF, 63, 41929587}}, 255, 63},
    {"fdisk (util-linux), 255/63", 8 * GIB, {{0, 0x20, 0x21, 0, 0x83, 0xFE, 0xFF, 0xFF, 2048, 16775168}}, 255, 63},
    {"parted, clipped to FE FF FF at both ends",
     64 * GIB,
     {{0, 0xFE, 0xFF, 0xFF, 0x83, 0xFE, 0xFF, 0xFF, 33554432, 67108864}},
     255,
     63},
    {"GPT's protective entry", 8 * GIB, {{0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF, 1, 16777215}}, 0, 0},
    {"GPT's protective entry as Windows makes it", 8 * GIB, {{0, 0, 2, 0, 0xEE, 0xFE, 0xFF, 0xFF, 1, 0xFFFFFFFF}}, 0, 0},
    {"no entries", GIB, {{0}}, 0, 0},
    {"all bits set",
     GIB,
     {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFFFFFFFF, 0xFFFFFFFF},
      {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFFFFFFFF, 0xFFFFFFFF}},
     0,
     0},
    {"CHS fields zero", GIB, {{0x80, 0, 0, 0, 0x83, 0, 0, 0, 2048, 100000}}, 0, 0},
    {"an entry beyond the disk is not believed", GIB, {{0x80, 1, 1, 0, 6, 15, 63, 100, 63, 4 * GIB}}, 0, 0},
    {"entries that contradict each other",
     GIB,
     {{0x80, 1, 1, 0, 6, 15, 63, 99, 63, 16 * 63 * 100 - 63}, {0, 0, 1, 100, 6, 31, 63, 199, 32 * 63 * 100, 32 * 63 * 100}},
     0,
     0},
    {"head 255 would make 256 heads", GIB, {{0x80, 1, 1, 0, 6, 0xFF, 63, 9, 63, 256 * 63 * 10 - 63}}, 0, 0},
    {"the fourth entry alone", 16 * 63 * 900, {{0}, {0}, {0}, {0x80, 1, 1, 0, 6, 15, 63, 199, 63, 16 * 63 * 200 - 63}}, 16, 63},
};

static void wrong(const char *name, bool settled, const struct int13_geometry *geometry)
{
    print_error("%s: settled %d, %u heads, %u sectors\n", name, settled, geometry->heads, geometry->sectors);
    assert_true(false);
}

static void test_partition_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        uint8_t sector[512], copy[512];
        struct int13_geometry geometry = {.cylinders = 77, .heads = 88, .sectors = 99};
        make_table(sector, tables[i].entries);
        memcpy(copy, sector, sizeof copy);

        bool settled = geometry_from_partitions(sector, tables[i].sectors, &geometry);
        if (settled != (tables[i].heads != 0) ||
            (settled && (geometry.heads != tables[i].heads || geometry.sectors != tables[i].track)))
            wrong(tables[i].name, settled, &geometry);

        assert_memory_equal(sector, copy, sizeof copy);
        if (!settled)
            assert_int_equal(geometry.heads, 88);
        else
            assert_in_range(geometry.cylinders, 1, 1024);
    }
}

static void test_missing_signature(void **state)
{
    (void)state;
    uint8_t sector[512];
    struct int13_geometry geometry;
    uint32_t lba;
    make_table(sector, tables[0].entries);
    sector[511] = 0;

    assert_false(geometry_from_partitions(sector, tables[0].sectors, &geometry));
    assert_false(geometry_active_partition(sector, tables[0].sectors, &lba));
}

struct boot_case {
    const char *name;
    uint8_t jump[3];
    unsigned bytes, cluster, media, track, heads;
    bool good;
};

static const struct boot_case boots[] = {
    {"FAT16 superfloppy by mkfs.fat", {0xEB, 0x3C, 0x90}, 512, 4, 0xF8, 32, 64, true},
    {"FAT12 floppy image", {0xEB, 0x3C, 0x90}, 512, 1, 0xF0, 18, 2, true},
    {"FAT32 by Windows", {0xEB, 0x58, 0x90}, 512, 8, 0xF8, 63, 255, true},
    {"NTFS", {0xEB, 0x52, 0x90}, 512, 8, 0xF8, 63, 255, true},
    {"near jump", {0xE9, 0x12, 0x01}, 512, 8, 0xF8, 63, 16, true},
    {"no jump", {0xFA, 0x33, 0xC0}, 512, 8, 0xF8, 63, 16, false},
    {"64 sectors a track", {0xEB, 0x52, 0x90}, 512, 8, 0xF8, 64, 16, false},
    {"no heads", {0xEB, 0x52, 0x90}, 512, 8, 0xF8, 63, 0, false},
    {"256 heads", {0xEB, 0x52, 0x90}, 512, 8, 0xF8, 63, 256, false},
    {"cluster of 3", {0xEB, 0x52, 0x90}, 512, 3, 0xF8, 63, 16, false},
    {"sector of 0 bytes", {0xEB, 0x52, 0x90}, 0, 8, 0xF8, 63, 16, false},
    {"media descriptor of nothing", {0xEB, 0x52, 0x90}, 512, 8, 0x12, 63, 16, false},
};

static void test_boot_sectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof boots / sizeof boots[0]; i++) {
        const struct boot_case *c = &boots[i];
        uint8_t sector[512] = {c->jump[0], c->jump[1], c->jump[2]};
        put_le16(sector + 0x0B, c->bytes);
        sector[0x0D] = (uint8_t)c->cluster;
        sector[0x15] = (uint8_t)c->media;
        put_le16(sector + 0x18, c->track);
        put_le16(sector + 0x1A, c->heads);
        sector[510] = 0x55;
        sector[511] = 0xAA;

        struct int13_geometry geometry = {0};
        bool good = geometry_from_boot_sector(sector, GIB, &geometry);
        if (good != c->good || (good && (geometry.heads != c->heads || geometry.sectors != c->track)))
            wrong(c->name, good, &geometry);
    }
}

static void test_active_partition(void **state)
{
    (void)state;
    uint8_t sector[512];
    uint32_t lba = 0;
    struct entry entries[4] = {{.type = 7, .start = 2048, .size = 100}, {.active = 0x80, .type = 7, .start = 4096, .size = 100}};

    make_table(sector, entries);
    assert_true(geometry_active_partition(sector, GIB, &lba));
    assert_int_equal(lba, 4096);

    entries[0].active = 0x80;
    make_table(sector, entries);
    assert_false(geometry_active_partition(sector, GIB, &lba));

    entries[0].active = 0x80;
    entries[1].start = (uint32_t)GIB;
    make_table(sector, entries);
    assert_true(geometry_active_partition(sector, GIB, &lba));
    assert_int_equal(lba, 2048);
}

static void test_lba_assist(void **state)
{
    (void)state;
    static const struct {
        uint64_t sectors;
        unsigned heads, cylinders;
    } cases[] = {{1, 16, 1},          {16 * 63 * 1024, 16, 1024}, {16 * 63 * 1024 + 1, 32, 512}, {2 * GIB, 128, 520},
                 {4 * GIB, 255, 522}, {100 * GIB, 255, 1024},     {UINT64_MAX, 255, 1024}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct int13_geometry geometry;
        geometry_assisted(cases[i].sectors, &geometry);
        assert_int_equal(geometry.heads, cases[i].heads);
        assert_int_equal(geometry.sectors, 63);
        assert_int_equal(geometry.cylinders, cases[i].cylinders);
    }
}

static void test_random_sectors_give_sane_geometry(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (int round = 0; round < 100000; round++) {
        uint8_t sector[512];
        for (int i = 0x1BE; i < 510; i++) {
            random = random * 1664525 + 1013904223;
            sector[i] = round % 2 ? (uint8_t)(random >> 24) : (uint8_t)(random >> 24 & 0x81);
        }
        memset(sector, 0, 0x1BE);
        sector[510] = 0x55;
        sector[511] = 0xAA;

        struct int13_geometry geometry;
        if (geometry_from_partitions(sector, (uint64_t)random << round % 20, &geometry)) {
            assert_in_range(geometry.cylinders, 1, 1024);
            assert_in_range(geometry.heads, 1, 255);
            assert_in_range(geometry.sectors, 1, 63);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partition_tables), cmocka_unit_test(test_missing_signature),
        cmocka_unit_test(test_boot_sectors),     cmocka_unit_test(test_active_partition),
        cmocka_unit_test(test_lba_assist),       cmocka_unit_test(test_random_sectors_give_sane_geometry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
