/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scripted LUN behind the fake stream, and the SCSI disk opened on it: what test_scsi_disk.c tells to go well, badly, late or
 * never.
 */
#ifndef SANSTRAP_TESTS_SCSI_LUN_H
#define SANSTRAP_TESTS_SCSI_LUN_H

#include "tests/unit/session_world.h"

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

static struct scsi_disk *scsi;
static struct disk *disk;
static uint8_t buffers[MANY][8 * 512];

static struct {
    size_t heard; /* bytes of fake.out that were looked at */
    uint32_t statsn;
    struct command held[64];
    unsigned held_count, seen, aborts;
    bool hold;          /* answer nothing */
    uint64_t last;      /* block */
    uint64_t long_last; /* … by READ CAPACITY(16), where that says another; 0: it does not */
    unsigned lists;     /* REPORT LUNS heard */
    uint8_t device_type, mode;
    uint32_t max_transfer_length; /* VPD B0h, blocks */
    uint32_t block_size;
    uint8_t wwid[8];
    const char *serial;               /* four characters */
    bool no_wwid, no_serial, no_page; /* VPD 83h or 80h is unknown; no VPD at all */
    struct scsi_sense attentions[16]; /* for the next commands but INQUIRY and REPORT LUNS */
    unsigned attention_count;
    bool not_ready;
    deadline_t ready_at;        /* not ready before */
    uint8_t cut_operation_code; /* this command's answers have `cut` bytes at most, when it is set */
    uint32_t cut;
    uint8_t busy_page;                       /* BUSY, whenever this page of vital product data is asked for, when it is set */
    uint8_t forgotten_operation_code;        /* this command is never answered, when it is set */
    uint8_t refused_operation_code, refusal; /* this command ends with that SCSI status … */
    unsigned refusals;                       /* … so often; CHECK CONDITION is a unit attention */
    uint8_t list[32][8];                     /* REPORT LUNS */
    uint32_t list_count;
    struct verdict next[16]; /* for READ, WRITE and SYNCHRONIZE CACHE; GOOD when used up */
    unsigned next_count, next_used;
    bool next_for_ever;    /* the last one is not used up */
    bool deferred;         /* sense data is of an earlier command */
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

static void say_sense(const struct command *command, uint8_t key, uint8_t asc, uint8_t ascq)
{
    uint8_t data[20] = {0, 18, lun.deferred ? 0x71 : 0x70, 0, key, [14] = asc, [15] = ascq};

    say(OP_SCSI_RESPONSE, FLAG_UNDERFLOW, command, SCSI_CHECK_CONDITION, command->length, data, sizeof data);
}

/* Data of `there` bytes at most, the rest of what was asked for being residual. */
static void say_data(const struct command *command, const void *data, uint32_t there)
{
    uint32_t length = there < command->length ? there : command->length;

    if (lun.cut_operation_code && lun.cut_operation_code == command->cdb[CDB_OPERATION_CODE] && length > lun.cut)
        length = lun.cut;
    say(OP_DATA_IN, FLAG_STATUS | (length < command->length ? FLAG_UNDERFLOW : 0), command, SCSI_GOOD, command->length - length,
        data, length);
}

static void say_page(const struct command *command)
{
    uint8_t page = command->cdb[INQUIRY_CDB_PAGE_CODE];
    uint8_t data[64] = {lun.device_type, page, 0, 60};

    if (lun.busy_page && page == lun.busy_page) {
        say(OP_SCSI_RESPONSE, FLAG_UNDERFLOW, command, SCSI_BUSY, command->length, NULL, 0);
        return;
    }
    if (lun.no_page || (page == VPD_SERIAL && lun.no_serial) || (page == VPD_DEVICE_ID && lun.no_wwid)) {
        say_sense(command, 5, 0x24, 0);
        return;
    }
    if (page == VPD_SERIAL) {
        data[3] = 4;
        memcpy(data + 4, lun.serial, 4);
    } else if (page == VPD_DEVICE_ID) {
        data[3] = 12;
        memcpy(data + 4, "\1\3\0\10", 4);
        memcpy(data + 8, lun.wwid, sizeof lun.wwid);
    } else {
        put_be32(data + 8, lun.max_transfer_length);
    }
    say_data(command, data, sizeof data);
}

static void identify(const struct command *command)
{
    uint8_t data[96] = {lun.device_type, 0, 6, 2, 91};

    if (command->cdb[INQUIRY_CDB_FLAGS] & INQUIRY_EVPD) {
        say_page(command);
        return;
    }
    memcpy(data + 8, "SANSTRAPUNIT DISK       1   ", 28);
    say_data(command, data, sizeof data);
}

static void report_capacity(const struct command *command, bool long_form)
{
    uint8_t data[32] = {0};

    if (long_form) {
        put_be64(data, lun.long_last ? lun.long_last : lun.last);
        put_be32(data + 8, lun.block_size);
        data[13] = 3;
        put_be16(data + 14, 0xC007); /* provisioned thinly, reads zeros; aligned at block 7 */
    } else {
        put_be32(data, lun.last > UINT32_MAX ? UINT32_MAX : (uint32_t)lun.last);
        put_be32(data + 4, lun.block_size);
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
        say_sense(command, verdict.key, verdict.asc, 0);
    else if (verdict.missing && verdict.silent_about)
        say(OP_DATA_IN, FLAG_STATUS, command, SCSI_GOOD, 0, data, command->length - verdict.missing);
    else if (verdict.scsi_status || command->write || !command->length)
        say(OP_SCSI_RESPONSE, verdict.missing ? FLAG_UNDERFLOW : 0, command, verdict.scsi_status, verdict.missing, NULL, 0);
    else
        say_data(command, data, command->length - verdict.missing);
}

static void report_luns(const struct command *command)
{
    uint8_t data[8 + sizeof lun.list] = {0};

    put_be32(data, 8 * lun.list_count);
    memcpy(data + 8, lun.list, 8 * lun.list_count);
    say_data(command, data, 8 + 8 * lun.list_count);
}

static void answer(const struct command *command)
{
    uint8_t mode[4] = {3, 0, lun.mode}, operation_code = command->cdb[CDB_OPERATION_CODE];
    bool tells_nothing = operation_code == SCSI_INQUIRY || operation_code == SCSI_REPORT_LUNS;

    if (lun.forgotten_operation_code && lun.forgotten_operation_code == operation_code)
        return;
    if (lun.attention_count && !tells_nothing) {
        const struct scsi_sense *sense = &lun.attentions[--lun.attention_count];

        say_sense(command, sense->key, sense->asc, sense->ascq);
        return;
    }
    if ((lun.not_ready || !deadline_passed(lun.ready_at)) && !tells_nothing) {
        say_sense(command, 2, 4, 1);
        return;
    }

    if (lun.refusals && lun.refused_operation_code == operation_code) {
        lun.refusals--;
        if (lun.refusal == SCSI_CHECK_CONDITION)
            say_sense(command, 6, 0x2A, 9);
        else
            say(OP_SCSI_RESPONSE, 0, command, lun.refusal, 0, NULL, 0);
        return;
    }

    switch (operation_code) {
    case SCSI_REPORT_LUNS:
        report_luns(command);
        break;
    case SCSI_INQUIRY:
        identify(command);
        break;
    case SCSI_TEST_UNIT_READY:
        say(OP_SCSI_RESPONSE, 0, command, SCSI_GOOD, 0, NULL, 0);
        break;
    case SCSI_READ_CAPACITY_10:
        report_capacity(command, false);
        break;
    case SCSI_SERVICE_ACTION_IN_16:
        report_capacity(command, true);
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

static void hold(const uint8_t *header)
{
    struct command *command = &lun.held[lun.held_count++];

    assert_true(lun.held_count < 64);
    memcpy(command->cdb, header + BHS_CDB, ISCSI_CDB_MAX);
    command->itt = get_be32(header + BHS_ITT);
    command->length = get_be32(header + BHS_EDTL);
    command->write = header[BHS_FLAGS] & FLAG_WRITE;
    lun.lists += command->cdb[CDB_OPERATION_CODE] == SCSI_REPORT_LUNS;
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
            hold(header);
        lun.aborts += (header[BHS_OPCODE] & OP_MASK) == OP_TASK_REQUEST;
    }
    while (!lun.hold && lun.held_count)
        answer(&lun.held[--lun.held_count]); /* the newest first: nobody may count on an order */
}

/* ---- the world ---- */

static void log_in(void)
{
    static struct stream_ops operations;

    operations = *fake.stream.ops;
    operations.pump = serve;
    fake.stream.ops = &operations;
    open_whole_session();

    memset(&lun, 0, sizeof lun);
    lun.statsn = session->expstatsn;
    lun.last = BLOCKS - 1;
    lun.list_count = 1; /* LUN 0 */
    lun.block_size = 512;
    lun.serial = "U001";
    memcpy(lun.wwid, "\60\1\2\3\4\5\6\7", sizeof lun.wwid);
}

static enum status open_disk(void)
{
    static const uint8_t number[8];

    return scsi_disk_open(scsi, session, number, deadline_after_ms(5000));
}

static int set_up(void **state)
{
    set_up_session(state);
    log_in();
    scsi = arena_take(&arena, scsi_disk_size(&iscsi_profile_large), 16);
    disk = scsi_disk_contract(scsi);
    return 0;
}

static inline int set_up_open(void **state)
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

static inline enum status run(enum disk_operation operation, uint64_t lba, unsigned milliseconds)
{
    struct disk_request request = request_for(operation, lba, 0);

    disk_submit(disk, &request);
    return disk_wait(disk, &request, deadline_after_ms(milliseconds));
}

static inline void turns(unsigned count)
{
    while (count--) {
        tick();
        disk->ops->pump(disk);
    }
}

/* The connection goes, and the next one's login succeeds; the LUN answers again. */
static inline void reconnect(void)
{
    unsigned connects = fake.connects;

    fake.closed = true;
    turns(1);
    fake.closed = false;
    fake.in_length = fake.in_position = 0;
    fake_login_whole(&fake);
    lun.held_count = 0;
    lun.statsn = 1;
    lun.command_count = 0;
    lun.hold = false;
    for (unsigned i = 0; i < 20000 && fake.connects == connects; i++)
        turns(1);
    assert_int_equal(fake.connects, connects + 1);
}

#endif
