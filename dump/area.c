/* SPDX-License-Identifier: BSD-2-Clause */
/* Head and trailer of a dump's area: told from anything else, and sealed. */
#include "dump/area.h"

#include <stddef.h>
#include <string.h>

#include "platform/crc32.h"

static const char signatures[][DUMP_AREA_SIGNATURE_SIZE + 1] = {
    [DUMP_AREA_IS_FREE] = DUMP_AREA_FREE,
    [DUMP_AREA_IS_INCOMPLETE] = DUMP_AREA_INCOMPLETE,
    [DUMP_AREA_IS_COMPLETE] = DUMP_AREA_COMPLETE,
};

_Static_assert(sizeof DUMP_AREA_FREE == DUMP_AREA_SIGNATURE_SIZE + 1, "signature");
_Static_assert(sizeof DUMP_AREA_INCOMPLETE == DUMP_AREA_SIGNATURE_SIZE + 1, "signature");
_Static_assert(sizeof DUMP_AREA_COMPLETE == DUMP_AREA_SIGNATURE_SIZE + 1, "signature");
_Static_assert(sizeof DUMP_AREA_TRAILER == DUMP_AREA_SIGNATURE_SIZE + 1, "signature");

/* Of 512 bytes, the four at `member` counted as 0. */
static uint32_t checksum(const void *sector, size_t member)
{
    static const uint8_t zeros[4];
    const uint8_t *bytes = sector;
    uint32_t crc = crc32(0, bytes, member);
    crc = crc32(crc, zeros, sizeof zeros);
    return crc32(crc, bytes + member + sizeof zeros, DUMP_AREA_SECTOR - member - sizeof zeros);
}

enum dump_area_state dump_area_state(const struct dump_area_head *head)
{
    unsigned state = DUMP_AREA_IS_COMPLETE;
    while (state != DUMP_AREA_IS_UNMARKED && memcmp(head->signature, signatures[state], DUMP_AREA_SIGNATURE_SIZE) != 0)
        state--;
    if (state == DUMP_AREA_IS_UNMARKED)
        return DUMP_AREA_IS_UNMARKED;

    bool is_sealed = head->crc32 == checksum(head, offsetof(struct dump_area_head, crc32));
    bool is_ours = head->major == DUMP_AREA_MAJOR && dump_area_capacity(head->blocks, head->block_size) > 0;
    return is_sealed && is_ours ? (enum dump_area_state)state : DUMP_AREA_IS_UNMARKED;
}

bool dump_area_is_here(const struct dump_area_head *head, uint64_t first_lba, uint64_t blocks, uint32_t block_size)
{
    return head->first_lba == first_lba && head->blocks == blocks && head->block_size == block_size;
}

bool dump_area_trailer_is_valid(const struct dump_area_trailer *trailer, const struct dump_area_head *head)
{
    return memcmp(trailer->signature, DUMP_AREA_TRAILER, DUMP_AREA_SIGNATURE_SIZE) == 0 &&
           memcmp(trailer->dump_id, head->dump_id, sizeof trailer->dump_id) == 0 &&
           trailer->crc32 == checksum(trailer, offsetof(struct dump_area_trailer, crc32));
}

void dump_area_seal_head(struct dump_area_head *head, enum dump_area_state state)
{
    memcpy(head->signature, signatures[state], DUMP_AREA_SIGNATURE_SIZE);
    head->major = DUMP_AREA_MAJOR;
    head->minor = DUMP_AREA_MINOR;
    head->crc32 = checksum(head, offsetof(struct dump_area_head, crc32));
}

void dump_area_seal_trailer(struct dump_area_trailer *trailer, const struct dump_area_head *head)
{
    memcpy(trailer->signature, DUMP_AREA_TRAILER, DUMP_AREA_SIGNATURE_SIZE);
    memcpy(trailer->dump_id, head->dump_id, sizeof trailer->dump_id);
    trailer->crc32 = checksum(trailer, offsetof(struct dump_area_trailer, crc32));
}

uint64_t dump_area_capacity(uint64_t blocks, uint32_t block_size)
{
    bool is_power = (block_size & (block_size - 1)) == 0;
    if (!is_power || block_size < DUMP_AREA_SECTOR || block_size > DUMP_AREA_BLOCK_SIZE_MAX)
        return 0;

    unsigned shift = (unsigned)__builtin_ctz(block_size);
    uint64_t bytes = blocks << shift;
    bool is_whole = bytes >> shift == blocks;
    return is_whole && bytes > DUMP_AREA_DATA_OFFSET ? bytes - DUMP_AREA_DATA_OFFSET : 0;
}
