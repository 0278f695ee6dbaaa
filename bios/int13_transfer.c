/* SPDX-License-Identifier: BSD-2-Clause */
/* Sectors of 512 bytes between the caller's memory and a disk of larger blocks: read, written, verified, compared. */
#include <string.h>

#include "bios/int13_functions.h"
#include "cache/cache.h"
#include "platform/bytes.h"
#include "platform/format.h"

static uint32_t sectors_per_block(const struct int13_drive *drive)
{
    return drive->disk->block_size / INT13_SECTOR_SIZE;
}

static deadline_t deadline_of_call(const struct int13_drive *drive)
{
    return deadline_after_ms(drive->call_ms);
}

uint8_t int13_status_of(enum status status)
{
    static const uint8_t numbers[] = {
        [CLASS_DONE] = INT13_OK,
        [CLASS_INVALID] = INT13_INVALID,
        [CLASS_RANGE] = INT13_SECTOR_NOT_FOUND,
        [CLASS_PROTECTED] = INT13_WRITE_PROTECTED,
        [CLASS_TIMEOUT] = INT13_TIMEOUT,
        [CLASS_MEDIUM] = INT13_UNCORRECTABLE,
        [CLASS_NOT_READY] = INT13_NOT_READY,
        [CLASS_DEVICE] = INT13_CONTROLLER,
    };
    return numbers[status_class(status)];
}

/* That number says little: the log has the rest. */
static uint8_t failed(const char *what, uint64_t lba, enum status status)
{
    log_printf(LOG_WARNING, "%s at sector %llu: %s (S%u) %s", what, (unsigned long long)lba, status_what(status), status,
               failure_detail(status));
    return int13_status_of(status);
}

uint8_t int13_range(const struct int13_drive *drive, uint64_t lba, uint64_t count)
{
    return lba < drive->sectors && count <= drive->sectors - lba ? INT13_OK : INT13_SECTOR_NOT_FOUND;
}

enum status int13_read_sector(struct int13_drive *drive, uint64_t lba, const uint8_t **sector)
{
    uint32_t ratio = sectors_per_block(drive);
    *sector = drive->bounce + lba % ratio * INT13_SECTOR_SIZE;
    return disk_read(drive->disk, lba / ratio, 1, drive->bounce, deadline_of_call(drive));
}

/* A stretch of a transfer that one step moves. */
struct step {
    uint64_t block;
    uint32_t first; /* sector inside the block */
    uint32_t sectors;
    uint8_t *direct; /* the caller's memory, when whole blocks can move to or from it; NULL: through the bounce block */
};

static struct step next_step(const struct int13_drive *drive, uint64_t lba, uint32_t left, const struct int13_buffer *buffer,
                             uint64_t offset)
{
    uint32_t ratio = sectors_per_block(drive);
    /* Powers of two, and shifts, as a division of 64 bits is a function. */
    struct step step = {.block = lba >> __builtin_ctz(ratio), .first = (uint32_t)lba & (ratio - 1), .sectors = ratio};
    uint64_t run;
    uint8_t *memory = int13_buffer_run(buffer, offset, (uint64_t)left * INT13_SECTOR_SIZE, &run);
    if (step.first == 0 && run >= drive->disk->block_size) {
        step.direct = memory;
        step.sectors = (uint32_t)(run >> __builtin_ctz(drive->disk->block_size)) * ratio;
        return step;
    }
    step.sectors = smaller_of(ratio - step.first, left);
    return step;
}

static enum status read_step(struct int13_drive *drive, const struct step *step, const struct int13_buffer *buffer,
                             uint64_t offset, deadline_t deadline)
{
    if (step->direct)
        return disk_read(drive->disk, step->block, step->sectors / sectors_per_block(drive), step->direct, deadline);
    enum status status = disk_read(drive->disk, step->block, 1, drive->bounce, deadline);
    if (status == OK)
        int13_buffer_put(buffer, offset, drive->bounce + step->first * INT13_SECTOR_SIZE, step->sectors * INT13_SECTOR_SIZE);
    return status;
}

static enum status write_step(struct int13_drive *drive, const struct step *step, const struct int13_buffer *buffer,
                              uint64_t offset, deadline_t deadline)
{
    if (step->direct)
        return disk_write(drive->disk, step->block, step->sectors / sectors_per_block(drive), step->direct, deadline);
    if (step->sectors < sectors_per_block(drive)) {
        enum status status = disk_read(drive->disk, step->block, 1, drive->bounce, deadline);
        if (status != OK)
            return status;
    }
    int13_buffer_get(buffer, offset, drive->bounce + step->first * INT13_SECTOR_SIZE, step->sectors * INT13_SECTOR_SIZE);
    return disk_write(drive->disk, step->block, 1, drive->bounce, deadline);
}

uint8_t int13_transfer(struct int13_drive *drive, enum disk_operation operation, uint64_t lba, uint32_t count,
                       const struct int13_buffer *buffer, uint32_t *moved)
{
    *moved = 0;
    uint8_t refused = int13_range(drive, lba, count);
    if (refused)
        return refused;
    if (!int13_buffer_reaches(buffer, (uint64_t)count * INT13_SECTOR_SIZE))
        return INT13_BOUNDARY;
    if (operation == DISK_WRITE && drive->disk->read_only)
        return INT13_WRITE_PROTECTED;

    deadline_t deadline = deadline_of_call(drive);
    while (*moved < count) {
        uint64_t offset = (uint64_t)*moved * INT13_SECTOR_SIZE;
        struct step step = next_step(drive, lba + *moved, count - *moved, buffer, offset);
        enum status status = operation == DISK_WRITE ? write_step(drive, &step, buffer, offset, deadline)
                                                     : read_step(drive, &step, buffer, offset, deadline);
        if (status != OK)
            return failed(operation == DISK_WRITE ? "write" : "read", lba + *moved, status);
        *moved += step.sectors;
    }
    return INT13_OK;
}

/* The disk itself is asked. */
static void begin_verifying(const struct int13_drive *drive)
{
    if (drive->cache)
        cache_forget(drive->cache);
}

uint8_t int13_verify_sectors(struct int13_drive *drive, uint64_t lba, uint32_t count, uint32_t *verified)
{
    *verified = 0;
    uint8_t refused = int13_range(drive, lba, count);
    if (refused || count == 0)
        return refused;
    begin_verifying(drive);

    deadline_t deadline = deadline_of_call(drive);
    uint32_t ratio = sectors_per_block(drive), most = INT13_BLOCK_MAX / drive->disk->block_size;
    uint64_t end = (lba + count - 1) / ratio + 1;
    for (uint64_t block = lba / ratio, blocks; block < end; block += blocks) {
        blocks = end - block < most ? end - block : most;
        enum status status = disk_read(drive->disk, block, blocks, drive->bounce, deadline);
        if (status != OK)
            return failed("verify", block * ratio, status);

        uint64_t upto = (block + blocks) * ratio;
        *verified = upto - lba < count ? (uint32_t)(upto - lba) : count;
    }
    return INT13_OK;
}

/* True when the bounce block and the caller's memory agree in the sectors of a step. */
static bool step_equals(const struct int13_drive *drive, const struct step *step, const struct int13_buffer *buffer,
                        uint64_t offset)
{
    const uint8_t *disk = drive->bounce + step->first * INT13_SECTOR_SIZE;
    uint64_t length = (uint64_t)step->sectors * INT13_SECTOR_SIZE;
    for (uint64_t done = 0, run; done < length; done += run) {
        const uint8_t *memory = int13_buffer_run(buffer, offset + done, length - done, &run);
        if (memcmp(memory, disk + done, (size_t)run) != 0)
            return false;
    }
    return true;
}

uint8_t int13_compare(struct int13_drive *drive, uint64_t lba, uint32_t count, const struct int13_buffer *buffer,
                      uint32_t *compared)
{
    deadline_t deadline = deadline_of_call(drive);
    uint32_t ratio = sectors_per_block(drive);

    begin_verifying(drive);
    for (*compared = 0; *compared < count;) {
        uint64_t at = lba + *compared;
        struct step step = {.block = at / ratio, .first = (uint32_t)(at % ratio)};
        step.sectors = smaller_of(ratio - step.first, count - *compared);

        enum status status = disk_read(drive->disk, step.block, 1, drive->bounce, deadline);
        if (status != OK)
            return failed("compare", at, status);
        if (!step_equals(drive, &step, buffer, (uint64_t)*compared * INT13_SECTOR_SIZE))
            return INT13_WRITE_FAULT;
        *compared += step.sectors;
    }
    return INT13_OK;
}
