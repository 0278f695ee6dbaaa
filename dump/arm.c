/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of dump.h, one at a time; and arming. */
#include <string.h>

#include "dump/core.h"
#include "platform/bytes.h"
#include "platform/crc32.h"

#define SEGMENT       1460u
#define REQUESTS_MAX  64u
#define REQUEST_LEAST 4096u
#define REQUEST_MOST  MIB
#define TIMEOUT_MS    600000u
#define ALIGNED       64u

const struct dump_profile dump_profile_small = {
    .rx_buffers = 8, .tx_buffers = 6, .window = 4 * SEGMENT, .request_bytes = 4096, .requests = 2};
const struct dump_profile dump_profile_large = {
    .rx_buffers = 88, .tx_buffers = 128, .window = 64 * SEGMENT, .request_bytes = 64 * KIB, .requests = 8};

/* ---- one at a time ---- */

static uint32_t inside;              /* somebody is */
static const struct dump *open_dump; /* whose memory must not be armed anew */

/* Nothing is recorded for the one who is refused: the record belongs to the one inside. */
static bool enter(void)
{
    return !__atomic_exchange_n(&inside, 1, __ATOMIC_ACQUIRE);
}

static enum status leave(enum status status)
{
    __atomic_store_n(&inside, 0, __ATOMIC_RELEASE);
    return status;
}

static enum status check_open(const struct dump *dump)
{
    return dump->state == DUMP_OPEN ? OK : fail(E_DUMP_CLOSED, "state %u", (unsigned)dump->state);
}

enum status dump_open(struct dump *dump)
{
    if (!enter())
        return E_DUMP_BUSY;
    if (open_dump)
        return leave(fail(E_DUMP_BUSY, "one is open"));
    if (dump->state == DUMP_OPEN || dump->state == DUMP_OVER)
        return leave(fail(E_DUMP_BUSY, "it was opened before"));
    if (!dump_is_unchanged(dump))
        return leave(fail(E_DUMP_CHANGED, "its checksum is wrong"));

    dump->state = DUMP_OPEN;
    open_dump = dump;
    enum status status = dump_reach_disk(dump);
    if (status != OK) {
        bytes_wipe(dump->armed.texts, dump->armed.text_size);
        dump->state = DUMP_OVER;
        open_dump = NULL;
    }
    return leave(status);
}

enum status dump_write(struct dump *dump, uint64_t lba, uint32_t blocks, const struct dump_span *spans, unsigned count)
{
    if (!enter())
        return E_DUMP_BUSY;
    enum status status = check_open(dump);
    return leave(status == OK ? dump_put(dump, lba, blocks, spans, count) : status);
}

enum status dump_read(struct dump *dump, uint64_t lba, uint32_t blocks, void *to)
{
    if (!enter())
        return E_DUMP_BUSY;
    enum status status = check_open(dump);
    return leave(status == OK ? dump_get(dump, lba, blocks, to) : status);
}

enum status dump_flush(struct dump *dump)
{
    if (!enter())
        return E_DUMP_BUSY;
    enum status status = check_open(dump);
    return leave(status == OK ? dump_settle(dump) : status);
}

enum status dump_close(struct dump *dump)
{
    if (!enter())
        return E_DUMP_BUSY;
    enum status status = check_open(dump);
    if (status != OK)
        return leave(status);

    status = dump_leave_disk(dump);
    dump->state = DUMP_OVER;
    open_dump = NULL;
    return leave(status);
}

/* ---- arming ---- */

bool dump_is_unchanged(const struct dump *dump)
{
    const struct dump_armed *armed = &dump->armed;
    return crc32(0, armed, sizeof *armed) == dump->crc && crc32(0, armed->texts, armed->text_size) == armed->text_crc;
}

bool dump_is_inside(const struct dump_target *target, uint64_t lba, uint64_t blocks)
{
    for (unsigned i = 0; i < target->extent_count; i++) {
        const struct dump_extent *extent = &target->extents[i];
        if (lba >= extent->lba && lba - extent->lba < extent->blocks && blocks <= extent->blocks - (lba - extent->lba))
            return true;
    }
    return false;
}

/* Whoever has the memory for many commands has it for a target's longer login texts. */
struct iscsi_profile dump_iscsi_profile(const struct dump_profile *profile)
{
    struct iscsi_profile iscsi = profile->requests > iscsi_profile_small.commands ? iscsi_profile_large : iscsi_profile_small;
    iscsi.commands = (uint16_t)smaller_of(profile->requests, ISCSI_COMMANDS_MAX);
    return iscsi;
}

static size_t staging_size(const struct dump_profile *profile)
{
    return (size_t)profile->requests * profile->request_bytes;
}

/* What dump_open() takes of the plain piece, with room for alignment. */
static size_t run_size(const struct dump_profile *profile)
{
    struct net_config net = {.window = profile->window, .by_hand = true};
    struct iscsi_profile iscsi = dump_iscsi_profile(profile);
    return net_arena_size(&net) + sizeof(struct iscsi_settings) + iscsi_session_size(&iscsi) + scsi_disk_size(&iscsi) + ALIGNED;
}

size_t dump_plain_size(const struct dump_profile *profile)
{
    return sizeof(struct dump) + profile->requests * sizeof(struct dump_slot) + staging_size(profile) + DUMP_TEXTS_MAX +
           run_size(profile) + 2 * ALIGNED;
}

/* A larger MTU would want larger buffers, and what is sent to us has our size. */
static struct nic_config card_config(const struct dump_profile *profile)
{
    return (struct nic_config){.rx_buffers = profile->rx_buffers, .tx_buffers = profile->tx_buffers, .mtu = NIC_MTU_DEFAULT};
}

size_t dump_dma_size(const struct dump_profile *profile, const struct pci_device *card)
{
    struct nic_config config = card_config(profile);
    return nic_arena_size(card, &config);
}

static enum status check_profile(const struct dump_profile *profile)
{
    bool power = profile->request_bytes && !(profile->request_bytes & (profile->request_bytes - 1));
    if (!power || profile->request_bytes < REQUEST_LEAST || profile->request_bytes > REQUEST_MOST || !profile->requests ||
        profile->requests > REQUESTS_MAX)
        return fail(E_INVALID_ARGUMENT, "%u requests of %u bytes; 1 to %u, a power of two in %u..%u expected", profile->requests,
                    (unsigned)profile->request_bytes, REQUESTS_MAX, REQUEST_LEAST, (unsigned)REQUEST_MOST);
    if (!nic_count_is_valid(profile->rx_buffers) || !nic_count_is_valid(profile->tx_buffers))
        return fail(E_INVALID_ARGUMENT, "%u receive and %u transmit buffers; %u to %u expected", profile->rx_buffers,
                    profile->tx_buffers, NIC_BUFFERS_MIN, NIC_BUFFERS_MAX);

    /* As net_config.window has it for a network set by hand. */
    if (profile->window > (profile->rx_buffers - 2u) * 3 / 4 * SEGMENT)
        return fail(E_INVALID_ARGUMENT, "a window of %u bytes, and %u receive buffers", (unsigned)profile->window,
                    profile->rx_buffers);
    return OK;
}

/* The structure itself, its requests and their memory; the texts grow behind. */
static struct dump *place(const struct dump_config *config, struct arena *plain)
{
    const struct dump_profile *profile = config->profile;
    struct dump *dump = arena_take(plain, sizeof *dump, ALIGNED);
    if (!dump)
        return NULL;

    dump->armed.slots = arena_take(plain, profile->requests * sizeof *dump->armed.slots, ALIGNED);
    dump->armed.staging = arena_take(plain, staging_size(profile), ALIGNED);
    dump->armed.texts = arena_take(plain, DUMP_TEXTS_MAX, 1);
    return dump->armed.slots && dump->armed.staging && dump->armed.texts ? dump : NULL;
}

/* Inside the disk, one block and above, none in two of them. */
static enum status check_extents(const struct dump_target *target)
{
    if (!target->extent_count)
        return fail(E_DUMP_NO_EXTENT, "the table has no dump area, and no extent was given");

    for (unsigned i = 0; i < target->extent_count; i++) {
        const struct dump_extent *one = &target->extents[i];
        if (!one->blocks || one->lba >= target->block_count || one->blocks > target->block_count - one->lba)
            return fail(E_DUMP_EXTENT, "extent %u, blocks %llu + %llu, of a disk of %llu", i, (unsigned long long)one->lba,
                        (unsigned long long)one->blocks, (unsigned long long)target->block_count);
        for (unsigned j = 0; j < i; j++) {
            const struct dump_extent *other = &target->extents[j];
            if (one->lba < other->lba + other->blocks && other->lba < one->lba + one->blocks)
                return fail(E_DUMP_EXTENT, "extents %u and %u overlap", j, i);
        }
    }
    return OK;
}

static enum status check_memory(const struct dump *dump)
{
    const struct dump_armed *armed = &dump->armed;
    size_t wanted = run_size(&armed->profile), left = armed->plain.size - armed->plain.used;
    if (wanted > left)
        return fail(E_DUMP_MEMORY, "plain piece: %u bytes are left, %u wanted", (unsigned)left, (unsigned)wanted);

    wanted = dump_dma_size(&armed->profile, &armed->target.card);
    left = armed->dma.size - armed->dma.used;
    if (wanted > left)
        return fail(E_DUMP_MEMORY, "piece for the card: %u bytes are left, %u wanted", (unsigned)left, (unsigned)wanted);
    if (armed->target.block_size > armed->profile.request_bytes)
        return fail(E_DUMP_MEMORY, "requests of %u bytes, blocks of %u", (unsigned)armed->profile.request_bytes,
                    (unsigned)armed->target.block_size);
    return OK;
}

static enum status arm(struct dump **armed_dump, const struct dump_config *config)
{
    struct arena plain = *config->plain;
    enum status status = check_profile(config->profile);
    if (status != OK)
        return status;
    struct dump *dump = place(config, &plain);
    if (!dump)
        return fail(E_DUMP_MEMORY, "plain piece: %u bytes, %u wanted", (unsigned)(config->plain->size - config->plain->used),
                    (unsigned)dump_plain_size(config->profile));

    struct dump_armed *armed = &dump->armed;
    armed->profile = *config->profile;
    armed->timeout_ms = config->timeout_ms ? config->timeout_ms : TIMEOUT_MS;
    status = dump_read_table(armed, config, armed->staging);
    bytes_wipe(armed->staging, DUMP_SCRATCH);
    if (status != OK)
        return status;

    plain.used -= DUMP_TEXTS_MAX - armed->text_size;
    armed->plain = plain;
    armed->dma = *config->dma;
    status = check_extents(&armed->target);
    if (status == OK)
        status = check_memory(dump);
    if (status != OK)
        return status;

    armed->text_crc = crc32(0, armed->texts, armed->text_size);
    dump->crc = crc32(0, armed, sizeof *armed);
    dump->state = DUMP_ARMED;
    *armed_dump = dump;
    return OK;
}

enum status dump_arm(struct dump **dump, const struct dump_config *config)
{
    if (!enter())
        return E_DUMP_BUSY;
    if (open_dump)
        return leave(fail(E_DUMP_BUSY, "one is open"));
    *dump = NULL;
    return leave(arm(dump, config));
}

const struct dump_target *dump_target(const struct dump *dump)
{
    return &dump->armed.target;
}
