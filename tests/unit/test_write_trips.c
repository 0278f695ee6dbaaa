/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many round trips a transfer takes, with what targets agree to: whenever nothing more can be done without the target, one
 * has passed, and all that was sent is answered.
 */
#include "tests/unit/scsi_lun.h"

#define TGT   "InitialR2T=Yes|ImmediateData=Yes|MaxRecvDataSegmentLength=8192|MaxBurstLength=262144|FirstBurstLength=65536|"
#define OPEN  "InitialR2T=No|ImmediateData=Yes|MaxRecvDataSegmentLength=262144|MaxBurstLength=1048576|FirstBurstLength=262144|"
#define SMALL "InitialR2T=No|ImmediateData=Yes|MaxRecvDataSegmentLength=8192|MaxBurstLength=262144|FirstBurstLength=65536|"
#define OWN   "InitialR2T=No|ImmediateData=No|MaxRecvDataSegmentLength=65536|MaxBurstLength=262144|FirstBurstLength=65536|"
#define ASKED "InitialR2T=Yes|ImmediateData=No|MaxRecvDataSegmentLength=65536|MaxBurstLength=262144|FirstBurstLength=65536|"
#define TINY  "InitialR2T=Yes|ImmediateData=Yes|MaxRecvDataSegmentLength=8192|MaxBurstLength=262144|FirstBurstLength=3072|"
#define ODD   "InitialR2T=Yes|ImmediateData=Yes|MaxRecvDataSegmentLength=7168|MaxBurstLength=262144|FirstBurstLength=65536|"
#define FIRST 23u /* block: where a physical one of eight begins, as at 7 */

static uint8_t out[MIB], image[BLOCKS * 512];

/* A write that the target has not all data of. */
struct writing {
    struct command command;
    uint32_t got, r2tsn;
};

static struct {
    struct writing writes[64];
    unsigned trips, commands, within; /* … of the latter begin within a physical block */
    uint32_t window;                  /* commands at one time */
    uint32_t busy;                    /* of them */
} target;

/* The numbers of a PDU that was laid ready. */
static void set_window(size_t at)
{
    put_be32(fake.in + at + BHS_EXPCMDSN, session->cmdsn);
    put_be32(fake.in + at + BHS_MAXCMDSN, session->cmdsn + target.window - target.busy - 1);
}

static void ask_for_data(struct writing *write)
{
    uint8_t header[BHS_LENGTH] = {OP_R2T, FLAG_FINAL};
    uint32_t length = smaller_of(write->command.length - write->got, session->agreed.max_burst);
    size_t at = fake.in_length;

    put_be32(header + BHS_ITT, write->command.itt);
    put_be32(header + BHS_TTT, write->command.itt);
    put_be32(header + BHS_STATSN, lun.statsn);
    put_be32(header + BHS_DATASN, write->r2tsn++);
    put_be32(header + BHS_OFFSET, write->got);
    put_be32(header + BHS_RESIDUAL, length);
    fake_say(&fake, header, NULL, 0);
    set_window(at);
}

static void respond(struct writing *write)
{
    size_t at = fake.in_length;

    target.busy--;
    say(OP_SCSI_RESPONSE, 0, &write->command, SCSI_GOOD, 0, NULL, 0);
    set_window(at);
    write->command.length = 0;
}

static void take_data(struct writing *write, const uint8_t *header, const uint8_t *bytes)
{
    uint32_t length = get_be24(header + BHS_DATA_LENGTH), lba = get_be32(write->command.cdb + 2);

    assert_true(write->got + length <= write->command.length);
    memcpy(image + (size_t)lba * 512 + write->got, bytes, length);
    write->got += length;
    if (write->got == write->command.length)
        respond(write);
    else if (header[BHS_FLAGS] & FLAG_FINAL)
        ask_for_data(write);
}

static void begin_write(const uint8_t *header)
{
    struct writing *write = target.writes;

    while (write->command.length)
        write++;
    assert_true(++target.busy <= target.window);
    *write = (struct writing){.command = {.itt = get_be32(header + BHS_ITT), .length = get_be32(header + BHS_EDTL)}};
    memcpy(write->command.cdb, header + BHS_CDB, ISCSI_CDB_MAX);
    take_data(write, header, header + BHS_LENGTH);
}

static void continue_write(const uint8_t *header)
{
    struct writing *write = target.writes;

    while (write->command.itt != get_be32(header + BHS_ITT) || !write->command.length)
        write++;
    assert_int_equal(get_be32(header + BHS_OFFSET), write->got);
    take_data(write, header, header + BHS_LENGTH);
}

/* All that is on the way arrives, and is answered. */
static void trip(void)
{
    tick();
    target.trips++;
    for (size_t at = 0; at < fake.out_length;) {
        const uint8_t *header = fake.out + at;
        uint8_t opcode = header[BHS_OPCODE] & OP_MASK;
        bool writes = opcode == OP_SCSI_COMMAND && header[BHS_FLAGS] & FLAG_WRITE;

        at += BHS_LENGTH + ((get_be24(header + BHS_DATA_LENGTH) + 3) & ~3u);
        assert_true(at <= fake.out_length);
        target.commands += opcode == OP_SCSI_COMMAND;
        if (writes && get_be32(header + BHS_CDB + 2) % 8 != 7) /* WRITE (10) */
            target.within++;
        if (writes)
            begin_write(header);
        else if (opcode == OP_DATA_OUT)
            continue_write(header);
        else if (opcode == OP_SCSI_COMMAND)
            hold(header);
    }
    fake.out_length = 0;
    while (lun.held_count) {
        size_t at = fake.in_length;

        answer(&lun.held[--lun.held_count]);
        set_window(at);
    }
    if (fake.in_position == fake.in_length)
        fake.in_position = fake.in_length = 0;
}

static void open_with(const char *agreement, uint32_t window)
{
    struct iscsi_settings settings = fake_settings();

    tear_down_session(NULL);
    set_up(NULL);
    fake_reset(&fake);
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    size_t at = fake.in_length;
    fake_login(&fake, 0x87, 0, agreement);
    put_be32(fake.in + at + BHS_MAXCMDSN, window);
    assert_int_equal(open_session(&settings), OK);
    fake.out_length = 0;

    memset(&target, 0, sizeof target);
    target.window = window;
    lun.statsn = session->expstatsn;
    host_idle_hook = trip;
    assert_int_equal(open_disk(), OK);
    target.commands = target.trips = target.within = 0;
}

/* ---- the tests ---- */

struct write_case {
    const char *name, *agreement;
    uint32_t window, size;
    unsigned trips, commands;
};

static void writes_take_the_fewest_trips(void **state)
{
    static const struct write_case cases[] = {
        {"tgt, 512 B", TGT, 128, 512, 1, 1},
        {"tgt, 8 KiB", TGT, 128, 8 * KIB, 1, 1},
        {"tgt, 63.5 KiB", TGT, 128, 127 * 512, 1, 8},
        {"tgt, 64 KiB", TGT, 128, 64 * KIB, 1, 8},
        {"tgt, 128 KiB", TGT, 128, 128 * KIB, 1, 16},
        {"tgt, 136 KiB", TGT, 128, 136 * KIB, 2, 1},
        {"tgt, 1 MiB", TGT, 128, MIB, 2, 4},
        {"tgt, 64 KiB, four commands at a time", TGT, 4, 64 * KIB, 2, 1},
        {"tgt, 32 KiB, four commands at a time", TGT, 4, 32 * KIB, 1, 4},
        {"tgt, 64 KiB, one command at a time", TGT, 1, 64 * KIB, 2, 1},
        {"all unasked, 64 KiB", OPEN, 32, 64 * KIB, 1, 1},
        {"all unasked, 768 KiB", OPEN, 32, 768 * KIB, 1, 3},
        {"behind the command, 64 KiB", SMALL, 32, 64 * KIB, 1, 1},
        {"behind the command, 256 KiB", SMALL, 32, 256 * KIB, 1, 4},
        {"nothing within, 64 KiB", OWN, 32, 64 * KIB, 1, 1},
        {"less than a physical block within, 64 KiB", TINY, 32, 64 * KIB, 2, 1},
        {"1.75 physical blocks within, 64 KiB", ODD, 32, 64 * KIB, 1, 16},
        {"1.75 physical blocks within, 68 KiB", ODD, 32, 68 * KIB, 2, 1},
        {"nothing unasked, 64 KiB", ASKED, 32, 64 * KIB, 2, 1},
        {"nothing unasked, 768 KiB", ASKED, 32, 768 * KIB, 2, 3},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct write_case *one = &cases[i];

        print_message("%s\n", one->name);
        open_with(one->agreement, one->window);
        for (unsigned j = 0; j < one->size; j++)
            out[j] = (uint8_t)(j * 7 + (j >> 9) + i);
        memset(image, 0, sizeof image);
        assert_int_equal(disk_write(disk, FIRST, one->size / 512, out, deadline_after_ms(60000)), OK);
        assert_memory_equal(image + (size_t)FIRST * 512, out, one->size);
        assert_int_equal(image[(size_t)FIRST * 512 + one->size], 0);
        assert_int_equal(target.trips, one->trips);
        assert_int_equal(target.commands, one->commands);
        assert_int_equal(target.within, 0);
    }
}

/* An old partition's first sector is 63. */
static void a_write_that_begins_within_a_physical_block(void **state)
{
    (void)state;
    open_with(TGT, 128);
    memset(out, 0x5A, 64 * KIB);
    assert_int_equal(disk_write(disk, FIRST + 4, 128, out, deadline_after_ms(60000)), OK);
    assert_memory_equal(image + (size_t)(FIRST + 4) * 512, out, 64 * KIB);
    assert_int_equal(target.trips, 1);
    assert_int_equal(target.commands, 9);
    assert_int_equal(target.within, 1);
}

/* Another portal, or a target with new settings, agrees to something else. */
static void a_reconnect_may_change_it(void **state)
{
    (void)state;
    open_with(TGT, 128);
    uint32_t epoch = disk->epoch;
    fake.closed = true;
    fake.in_position = fake.in_length = 0;
    struct disk_request request = {.operation = DISK_READ, .lba = 0, .blocks = 8, .buffer = buffers[0]};
    disk_submit(disk, &request);
    disk->ops->pump(disk);
    fake.closed = false;
    fake_login(&fake, 0x81, 0, "AuthMethod=None|");
    fake_login(&fake, 0x87, 0, OPEN);
    lun.statsn = 1;
    assert_int_equal(disk_wait(disk, &request, deadline_after_ms(60000)), OK);
    assert_int_not_equal(disk->epoch, epoch);
    assert_int_equal(disk->prompt_blocks, 512);

    target.trips = 0;
    assert_int_equal(disk_write(disk, FIRST, 1536, out, deadline_after_ms(60000)), OK);
    assert_int_equal(target.trips, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(writes_take_the_fewest_trips),
        CASE(a_write_that_begins_within_a_physical_block),
        CASE(a_reconnect_may_change_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
