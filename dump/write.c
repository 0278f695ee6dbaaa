/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks to the disk and from it. What is to be written is copied to a slot's staging memory and stays there until the target has
 * confirmed it: TCP and a session that is opened again read it from there. Blocks that follow each other share a request as far
 * as it reaches; one that is not full waits for more while another is under way.
 */
#include <string.h>

#include "dump/core.h"
#include "platform/bytes.h"
#include "platform/format.h"

/* Where the next byte comes from. */
struct source {
    const struct dump_span *span;
    unsigned left; /* spans, with this one */
    uint32_t used; /* bytes of it */
};

static void take_bytes(struct source *source, uint8_t *to, uint32_t length)
{
    while (length) {
        uint32_t part = smaller_of(length, source->span->length - source->used);
        memmove(to, (const uint8_t *)source->span->bytes + source->used, part); /* our own memory may be dumped, too */
        to += part;
        length -= part;
        source->used += part;
        if (source->used == source->span->length) {
            source->span++;
            source->left--;
            source->used = 0;
        }
    }
}

/* ---- time and failures ---- */

/* The first is kept until it is told. */
static void note_failure(struct dump_run *run, enum status status)
{
    if (run->failure != OK)
        return;
    run->failure = status;
    format_text(run->detail, sizeof run->detail, "%s", failure_detail(status));
}

static enum status tell_failure(struct dump_run *run)
{
    enum status status = run->failure;
    run->failure = OK;
    return status == OK ? OK : fail(status, "%s", run->detail);
}

/* What is in flight is given up. Whoever is told so has the rest of the time to write how it ended. */
static void give_up(struct dump *dump)
{
    struct dump_run *run = &dump->run;
    for (unsigned i = 0; i < dump->armed.profile.requests; i++) {
        if (dump->armed.slots[i].in_flight)
            run->disk->ops->cancel(run->disk, &dump->armed.slots[i].request);
        dump->armed.slots[i].in_flight = false;
    }
    run->filling = NULL;

    run->failure = OK;
    note_failure(run, fail(E_DUMP_TIMEOUT, "%llu KiB were confirmed in %u s", (unsigned long long)(run->bytes / KIB),
                           (unsigned)((platform_ticks() - run->began) / platform_ticks_per_ms() / 1000)));
    run->until = run->end;
}

static bool is_late(struct dump *dump)
{
    if (!deadline_passed(dump->run.until))
        return false;
    give_up(dump);
    return true;
}

/* ---- slots ---- */

/* They are under no checksum: where they write to comes from what is. */
void dump_empty_slots(struct dump *dump)
{
    const struct dump_profile *profile = &dump->armed.profile;
    for (unsigned i = 0; i < profile->requests; i++)
        dump->armed.slots[i] = (struct dump_slot){.memory = dump->armed.staging + (size_t)i * profile->request_bytes};
}

static void collect(struct dump *dump)
{
    struct dump_run *run = &dump->run;
    for (unsigned i = 0; i < dump->armed.profile.requests; i++) {
        struct dump_slot *slot = &dump->armed.slots[i];
        if (!slot->in_flight || !slot->request.done)
            continue;
        slot->in_flight = false;
        if (slot->request.status == OK)
            run->bytes += (uint64_t)slot->request.blocks * run->disk->block_size;
        else
            note_failure(run, slot->request.status);
    }
}

static void turn(struct dump *dump)
{
    dump->run.disk->ops->pump(dump->run.disk);
    collect(dump);
}

static bool any_in_flight(const struct dump *dump)
{
    bool any = false;
    for (unsigned i = 0; i < dump->armed.profile.requests; i++)
        any |= dump->armed.slots[i].in_flight;
    return any;
}

static void send_filling(struct dump *dump)
{
    struct dump_slot *slot = dump->run.filling;
    if (!slot)
        return;
    dump->run.filling = NULL;
    slot->in_flight = true;
    disk_submit(dump->run.disk, &slot->request);
}

/* Waits until nothing is in flight; with the time over, nothing is either. */
static void drain(struct dump *dump)
{
    send_filling(dump);
    for (collect(dump); any_in_flight(dump) && !is_late(dump); turn(dump))
        platform_idle();
}

static struct dump_slot *free_slot(struct dump *dump)
{
    for (unsigned i = 0; i < dump->armed.profile.requests; i++) {
        if (!dump->armed.slots[i].in_flight)
            return &dump->armed.slots[i];
    }
    return NULL;
}

/* A block that is in flight is written again when that is done: targets carry out in any order. */
static bool overlaps(const struct dump *dump, uint64_t lba, uint32_t blocks)
{
    for (unsigned i = 0; i < dump->armed.profile.requests; i++) {
        const struct disk_request *request = &dump->armed.slots[i].request;
        if (dump->armed.slots[i].in_flight && lba < request->lba + request->blocks && request->lba < lba + blocks)
            return true;
    }
    return false;
}

/* A slot that takes the block `lba`, behind what it has, and perhaps more; NULL when the time is over. */
static struct dump_slot *slot_for(struct dump *dump, uint64_t lba, uint32_t blocks)
{
    struct dump_run *run = &dump->run;
    if (run->filling && run->filling->request.lba + run->filling->request.blocks != lba)
        send_filling(dump);
    while (overlaps(dump, lba, blocks) || (!run->filling && !free_slot(dump))) {
        if (is_late(dump))
            return NULL;
        turn(dump);
        platform_idle();
    }

    if (!run->filling) {
        run->filling = free_slot(dump);
        run->filling->request = (struct disk_request){.operation = DISK_WRITE, .lba = lba, .buffer = run->filling->memory};
    }
    return run->filling;
}

/* ---- what is called ---- */

static enum status check_blocks(const struct dump *dump, uint64_t lba, uint32_t blocks)
{
    if (blocks && dump_is_inside(&dump->armed.target, lba, blocks))
        return OK;
    return fail(E_DUMP_EXTENT, "blocks %llu + %u", (unsigned long long)lba, (unsigned)blocks);
}

static enum status check_spans(const struct dump *dump, uint32_t blocks, const struct dump_span *spans, unsigned count)
{
    uint64_t wanted = (uint64_t)blocks * dump->run.disk->block_size, there = 0;
    for (unsigned i = 0; i < count; i++)
        there += spans[i].length;
    if (there == wanted)
        return OK;
    return fail(E_INVALID_ARGUMENT, "%llu bytes for %u blocks", (unsigned long long)there, (unsigned)blocks);
}

enum status dump_put(struct dump *dump, uint64_t lba, uint32_t blocks, const struct dump_span *spans, unsigned count)
{
    struct dump_run *run = &dump->run;
    struct source source = {.span = spans, .left = count};
    enum status status = check_blocks(dump, lba, blocks);
    if (status == OK)
        status = check_spans(dump, blocks, spans, count);
    if (status != OK)
        return status;

    uint32_t size = run->disk->block_size;
    if (is_late(dump))
        return tell_failure(run);
    while (blocks && run->failure == OK) {
        struct dump_slot *slot = slot_for(dump, lba, blocks);
        if (!slot)
            break;
        uint32_t part = smaller_of(blocks, run->slot_blocks - slot->request.blocks);
        take_bytes(&source, slot->memory + (size_t)slot->request.blocks * size, part * size);
        slot->request.blocks += part;
        lba += part;
        blocks -= part;
        if (slot->request.blocks == run->slot_blocks)
            send_filling(dump);
    }

    turn(dump);
    if (!any_in_flight(dump))
        send_filling(dump);
    return tell_failure(run);
}

/* One request with the first slot's memory, which nobody uses: nothing is in flight. */
static enum status run_request(struct dump *dump, struct disk_request *request)
{
    struct dump_run *run = &dump->run;
    disk_submit(run->disk, request);
    while (!request->done && !deadline_passed(run->until)) {
        run->disk->ops->pump(run->disk);
        platform_idle();
    }
    if (request->done)
        return request->status;

    run->disk->ops->cancel(run->disk, request);
    give_up(dump);
    return tell_failure(run);
}

enum status dump_get(struct dump *dump, uint64_t lba, uint32_t blocks, void *to)
{
    struct dump_run *run = &dump->run;
    enum status status = check_blocks(dump, lba, blocks);
    if (status != OK)
        return status;
    drain(dump);

    status = tell_failure(run);
    uint8_t *place = to;
    while (blocks && status == OK) {
        uint32_t part = smaller_of(blocks, run->slot_blocks);
        struct disk_request request = {.operation = DISK_READ, .lba = lba, .blocks = part, .buffer = dump->armed.slots[0].memory};
        status = run_request(dump, &request);
        if (status == OK)
            memcpy(place, dump->armed.slots[0].memory, (size_t)part * run->disk->block_size);
        place += (size_t)part * run->disk->block_size;
        lba += part;
        blocks -= part;
    }
    return status;
}

enum status dump_settle(struct dump *dump)
{
    struct disk_request request = {.operation = DISK_FLUSH};
    drain(dump);
    enum status status = tell_failure(&dump->run);
    return status == OK ? run_request(dump, &request) : status;
}
