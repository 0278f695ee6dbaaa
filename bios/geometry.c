/* SPDX-License-Identifier: BSD-2-Clause */
/* CHS geometry, from what partitioning tools and formatters have written. */
#include "bios/geometry.h"

#include "platform/bytes.h"

#define CYLINDERS_MAX 1024u
#define HEADS_MAX     255u
#define TRACK_MAX     63u

/* The partition table. */
#define TABLE_OFFSET     0x1BE
#define TABLE_ENTRIES    4
#define SIGNATURE_OFFSET 0x1FE
#define SIGNATURE        0xAA55

/* One of its entries. */
#define ENTRY_ACTIVE    0x00
#define ENTRY_FIRST_CHS 0x01
#define ENTRY_TYPE      0x04
#define ENTRY_LAST_CHS  0x05
#define ENTRY_START     0x08
#define ENTRY_SECTORS   0x0C
#define ENTRY_SIZE      16
#define ACTIVE          0x80
#define TYPE_PROTECTIVE 0xEE

/* The BIOS parameter block, in a FAT or NTFS boot sector. */
#define BPB_SECTOR_SIZE  0x0B
#define BPB_CLUSTER_SIZE 0x0D
#define BPB_MEDIA        0x15
#define BPB_TRACK        0x18
#define BPB_HEADS        0x1A
#define JUMP_SHORT       0xEB
#define JUMP_NEAR        0xE9
#define NOP              0x90
#define MEDIA_FLOPPY     0xF0
#define MEDIA_LOWEST     0xF8 /* of the others */

/* One place named both ways. */
struct place {
    uint32_t lba;
    uint16_t cylinder, head;
    uint8_t sector;
};

struct partition {
    bool active;
    uint8_t type;
    uint32_t start, size;
    struct place first, last;
};

static struct place place_at(const uint8_t *chs, uint32_t lba)
{
    return (struct place){
        .lba = lba, .cylinder = (uint16_t)(chs[2] | (chs[1] & 0xC0) << 2), .head = chs[0], .sector = chs[1] & 0x3F};
}

static bool has_signature(const uint8_t *sector)
{
    return get_le16(sector + SIGNATURE_OFFSET) == SIGNATURE;
}

/* Entry `index` when it is used and lies on the disk. */
static bool read_partition(const uint8_t *sector, unsigned index, uint64_t sectors, struct partition *partition)
{
    const uint8_t *entry = sector + TABLE_OFFSET + index * ENTRY_SIZE;
    partition->active = entry[ENTRY_ACTIVE] == ACTIVE;
    partition->type = entry[ENTRY_TYPE];
    partition->start = get_le32(entry + ENTRY_START);
    partition->size = get_le32(entry + ENTRY_SECTORS);
    if ((entry[ENTRY_ACTIVE] & ~ACTIVE) != 0 || partition->type == 0 || partition->type == TYPE_PROTECTIVE ||
        partition->start == 0 || partition->size == 0 || partition->start >= sectors ||
        partition->size > sectors - partition->start)
        return false;

    uint64_t end = (uint64_t)partition->start + partition->size - 1;
    if (end > UINT32_MAX)
        return false;
    partition->first = place_at(entry + ENTRY_FIRST_CHS, partition->start);
    partition->last = place_at(entry + ENTRY_LAST_CHS, (uint32_t)end);
    return true;
}

static unsigned collect_places(const uint8_t *sector, uint64_t sectors, struct place *places)
{
    unsigned count = 0;
    if (!has_signature(sector))
        return 0;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        struct partition partition;
        if (read_partition(sector, i, sectors, &partition)) {
            places[count++] = partition.first;
            places[count++] = partition.last;
        }
    }
    return count;
}

/* A geometry, and how many places agree with it. */
struct candidate {
    uint32_t heads, track;
    unsigned agreeing;
};

enum verdict { CONTRADICTS, SAYS_NOTHING, AGREES };

/*
 * What a place says of a geometry. Beyond 1024 cylinders partitioning tools write the last place that CHS can name, (1023, heads
 * - 1, sectors), or that of a geometry of their own: such a place cannot contradict.
 */
static enum verdict judge(const struct place *place, uint32_t heads, uint32_t track)
{
    if (place->sector == 0)
        return SAYS_NOTHING;
    if (place->lba >= CYLINDERS_MAX * heads * track - heads * track)
        return place->cylinder == CYLINDERS_MAX - 1 && place->head == heads - 1 && place->sector == track ? AGREES : SAYS_NOTHING;
    if (place->head >= heads || place->sector > track)
        return CONTRADICTS;
    if (((uint64_t)place->cylinder * heads + place->head) * track + place->sector - 1 != place->lba)
        return CONTRADICTS;
    return place->cylinder == 0 && place->head == 0 ? SAYS_NOTHING : AGREES;
}

/* How many places agree; 0 when one contradicts. */
static unsigned agreement(const struct place *places, unsigned count, uint32_t heads, uint32_t track)
{
    unsigned agreeing = 0;
    if (heads == 0 || heads > HEADS_MAX || track == 0 || track > TRACK_MAX)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        enum verdict verdict = judge(&places[i], heads, track);
        if (verdict == CONTRADICTS)
            return 0;
        if (verdict == AGREES)
            agreeing++;
    }
    return agreeing;
}

static void set_geometry(uint64_t sectors, uint32_t heads, uint32_t track, struct int13_geometry *geometry)
{
    uint64_t cylinders = sectors / (heads * track);
    geometry->cylinders = cylinders > CYLINDERS_MAX ? CYLINDERS_MAX : cylinders == 0 ? 1 : (uint32_t)cylinders;
    geometry->heads = (uint16_t)heads;
    geometry->sectors = (uint8_t)track;
}

/* What partitions that do not end with a cylinder may have been made with, most likely first. */
static const struct {
    uint8_t heads, track;
} usual[] = {{255, 63}, {16, 63}, {240, 63}, {128, 63}, {64, 63}, {32, 63}, {64, 32}, {255, 32}};

/* The candidate becomes the best when more places agree with it. */
static void try_geometry(const struct place *places, unsigned count, struct candidate candidate, struct candidate *best)
{
    candidate.agreeing = agreement(places, count, candidate.heads, candidate.track);
    if (candidate.agreeing > best->agreeing)
        *best = candidate;
}

bool geometry_from_partitions(const uint8_t *sector, uint64_t sectors, struct int13_geometry *geometry)
{
    struct place places[TABLE_ENTRIES * 2];
    unsigned count = collect_places(sector, sectors, places);

    struct candidate best = {0};
    for (unsigned i = 0; i < count; i++)
        try_geometry(places, count, (struct candidate){.heads = places[i].head + 1u, .track = places[i].sector}, &best);
    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++)
        try_geometry(places, count, (struct candidate){.heads = usual[i].heads, .track = usual[i].track}, &best);

    if (best.agreeing == 0)
        return false;
    set_geometry(sectors, best.heads, best.track, geometry);
    return true;
}

bool geometry_from_boot_sector(const uint8_t *sector, uint64_t sectors, struct int13_geometry *geometry)
{
    bool jump = (sector[0] == JUMP_SHORT && sector[2] == NOP) || sector[0] == JUMP_NEAR;
    uint32_t bytes = get_le16(sector + BPB_SECTOR_SIZE);
    uint8_t cluster = sector[BPB_CLUSTER_SIZE], media = sector[BPB_MEDIA];
    bool power_of_two = (bytes & (bytes - 1)) == 0 && (cluster & (cluster - 1)) == 0;
    if (!has_signature(sector) || !jump || bytes < 512 || bytes > 4096 || cluster == 0 || !power_of_two)
        return false;

    uint32_t track = get_le16(sector + BPB_TRACK), heads = get_le16(sector + BPB_HEADS);
    if ((media != MEDIA_FLOPPY && media < MEDIA_LOWEST) || track == 0 || track > TRACK_MAX || heads == 0 || heads > HEADS_MAX)
        return false;
    set_geometry(sectors, heads, track, geometry);
    return true;
}

bool geometry_active_partition(const uint8_t *sector, uint64_t sectors, uint32_t *lba)
{
    unsigned found = 0;
    if (!has_signature(sector))
        return false;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        struct partition partition;
        if (read_partition(sector, i, sectors, &partition) && partition.active) {
            *lba = partition.start;
            found++;
        }
    }
    return found == 1;
}

void geometry_assisted(uint64_t sectors, struct int13_geometry *geometry)
{
    uint32_t heads = 16;
    while (heads < HEADS_MAX && sectors > (uint64_t)CYLINDERS_MAX * heads * TRACK_MAX)
        heads = heads * 2 > HEADS_MAX ? HEADS_MAX : heads * 2;
    set_geometry(sectors, heads, TRACK_MAX, geometry);
}
