/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of a dump on their way to the disk: copied at once, several commands in flight, never two for one block, failures told
 * later and once, the time bounded. The disk is the test's: it carries out what it is told to, when it is told to.
 */
#include "tests/unit/dump_home.h"

#define BLOCK      512u
#define FIRST      2048u
#define BLOCKS     4096u /* of the extent */
#define FLIGHT_MAX 64

static struct dump *dump;

static struct {
    struct disk disk;
    struct disk_request *flight[FLIGHT_MAX];
    unsigned flying, most, writes, flushes, cancelled;
    bool hold;           /* nothing is carried out */
    unsigned fail_write; /* the write of this number, from 1, fails */
    uint8_t content[BLOCKS * BLOCK];
} fake;

static void finish(struct disk_request *request, enum status status)
{
    request->status = status;
    request->done = true;
}

static void carry_out(struct disk_request *request)
{
    uint8_t *place = fake.content + (request->lba - FIRST) * BLOCK;
    size_t length = (size_t)request->blocks * BLOCK;

    if (request->operation == DISK_FLUSH) {
        fake.flushes++;
    } else if (request->operation == DISK_READ) {
        memcpy(request->buffer, place, length);
    } else {
        if (++fake.writes == fake.fail_write) {
            finish(request, fail(E_SCSI_MEDIUM, "block %llu", (unsigned long long)request->lba));
            return;
        }
        memcpy(place, request->buffer, length);
    }
    finish(request, OK);
}

static void fake_submit(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    for (unsigned i = 0; i < fake.flying; i++) {
        const struct disk_request *other = fake.flight[i];
        bool apart = request->lba >= other->lba + other->blocks || other->lba >= request->lba + request->blocks;
        assert_true(apart || request->operation == DISK_FLUSH || other->operation == DISK_FLUSH);
        assert_true(request->operation == DISK_WRITE); /* what reads or flushes comes when all else is done */
    }
    fake.flight[fake.flying++] = request;
    fake.most = fake.flying > fake.most ? fake.flying : fake.most;
}

/* One a turn, the newest first. */
static void fake_pump(struct disk *disk)
{
    (void)disk;
    if (!fake.hold && fake.flying)
        carry_out(fake.flight[--fake.flying]);
}

static void fake_cancel(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    for (unsigned i = 0; i < fake.flying; i++) {
        if (fake.flight[i] == request)
            fake.flight[i] = fake.flight[--fake.flying];
    }
    fake.cancelled++;
    finish(request, fail(E_DISK_TIMEOUT, "cancelled"));
}

static const struct disk_ops operations = {fake_submit, fake_pump, fake_cancel};

static void tick(void)
{
    host_clock_advance_us(1000);
}

static int set_up(void **state)
{
    set_up_home(state);
    host_idle_hook = tick;
    config.extents[0] = (struct dump_extent){FIRST, BLOCKS};
    config.timeout_ms = 80000;
    assert_int_equal(dump_arm(&dump, &config), OK);

    dump_empty_slots(dump);
    memset(&fake, 0, sizeof fake);
    fake.disk = (struct disk){.ops = &operations, .block_size = BLOCK, .block_count = 0x1400000, .max_blocks = 65536};
    dump->run = (struct dump_run){.disk = &fake.disk,
                                  .slot_blocks = 4096 / BLOCK,
                                  .began = platform_ticks(),
                                  .until = deadline_after_ms(70000),
                                  .end = deadline_after_ms(80000)};
    dump->state = DUMP_OPEN;
    return 0;
}

static uint8_t pattern_at(uint64_t lba, size_t at)
{
    return (uint8_t)(lba * 7 + at * 13 + at / 256);
}

static enum status put(uint64_t lba, uint32_t blocks)
{
    static uint8_t bytes[64 * BLOCK];
    for (size_t i = 0; i < blocks * BLOCK; i++)
        bytes[i] = pattern_at(lba + i / BLOCK, i % BLOCK);
    struct dump_span spans[] = {{bytes, 100}, {bytes + 100, 0}, {bytes + 100, blocks * BLOCK - 100}};
    enum status status = dump_put(dump, lba, blocks, spans, 3);
    memset(bytes, 0, sizeof bytes);
    return status;
}

static bool has(uint64_t lba, uint32_t blocks)
{
    for (size_t i = 0; i < blocks * BLOCK; i++) {
        if (fake.content[(lba - FIRST) * BLOCK + i] != pattern_at(lba + i / BLOCK, i % BLOCK))
            return false;
    }
    return true;
}

static void what_is_given_may_change_at_once(void **state)
{
    (void)state;
    fake.hold = true;
    assert_int_equal(put(FIRST, 8), OK);
    assert_int_equal(put(FIRST + 8, 8), OK);
    assert_int_equal(fake.writes, 0);
    fake.hold = false;
    assert_int_equal(dump_settle(dump), OK);
    assert_true(has(FIRST, 16));
    assert_int_equal(dump->run.bytes, 16 * BLOCK);
    assert_int_equal(fake.flushes, 1);
}

static void several_commands_are_in_flight(void **state)
{
    (void)state;
    assert_int_equal(put(FIRST, 64), OK);
    assert_int_equal(fake.most, dump_profile_small.requests);
    assert_int_equal(dump_settle(dump), OK);
    assert_int_equal(fake.writes, 8);
    assert_true(has(FIRST, 64));
}

/* While one is under way, blocks that follow each other share the next command; a gap begins another. */
static void small_writes_share_a_command(void **state)
{
    (void)state;
    fake.hold = true;
    assert_int_equal(put(FIRST, 1), OK);
    assert_int_equal(fake.flying, 1);
    for (unsigned i = 1; i < 8; i++)
        assert_int_equal(put(FIRST + i, 1), OK);
    assert_int_equal(fake.flying, 1);
    fake.hold = false;
    assert_int_equal(dump_settle(dump), OK);
    assert_int_equal(fake.writes, 2);

    assert_int_equal(put(FIRST + 100, 1), OK);
    assert_int_equal(put(FIRST + 200, 1), OK);
    assert_int_equal(dump_settle(dump), OK);
    assert_int_equal(fake.writes, 4);
    assert_true(has(FIRST, 8) && has(FIRST + 100, 1) && has(FIRST + 200, 1));
}

/* fake_submit() would notice two for one block. */
static void a_block_is_never_in_two_commands(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(put(FIRST + i % 3, 4), OK);
    assert_int_equal(dump_settle(dump), OK);
    assert_true(has(FIRST, 6));
}

static void nothing_outside_the_extents(void **state)
{
    (void)state;
    static uint8_t bytes[2 * BLOCK];
    struct dump_span span = {bytes, sizeof bytes};
    assert_int_equal(dump_put(dump, FIRST - 1, 2, &span, 1), E_DUMP_EXTENT);
    assert_int_equal(dump_put(dump, FIRST + BLOCKS - 1, 2, &span, 1), E_DUMP_EXTENT);
    assert_int_equal(dump_put(dump, FIRST, 0, &span, 0), E_DUMP_EXTENT);
    assert_int_equal(dump_get(dump, FIRST + BLOCKS, 1, bytes), E_DUMP_EXTENT);
    assert_int_equal(dump_put(dump, FIRST, 3, &span, 1), E_INVALID_ARGUMENT);
    assert_int_equal(dump_settle(dump), OK);
    assert_int_equal(fake.writes, 0);
}

static void a_failure_is_told_later_and_once(void **state)
{
    (void)state;
    fake.fail_write = 1;
    fake.hold = true;
    assert_int_equal(put(FIRST, 8), OK);
    fake.hold = false;
    fail(E_INTERNAL, "something else");
    assert_int_equal(dump_settle(dump), E_SCSI_MEDIUM);
    assert_string_equal(failure_detail(E_SCSI_MEDIUM), "block 2048");
    assert_int_equal(put(FIRST + 8, 8), OK);
    assert_int_equal(dump_settle(dump), OK);
    assert_true(has(FIRST + 8, 8));
    assert_int_equal(dump->run.bytes, 8 * BLOCK);
}

static void what_was_written_can_be_read(void **state)
{
    (void)state;
    static uint8_t back[32 * BLOCK];
    assert_int_equal(put(FIRST, 32), OK);
    assert_int_equal(dump_get(dump, FIRST, 32, back), OK);
    assert_memory_equal(back, fake.content, sizeof back);
    assert_true(has(FIRST, 32));
}

/* The target is gone: the writer is told when his time is over, and has what was kept of it to say so. */
static void the_time_ends_twice(void **state)
{
    (void)state;
    fake.hold = true;
    uint64_t began = platform_ticks();
    assert_int_equal(put(FIRST, 64), E_DUMP_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 70000, 70100);
    assert_int_equal(fake.cancelled, 2);
    assert_int_equal(fake.flying, 0);

    fake.hold = false;
    assert_int_equal(put(FIRST, 1), OK);
    assert_int_equal(dump_settle(dump), OK);
    assert_true(has(FIRST, 1));

    fake.hold = true;
    assert_int_equal(put(FIRST + 1, 1), OK);
    assert_int_equal(dump_settle(dump), E_DUMP_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 80000, 80100);
    assert_int_equal(put(FIRST + 2, 1), E_DUMP_TIMEOUT);
    uint8_t block[BLOCK];
    assert_int_equal(dump_get(dump, FIRST, 1, block), E_DUMP_TIMEOUT);
    assert_int_equal(fake.flying, 0);
}

/* A disk whose requests are small, and a dump that is written to its last block. */
static void the_disks_own_limit_holds(void **state)
{
    (void)state;
    dump->run.slot_blocks = 3;
    assert_int_equal(put(FIRST + BLOCKS - 64, 64), OK);
    assert_int_equal(dump_settle(dump), OK);
    assert_true(has(FIRST + BLOCKS - 64, 64));
    assert_int_equal(fake.writes, 22);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_home)
    const struct CMUnitTest tests[] = {
        CASE(what_is_given_may_change_at_once), CASE(several_commands_are_in_flight),
        CASE(small_writes_share_a_command),     CASE(a_block_is_never_in_two_commands),
        CASE(nothing_outside_the_extents),      CASE(a_failure_is_told_later_and_once),
        CASE(what_was_written_can_be_read),     CASE(the_time_ends_twice),
        CASE(the_disks_own_limit_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
