/* SPDX-License-Identifier: BSD-2-Clause */
/* What is this LUN? REPORT LUNS, INQUIRY, TEST UNIT READY, READ CAPACITY, MODE SENSE. */
#include "iscsi/scsi_disk.h"

#include "iscsi/lun.h"
#include "platform/format.h"

#define LUN_WELL_KNOWN 0xC1

/* Runs a command to its end, again while the LUN says that this helps. Answers go to disk->scratch. */
static enum status command(struct scsi_disk *disk, const uint8_t lun[8], const uint8_t cdb[ISCSI_CDB_MAX], uint32_t length,
                           uint32_t *got, deadline_t deadline)
{
    struct iscsi_task *task = &disk->slots[0].task;
    enum scsi_verdict verdict;
    enum status status = OK;
    unsigned tries = 0;

    do {
        memset(task, 0, sizeof *task);
        memcpy(task->lun, lun, 8);
        memcpy(task->cdb, cdb, ISCSI_CDB_MAX);
        task->direction = length ? ISCSI_READ : ISCSI_NO_DATA;
        task->buffer = disk->scratch;
        task->length = length;
        memset(disk->scratch, 0, sizeof disk->scratch);
        iscsi_session_submit(disk->session, task);
        status = iscsi_session_wait(disk->session, task, deadline);
        if (status != OK)
            return status;
        verdict = scsi_judge(task, false, &status);
        if (verdict == SCSI_LATER) {
            deadline_t until = deadline_after_ms(SCSI_PAUSE_MS);

            while (!deadline_passed(until)) {
                iscsi_session_pump(disk->session);
                platform_idle();
            }
        }
    } while ((verdict == SCSI_LATER && !deadline_passed(deadline)) || (verdict == SCSI_AGAIN && tries++ < SCSI_TRIES_MAX));
    *got = task->transferred;
    return verdict == SCSI_DONE ? OK : status;
}

/* The target's LUNs, for the one who asked for a wrong one. A target that cannot list them is no worse a target. */
static void list_luns(struct scsi_disk *disk, char *text, size_t room, deadline_t deadline)
{
    static const uint8_t lun0[8];
    uint8_t cdb[ISCSI_CDB_MAX] = {SCSI_REPORT_LUNS};
    uint32_t got, length, i;
    size_t used = 0;

    format_text(text, room, " not told");
    put_be32(cdb + 6, sizeof disk->scratch);
    if (command(disk, lun0, cdb, sizeof disk->scratch, &got, deadline) != OK || got < 8)
        return;
    length = get_be32(disk->scratch);
    if (length > got - 8)
        length = got - 8;
    format_text(text, room, " none");
    for (i = 0; i + 8 <= length && used < room; i += 8) {
        const uint8_t *lun = disk->scratch + 8 + i;

        if (lun[0] != LUN_WELL_KNOWN) {
            char one[LUN_TEXT_SIZE];

            lun_format(lun, one);
            used += format_text(text + used, room - used, " %s", one);
        }
    }
}

static void copy_text(char *to, size_t room, const uint8_t *from, size_t length)
{
    size_t i, used = 0;

    while (length && (from[length - 1] == ' ' || from[length - 1] == 0))
        length--;
    while (length && *from == ' ') {
        from++;
        length--;
    }
    for (i = 0; i < length && used + 1 < room; i++)
        to[used++] = from[i] >= 0x20 && from[i] < 0x7F ? (char)from[i] : '?';
    to[used] = 0;
}

static enum status inquire(struct scsi_disk *disk, const char *luns, deadline_t deadline)
{
    uint8_t cdb[ISCSI_CDB_MAX] = {SCSI_INQUIRY, 0, 0, 0, 96};
    const uint8_t *data = disk->scratch;
    char lun[LUN_TEXT_SIZE];
    uint32_t got;
    enum status status = command(disk, disk->lun, cdb, 96, &got, deadline);

    lun_format(disk->lun, lun);
    if (status == E_LUN_MISSING || (status == OK && got >= 1 && data[0] >> 5 != 0))
        return fail(E_LUN_MISSING, "LUN %s; the target has LUN%s", lun, luns);
    if (status != OK)
        return status;
    if (got < 36)
        return fail(E_SCSI_SHORT, "INQUIRY: %u bytes", (unsigned)got);
    if ((data[0] & 0x1F) != 0)
        return fail(E_LUN_TYPE, "LUN %s has peripheral device type %02x", lun, data[0] & 0x1F);
    disk->disk.removable = data[1] & 0x80;
    copy_text(disk->disk.vendor, sizeof disk->disk.vendor, data + 8, 8);
    copy_text(disk->disk.product, sizeof disk->disk.product, data + 16, 16);
    copy_text(disk->disk.revision, sizeof disk->disk.revision, data + 32, 4);
    return OK;
}

/* A page of vital product data in disk->scratch; returns the bytes behind its header, 0 when the LUN has no such page. */
static uint32_t read_page(struct scsi_disk *disk, uint8_t page, deadline_t deadline)
{
    uint8_t cdb[ISCSI_CDB_MAX] = {SCSI_INQUIRY, 1, page, 0, 252};
    uint32_t got, length;

    if (command(disk, disk->lun, cdb, 252, &got, deadline) != OK || got < 4 || disk->scratch[1] != page)
        return 0;
    length = get_be16(disk->scratch + 2);
    return length < got - 4 ? length : got - 4;
}

/* NAA, then EUI-64, then SCSI name string, then T10 vendor id: the order in which they are likely to be unique. */
static unsigned rank(uint8_t type)
{
    static const uint8_t order[] = {3, 2, 8, 1};
    unsigned i;

    for (i = 0; i < sizeof order; i++) {
        if (order[i] == type)
            return (unsigned)sizeof order - i;
    }
    return 0;
}

static void take_designators(struct scsi_disk *disk, uint32_t length)
{
    const uint8_t *at = disk->scratch + 4;
    unsigned best = 0;

    while (length >= 4 && at[3] <= length - 4) {
        uint8_t type = at[1] & 0x0F, size = at[3];
        bool of_lun = (at[1] >> 4 & 3) == 0;

        if (of_lun && size > 0 && size <= sizeof disk->disk.wwid && rank(type) > best) {
            best = rank(type);
            disk->disk.wwid_type = type;
            disk->disk.wwid_length = size;
            memcpy(disk->disk.wwid, at + 4, size);
        }
        length -= 4u + size;
        at += 4u + size;
    }
}

/* Block limits (VPD B0h), and the size of one of our transfers. */
static void take_limits(struct scsi_disk *disk, uint32_t length)
{
    uint32_t most = length >= 8 ? get_be32(disk->scratch + 8) : 0;

    disk->disk.max_blocks = SCSI_TRANSFER_MAX / disk->disk.block_size;
    if (most && most < disk->disk.max_blocks)
        disk->disk.max_blocks = most;
}

static void read_identity(struct scsi_disk *disk, deadline_t deadline)
{
    uint32_t length = read_page(disk, 0x80, deadline);

    copy_text(disk->disk.serial, sizeof disk->disk.serial, disk->scratch + 4, length);
    length = read_page(disk, 0x83, deadline);
    take_designators(disk, length);
}

static enum status take_size(struct scsi_disk *disk, uint64_t last, uint32_t block_size)
{
    if (block_size < 512 || block_size > 65536 || (block_size & (block_size - 1)) || last == UINT64_MAX)
        return fail(E_LUN_SIZE, "last block %llu, %u bytes each", (unsigned long long)last, (unsigned)block_size);
    disk->disk.block_count = last + 1;
    disk->disk.block_size = disk->disk.physical_block_size = block_size;
    return OK;
}

/* The 16-byte command also tells where the physical blocks lie; below 2 TiB a LUN need not know it. */
static enum status read_capacity(struct scsi_disk *disk, deadline_t deadline)
{
    uint8_t cdb10[ISCSI_CDB_MAX] = {SCSI_READ_CAPACITY_10};
    uint8_t cdb16[ISCSI_CDB_MAX] = {SCSI_SERVICE_ACTION_IN_16, SCSI_READ_CAPACITY_16, [13] = 32};
    const uint8_t *data = disk->scratch;
    uint32_t got, last;
    enum status status = command(disk, disk->lun, cdb10, 8, &got, deadline);

    if (status != OK)
        return status;
    if (got < 8)
        return fail(E_LUN_SIZE, "READ CAPACITY(10): %u bytes", (unsigned)got);
    last = get_be32(data);
    status = last == UINT32_MAX ? OK : take_size(disk, last, get_be32(data + 4));
    if (status != OK)
        return status;
    status = command(disk, disk->lun, cdb16, 32, &got, deadline);
    if (status == OK && got < 12)
        status = fail(E_LUN_SIZE, "READ CAPACITY(16): %u bytes", (unsigned)got);
    if (status == OK)
        status = take_size(disk, get_be64(data), get_be32(data + 8));
    else if (last != UINT32_MAX)
        return OK;
    if (status == OK && got >= 16 && (data[13] & 0x0F) <= 7) {
        disk->disk.physical_block_size = disk->disk.block_size << (data[13] & 0x0F);
        disk->disk.lowest_aligned_lba = get_be16(data + 14) & 0x3FFF;
    }
    return status;
}

/* The WP bit of the mode parameter header (SBC-3 section 6.4.1). */
static void read_protection(struct scsi_disk *disk, deadline_t deadline)
{
    uint8_t cdb[ISCSI_CDB_MAX] = {SCSI_MODE_SENSE_6, 0x08, 0x3F, 0, 192};
    uint32_t got;

    if (command(disk, disk->lun, cdb, 192, &got, deadline) == OK && got >= 3)
        disk->disk.read_only = disk->scratch[2] & 0x80;
}

enum status scsi_probe(struct scsi_disk *disk, deadline_t deadline)
{
    static const uint8_t test_unit_ready[ISCSI_CDB_MAX] = {SCSI_TEST_UNIT_READY};
    char luns[120];
    uint32_t got;
    enum status status;

    list_luns(disk, luns, sizeof luns, deadline);
    status = inquire(disk, luns, deadline);
    if (status != OK)
        return status;
    status = command(disk, disk->lun, test_unit_ready, 0, &got, deadline);
    if (status != OK)
        return status;
    status = read_capacity(disk, deadline);
    if (status != OK)
        return status;
    read_identity(disk, deadline);
    take_limits(disk, read_page(disk, 0xB0, deadline));
    read_protection(disk, deadline);
    return OK;
}
