/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk of walk.h on a disk whose file is at hand. */
#include "tests/stack/disk_walk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/bytes.h"
#include "tests/exerciser/walk.h"

#define MOST        512u /* blocks at a time: several requests */
#define PATIENCE_MS 60000
#define PAUSE_EACH  50 /* operations: the caller computes, and nobody pumps */
#define PAUSE_US    20000
#define AFTERWARDS  300 /* operations on a disk that is another */

struct walker {
    struct disk *disk;
    FILE *image;
    struct walk walk;
    uint8_t *truth, *now; /* all of the file: as it was, and as it is since the epoch changed */
    size_t size;          /* of each */
    uint32_t epoch;       /* that `truth` is of */
    uint8_t *buffer;
    unsigned done, changes;
};

static bool load(struct walker *walker, uint8_t *to)
{
    rewind(walker->image);
    return fread(to, 1, walker->size, walker->image) == walker->size;
}

static enum status wrong(const struct walker *walker, const char *what, uint32_t block)
{
    printf("error=mismatch\nwhat=%s\nlba=%u\noperation=%u\n", what, block, walker->done);
    return fail(E_INTERNAL, "%s", what);
}

static enum status compare(const struct walker *walker, struct walk_step step, bool changed)
{
    uint32_t size = walker->disk->block_size;

    for (uint32_t i = 0; i < step.count; i++) {
        const uint8_t *block = walker->buffer + (size_t)i * size;
        size_t at = (size_t)(step.first + i) * size;

        if (memcmp(block, walker->truth + at, size) != 0 && (!changed || memcmp(block, walker->now + at, size) != 0))
            return wrong(walker, changed ? "neither what was there nor what is" : "not what is there", step.first + i);
    }
    return OK;
}

static enum status carry_out(struct walker *walker, struct walk_step step)
{
    deadline_t deadline = deadline_after_ms(PATIENCE_MS);
    size_t size = walker->disk->block_size, bytes = step.count * size;

    if (!step.write) {
        memset(walker->buffer, 0x55, bytes);
        return disk_read(walker->disk, step.first, step.count, walker->buffer, deadline);
    }
    for (size_t i = 0; i < bytes; i += sizeof(uint32_t))
        put_le32(walker->buffer + i, walk_random(&walker->walk, UINT32_MAX));
    enum status status = disk_write(walker->disk, step.first, step.count, walker->buffer, deadline);
    if (status == OK)
        memcpy(walker->truth + step.first * size, walker->buffer, bytes);
    return status;
}

static enum status take_step(struct walker *walker)
{
    struct walk_step step = walk_next(&walker->walk);
    enum status status = carry_out(walker, step);
    bool changed = walker->disk->epoch != walker->epoch;

    walker->done++;
    if (status != OK)
        return status;
    if (changed && !load(walker, walker->now))
        return wrong(walker, "the file cannot be read", 0);
    if (!step.write)
        status = compare(walker, step, changed);
    if (changed) {
        uint8_t *before = walker->truth;
        walker->truth = walker->now;
        walker->now = before;
        walker->epoch = walker->disk->epoch;
        walker->changes++;
    }
    if (walk_random(&walker->walk, PAUSE_EACH) == 0)
        usleep(walk_random(&walker->walk, PAUSE_US));
    return status;
}

/* Whatever was remembered: not one block more. */
static enum status stays_another(struct walker *walker)
{
    for (unsigned i = 0; i < AFTERWARDS; i++) {
        if (carry_out(walker, walk_next(&walker->walk)) != E_DISK_OTHER)
            return wrong(walker, "another disk was gone on with", 0);
    }
    return E_DISK_OTHER;
}

enum status disk_walk(struct disk *disk, FILE *image, unsigned operations)
{
    size_t size = (size_t)disk->block_count * disk->block_size;
    struct walker walker = {
        .disk = disk,
        .image = image,
        .walk = {.random = 4711, .blocks = (uint32_t)disk->block_count, .most = MOST},
        .truth = malloc(size),
        .now = malloc(size),
        .size = size,
        .epoch = disk->epoch,
        .buffer = malloc((size_t)MOST * disk->block_size),
    };
    enum status status = load(&walker, walker.truth) ? OK : wrong(&walker, "the file cannot be read", 0);

    while (status == OK && walker.done < operations)
        status = take_step(&walker);
    if (status == E_DISK_OTHER)
        status = stays_another(&walker);
    printf("walked=%u\nchanges=%u\n", walker.done, walker.changes);
    free(walker.truth);
    free(walker.now);
    free(walker.buffer);
    return status;
}
