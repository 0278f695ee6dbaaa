/* SPDX-License-Identifier: BSD-2-Clause */
/* A scripted LUN behind the fake stream, and the SCSI disk opened on it: what test_scsi_disk.c tells to go well, badly, late or
 * never. */
#ifndef SANSTRAP_TESTS_SCSI_LUN_H
#define SANSTRAP_TESTS_SCSI_LUN_H

#include "tests/unit/iscsi_fake.h"

#include "iscsi/scsi_disk.h"

#define BLOCKS 4096u
#define MANY   40

/* A command that the target has not answered yet, and what it will say of it. */
struct command {
    uint8_t cdb[ISCSI_CDB_MAX];
    uint32_t itt, length;
    bool write;
};

struct verdict {
    uint8_t scsi_status, key, asc;
    uint32_t missing;  /* bytes that are not sent, and counted as residual … */
    bool silent_about; /* … or not counted */
};

static struct fake fake;
static struct arena arena;
static struct iscsi_session *session;
static struct scsi_disk scsi;
static struct disk *disk;
static uint8_t buffers[MANY][8 * 512];

static struct {
    size_t heard; /* bytes of fake.out that were looked at */
    uint32_t statsn;
    struct command held[64];
    unsigned held_count, seen;
    bool hold;     /* answer nothing */
    uint64_t last; /* block */
    uint8_t device_type, mode;
    uint32_t optimal_blocks; /* VPD B0h */
    struct verdict next[16]; /* for READ, WRITE and SYNCHRONIZE CACHE; GOOD when used up */
    unsigned next_count, next_used;
    bool next_for_ever;    /* the last one is not used up */
    uint64_t commands[64]; /* opcode << 56 | LBA, of READ, WRITE and SYNCHRONIZE CACHE */
    unsigned command_count;
} lun;

/* ---- the target ---- */

static void say(uint8_t opcode, uint8_t flags, const struct command *command, uint8_t status, uint32_t residual, const void *data,
                uint32_t length)
{
    uint8_t header[BHS_LENGTH] = {opcode, FLAG_FINAL | flags, 0, status};

    put_be32(header + BHS_ITT, command->itt);
    put_be32(header + BHS_TTT, RESERVED_TAG);
    put_be32(header + BHS_STATSN, lun.statsn++);
    put_be32(header + BHS_EXPCMDSN, session->cmdsn);
    put_be32(header + BHS_MAXCMDSN, session->cmdsn + 64);
    put_be32(header + BHS_RESIDUAL, residual);
    fake_say(&fake, header, data, length);
}

static void say_sense(const struct command *command, uint8_t key, uint8_t asc)
{
    uint8_t data[20] = {0, 18, 0x70, 0, key, [14] = asc};

    say(OP_SCSI_RESPONSE, FLAG_UNDERFLOW, command, SCSI_CHECK_CONDITION, command->length, data, sizeof data);
}

/* Data of `there` bytes at most, the rest of what was asked for being residual. */
static void say_data(const struct command *command, const void *data, uint32_t there)
{
    uint32_t length = there < command->length ? there : command->length;

    say(OP_DATA_IN, FLAG_STATUS | (length < command->length ? FLAG_UNDERFLOW : 0), command, SCSI_GOOD, command->length - length,
        data, length);
}

static void identify(const struct command *command)
{
    uint8_t data[252] = {lun.device_type, 0, 6, 2, 91};

    memcpy(data + 8, "SANSTRAPUNIT DISK       1   ", 28);
    if (command->cdb[1] & 1) {
        memset(data + 2, 0, sizeof data - 2);
        data[1] = command->cdb[2];
        data[3] = command->cdb[2] == 0x80 ? 4 : command->cdb[2] == 0x83 ? 12 : 60;
        memcpy(data + 4, command->cdb[2] == 0x80 ? "U001" : "\1\3\0\10\60\1\2\3\4\5\6\7", data[3] == 4 ? 4 : 12);
        if (command->cdb[2] == 0xB0)
            put_be32(data + 8, lun.optimal_blocks);
    }
    say_data(command, data, sizeof data);
}

static void tell_size(const struct command *command, bool long_form)
{
    uint8_t data[32] = {0};

    if (long_form) {
        put_be64(data, lun.last);
        put_be32(data + 8, 512);
        data[13] = 3;
        put_be16(data + 14, 0xC007); /* provisioned thinly, reads zeros; aligned at block 7 */
    } else {
        put_be32(data, lun.last > UINT32_MAX ? UINT32_MAX : (uint32_t)lun.last);
        put_be32(data + 4, 512);
    }
    say_data(command, data, long_form ? 32 : 8);
}

static void move_blocks(const struct command *command)
{
    struct verdict verdict = {0};
    uint8_t data[8 * 512];

    memset(data, command->cdb[5], sizeof data);
    if (lun.next_used < lun.next_count) {
        verdict = lun.next[lun.next_used];
        if (!lun.next_for_ever || lun.next_used + 1 < lun.next_count)
            lun.next_used++;
    }
    if (verdict.key)
        say_sense(command, verdict.key, verdict.asc);
    else if (verdict.missing && verdict.silent_about)
        say(OP_DATA_IN, FLAG_STATUS, command, SCSI_GOOD, 0, data, command->length - verdict.missing);
    else if (verdict.scsi_status || command->write || !command->length)
        say(OP_SCSI_RESPONSE, verdict.missing ? FLAG_UNDERFLOW : 0, command, verdict.scsi_status, verdict.missing, NULL, 0);
    else
        say_data(command, data, command->length - verdict.missing);
}

static void answer(const struct command *command)
{
    uint8_t list[16] = {0, 0, 0, 8}, mode[4] = {3, 0, lun.mode};

    switch (command->cdb[0]) {
    case SCSI_REPORT_LUNS:
        say_data(command, list, sizeof list);
        break;
    case SCSI_INQUIRY:
        identify(command);
        break;
    case SCSI_TEST_UNIT_READY:
        say(OP_SCSI_RESPONSE, 0, command, SCSI_GOOD, 0, NULL, 0);
        break;
    case SCSI_READ_CAPACITY_10:
        tell_size(command, false);
        break;
    case SCSI_SERVICE_ACTION_IN_16:
        tell_size(command, true);
        break;
    case SCSI_MODE_SENSE_6:
        say_data(command, mode, sizeof mode);
        break;
    default:
        move_blocks(command);
    }
}

static void remember(const uint8_t *cdb)
{
    bool long_form = cdb[0] == SCSI_READ_16 || cdb[0] == SCSI_WRITE_16;

    if (cdb[0] != SCSI_READ_10 && cdb[0] != SCSI_WRITE_10 && cdb[0] != SCSI_SYNCHRONIZE_CACHE_10 && !long_form)
        return;
    assert_true(lun.command_count < 64);
    lun.commands[lun.command_count++] = (uint64_t)cdb[0] << 56 | (long_form ? get_be64(cdb + 2) : get_be32(cdb + 2));
}

static void take(const uint8_t *header)
{
    struct command *command = &lun.held[lun.held_count++];

    assert_true(lun.held_count < 64);
    memcpy(command->cdb, header + BHS_CDB, ISCSI_CDB_MAX);
    command->itt = get_be32(header + BHS_ITT);
    command->length = get_be32(header + BHS_EDTL);
    command->write = header[BHS_FLAGS] & FLAG_WRITE;
    lun.seen++;
    remember(command->cdb);
}

static void serve(struct stream *stream)
{
    (void)stream;
    while (lun.heard + BHS_LENGTH <= fake.out_length) {
        const uint8_t *header = fake.out + lun.heard;

        lun.heard += BHS_LENGTH + ((get_be24(header + BHS_DATA_LENGTH) + 3) & ~3u);
        if ((header[BHS_OPCODE] & OP_MASK) == OP_SCSI_COMMAND)
            take(header);
    }
    while (!lun.hold && lun.held_count)
        answer(&lun.held[--lun.held_count]); /* the newest first: nobody may count on an order */
}

/* ---- the world ---- */

static void tick(void)
{
    host_clock_advance_us(1000);
}

static void log_in(void)
{
    static struct stream_ops operations;
    struct iscsi_settings settings = fake_settings();

    fake_reset(&fake);
    operations = *fake.stream.ops;
    operations.pump = serve;
    fake.stream.ops = &operations;
    fake_login_whole(&fake);
    assert_int_equal(iscsi_session_open(session, &settings, deadline_after_ms(20000)), OK);
    fake.out_length = 0;
    memset(&lun, 0, sizeof lun);
    lun.statsn = session->expstatsn;
    lun.last = BLOCKS - 1;
}

static enum status open_disk(void)
{
    static const uint8_t number[8];

    return scsi_disk_open(&scsi, session, number, deadline_after_ms(5000));
}

static int set_up(void **state)
{
    (void)state;
    host_log_level = LOG_ERROR;
    host_clock_use_virtual();
    host_idle_hook = tick;
    arena = host_arena_new(1 << 20);
    session = iscsi_session_new(&arena, &fake.stream);
    log_in();
    disk = scsi_disk_contract(&scsi);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_arena_free(&arena);
    return 0;
}

static int set_up_open(void **state)
{
    set_up(state);
    return open_disk() == OK ? 0 : -1;
}

static struct disk_request request_for(enum disk_operation operation, uint64_t lba, unsigned number)
{
    return (struct disk_request){.operation = operation,
                                 .lba = lba,
                                 .blocks = operation == DISK_FLUSH ? 0 : 8,
                                 .buffer = operation == DISK_FLUSH ? NULL : buffers[number]};
}

static enum status run(enum disk_operation operation, uint64_t lba, unsigned milliseconds)
{
    struct disk_request request = request_for(operation, lba, 0);

    disk_submit(disk, &request);
    return disk_wait(disk, &request, deadline_after_ms(milliseconds));
}

#endif
