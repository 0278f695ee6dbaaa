/* SPDX-License-Identifier: BSD-2-Clause */
#include "bios/geometry.h"

#define CYLINDERS_MAX 1024u
#define HEADS_MAX     255u
#define TRACK_MAX     63u

#define TABLE_OFFSET     0x1BE
#define TABLE_ENTRIES    4
#define TYPE_PROTECTIVE  0xEE
#define SIGNATURE_OFFSET 0x1FE

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

static uint32_t get16(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) | get16(bytes + 2) << 16;
}

static struct place place_at(const uint8_t *chs, uint32_t lba)
{
    return (struct place){
        .lba = lba, .cylinder = (uint16_t)(chs[2] | (chs[1] & 0xC0) << 2), .head = chs[0], .sector = chs[1] & 0x3F};
}

static bool has_signature(const uint8_t *sector)
{
    return get16(sector + SIGNATURE_OFFSET) == 0xAA55;
}

/* Entry `index` when it is used and lies on the disk. */
static bool take_partition(const uint8_t *sector, unsigned index, uint64_t sectors, struct partition *partition)
{
    const uint8_t *entry = sector + TABLE_OFFSET + index * 16;
    partition->active = entry[0] == 0x80;
    partition->type = entry[4];
    partition->start = get32(entry + 8);
    partition->size = get32(entry + 12);
    if ((entry[0] & 0x7F) != 0 || partition->type == 0 || partition->type == TYPE_PROTECTIVE || partition->start == 0 ||
        partition->size == 0 || partition->start >= sectors || partition->size > sectors - partition->start)
        return false;
    uint64_t end = (uint64_t)partition->start + partition->size - 1;
    if (end > UINT32_MAX)
        return false;
    partition->first = place_at(entry + 1, partition->start);
    partition->last = place_at(entry + 5, (uint32_t)end);
    return true;
}

static unsigned take_places(const uint8_t *sector, uint64_t sectors, struct place *places)
{
    unsigned count = 0;
    if (!has_signature(sector))
        return 0;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        struct partition partition;
        if (take_partition(sector, i, sectors, &partition)) {
            places[count++] = partition.first;
            places[count++] = partition.last;
        }
    }
    return count;
}

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

bool geometry_from_partitions(const uint8_t *sector, uint64_t sectors, struct int13_geometry *geometry)
{
    /* What partitions that do not end with a cylinder may have been made with, most likely first. */
    static const struct {
        uint16_t heads;
        uint8_t track;
    } usual[] = {{255, 63}, {16, 63}, {240, 63}, {128, 63}, {64, 63}, {32, 63}, {64, 32}, {255, 32}};
    struct place places[TABLE_ENTRIES * 2];
    unsigned count = take_places(sector, sectors, places);
    uint32_t heads = 0, track = 0;
    unsigned best = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned agreeing = agreement(places, count, places[i].head + 1u, places[i].sector);
        if (agreeing > best) {
            best = agreeing;
            heads = places[i].head + 1u;
            track = places[i].sector;
        }
    }
    for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        unsigned agreeing = agreement(places, count, usual[i].heads, usual[i].track);
        if (agreeing > best) {
            best = agreeing;
            heads = usual[i].heads;
            track = usual[i].track;
        }
    }
    if (best == 0)
        return false;
    set_geometry(sectors, heads, track, geometry);
    return true;
}

bool geometry_from_boot_sector(const uint8_t *sector, uint64_t sectors, struct int13_geometry *geometry)
{
    bool jump = (sector[0] == 0xEB && sector[2] == 0x90) || sector[0] == 0xE9;
    uint32_t bytes = get16(sector + 0x0B);
    uint8_t cluster = sector[0x0D], media = sector[0x15];
    uint32_t track = get16(sector + 0x18), heads = get16(sector + 0x1A);
    bool power_of_two = (bytes & (bytes - 1)) == 0 && (cluster & (cluster - 1)) == 0;
    if (!has_signature(sector) || !jump || bytes < 512 || bytes > 4096 || cluster == 0 || !power_of_two)
        return false;
    if ((media != 0xF0 && media < 0xF8) || track == 0 || track > TRACK_MAX || heads == 0 || heads > HEADS_MAX)
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
        if (take_partition(sector, i, sectors, &partition) && partition.active) {
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
