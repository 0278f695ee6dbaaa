/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The row of tests/exerciser/mixed.c by BlockIo and BlockIo2, in turns. What has an event is left under way where the later of
 * two sees what the earlier did, which sanstrap promises; else it is waited for at once.
 */
#include <string.h>

#include "tests/efi/conformance.h"
#include "tests/exerciser/mixed.h"

#define REGION_BYTES (8 * MIB)
#define MOST         512u
#define SLOTS_MOST   8u
#define REST_US      120000u

/* A request, which may be under way. */
static struct slot {
    EFI_BLOCK_IO2_TOKEN token;
    bool busy, write;
    uint32_t first, count;
    uint8_t *buffer;
    uint8_t versions[MOST]; /* of the blocks when it was begun */
} slots[SLOTS_MOST];

static uint8_t versions[REGION_BYTES / SECTOR]; /* how often each block was written */
static uint32_t blocks, size, turns, slot_count, way_state;

static uint64_t offset_of(uint32_t block)
{
    return subject.config.data_start + subject.config.data_bytes - REGION_BYTES + (uint64_t)block * size;
}

/* As many as have room for their blocks in the two buffers, and an event. */
static void make_slots(void)
{
    size_t each = (size_t)MOST * size;
    uint32_t in_one = (uint32_t)(BUFFER_SIZE / each);

    slot_count = 0;
    for (uint32_t i = 0; i < SLOTS_MOST && i < 2 * in_one; i++) {
        slots[i].buffer = i < in_one ? subject.buffer + i * each : subject.second + (i - in_one) * each;
        if (subject.io2 && subject.boot->CreateEvent(0, 0, NULL, NULL, &slots[i].token.Event) != EFI_SUCCESS)
            return;
        slot_count++;
    }
}

struct mixed mixed_begin(void)
{
    size = subject.media->BlockSize;
    blocks = (uint32_t)(REGION_BYTES / size);
    memset(versions, 0, sizeof versions);
    make_slots();
    check(slot_count > 0, "mixed/events", "none can be made");
    turns = 0;
    way_state = subject.config.seed | 1;

    uint32_t state = written_seed() | 1, all = (uint32_t)(subject.config.data_bytes / size);
    for (uint32_t i = 0; i < subject.config.writes; i++) {
        uint32_t count = 1 + next_random(&state) % 16, first = next_random(&state) % (all - count);
        for (uint32_t k = first; k < first + count; k++)
            if (k >= all - blocks)
                versions[k - (all - blocks)] = 1;
    }
    return (struct mixed){slot_count ? subject.config.mixed : 0, subject.config.seed, slot_count ? blocks : 0, MOST};
}

/* ---- a request ---- */

static bool is_right(const struct slot *slot)
{
    for (uint32_t i = 0; !slot->write && i < slot->count; i++)
        if (!has_content(slot->buffer + (size_t)i * size, offset_of(slot->first + i), size, mixed_seed_of(slot->versions[i])))
            return false;
    return true;
}

/* True when it was none, too. */
static bool ends_well(struct slot *slot)
{
    if (!slot->busy)
        return true;
    slot->busy = false;
    return event_comes(slot->token.Event) && slot->token.TransactionStatus == EFI_SUCCESS && is_right(slot);
}

static EFI_STATUS begin(struct slot *slot, EFI_BLOCK_IO2_TOKEN *token)
{
    EFI_BLOCK_IO2_PROTOCOL *io2 = subject.io2;
    UINT32 media_id = subject.media->MediaId;
    EFI_LBA lba = offset_of(slot->first) / size;
    UINTN length = (UINTN)slot->count * size;

    return slot->write ? io2->WriteBlocksEx(io2, media_id, lba, token, length, slot->buffer)
                       : io2->ReadBlocksEx(io2, media_id, lba, token, length, slot->buffer);
}

/* Of eight, five have an event, two are BlockIo's, and one is BlockIo2's without a token. */
static bool carry_out(struct slot *slot)
{
    uint32_t way = subject.io2 ? next_random(&way_state) % 8 : 0;
    uint64_t offset = offset_of(slot->first), length = (uint64_t)slot->count * size;

    if (way < 2)
        return (slot->write ? write_bytes(offset, length, slot->buffer) : read_bytes(offset, length, slot->buffer)) ==
                   EFI_SUCCESS &&
               is_right(slot);
    if (way == 2)
        return begin(slot, NULL) == EFI_SUCCESS && is_right(slot);
    slot->token.TransactionStatus = EFI_NOT_STARTED;
    slot->busy = begin(slot, &slot->token) == EFI_SUCCESS;
    return slot->busy && (subject.config.strict || ends_well(slot));
}

/* In the slots in turn, so that the one of which there was no word for longest is the next. */
static bool do_some(bool write, uint32_t first, uint32_t count)
{
    struct slot *slot = &slots[turns++ % slot_count];
    bool good = ends_well(slot);

    slot->write = write;
    slot->first = first;
    slot->count = count;
    memset(slot->buffer, 0x55, (size_t)count * size);
    for (uint32_t i = 0; i < count; i++) {
        if (write) {
            versions[first + i] = mixed_next_version(versions[first + i]);
            put_content(slot->buffer + (size_t)i * size, offset_of(first + i), size, mixed_seed_of(versions[first + i]));
        }
        slot->versions[i] = versions[first + i];
    }
    return carry_out(slot) && good;
}

bool mixed_write(uint32_t first, uint32_t count)
{
    return do_some(true, first, count);
}

bool mixed_read(uint32_t first, uint32_t count)
{
    return do_some(false, first, count);
}

bool mixed_end(void)
{
    bool good = true;
    for (uint32_t i = 0; i < slot_count; i++) {
        good = ends_well(&slots[i]) && good;
        if (subject.io2)
            subject.boot->CloseEvent(slots[i].token.Event);
    }
    check_status(subject.io->FlushBlocks(subject.io), EFI_SUCCESS, "mixed/flush");
    return good;
}

/* Every other time no timer comes, either. */
void mixed_rest(void)
{
    EFI_TPL old = subject.boot->RaiseTPL(turns % 2 ? TPL_NOTIFY : TPL_CALLBACK);
    subject.boot->Stall(REST_US);
    subject.boot->RestoreTPL(old);
}
