/* SPDX-License-Identifier: BSD-2-Clause */
/* iscsi/disk.h's checks, waits and cutting of long transfers, over a disk that answers when the test wants it to. */
#include "tests/unit/unit.h"

#include "iscsi/disk.h"
#include "tests/host/host.h"

#define BLOCKS     1000u
#define MAX_BLOCKS 8u
#define NEVER      UINT64_MAX
#define REMEMBERED 200

/* What the disk was asked for, in order; and its script. */
static struct {
    struct disk disk;
    struct disk_request *in_flight[REMEMBERED];
    unsigned count, most, submitted, cancelled, pumps;
    struct {
        enum disk_operation operation;
        uint64_t lba;
        uint32_t blocks;
        void *buffer;
    } asked[REMEMBERED];
    unsigned answer_every; /* pumps per answer; 0: none ever */
    bool newest_first;
    uint64_t fails_at; /* the request with this LBA fails … */
    bool all_behind_fail;
} fake;

static void submit(struct disk *disk, struct disk_request *request)
{
    (void)disk;
    assert_true(fake.submitted < REMEMBERED);
    fake.asked[fake.submitted].operation = request->operation;
    fake.asked[fake.submitted].lba = request->lba;
    fake.asked[fake.submitted].blocks = request->blocks;
    fake.asked[fake.submitted++].buffer = request->buffer;
    fake.in_flight[fake.count++] = request;
    if (fake.count > fake.most)
        fake.most = fake.count;
}

static void take_out(unsigned index)
{
    fake.count--;
    memmove(&fake.in_flight[index], &fake.in_flight[index + 1], (fake.count - index) * sizeof fake.in_flight[0]);
}

static void answer(unsigned index)
{
    struct disk_request *request = fake.in_flight[index];

    take_out(index);
    if (request->operation == DISK_READ)
        memset(request->buffer, (int)request->lba, (size_t)request->blocks * fake.disk.block_size);
    request->status = OK;
    if (request->lba == fake.fails_at || (fake.fails_at < request->lba && fake.all_behind_fail))
        request->status = fail(E_SCSI_MEDIUM, "at %u", (unsigned)request->lba);
    request->done = true;
}

static void pump(struct disk *disk)
{
    (void)disk;
    fake.pumps++;
    if (fake.answer_every && fake.count && fake.pumps % fake.answer_every == 0)
        answer(fake.newest_first ? fake.count - 1 : 0);
}

static void cancel(struct disk *disk, struct disk_request *request)
{
    unsigned i = 0;

    (void)disk;
    while (fake.in_flight[i] != request) {
        i++;
        assert_true(i < fake.count);
    }
    take_out(i);
    fake.cancelled++;
    request->status = E_DISK_TIMEOUT;
    request->done = true;
}

static void tick(void)
{
    host_clock_advance_us(1000);
}

static int set_up(void **state)
{
    static const struct disk_ops operations = {submit, pump, cancel};

    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.disk = (struct disk){.ops = &operations, .block_size = 512, .block_count = BLOCKS, .max_blocks = MAX_BLOCKS};
    fake.answer_every = 3;
    fake.fails_at = NEVER;
    host_clock_use_virtual();
    host_idle_hook = tick;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_idle_hook = NULL;
    /* Requests lie on the stack of the one who asked: none may be known to the disk any more. */
    assert_int_equal(fake.count, 0);
    return 0;
}

static uint8_t buffer[BLOCKS * 512];

struct impossible {
    const char *name;
    enum disk_operation operation;
    uint64_t lba;
    uint32_t blocks;
    bool no_buffer, read_only;
    enum status status;
};

static void requests_that_cannot_be(void **state)
{
    static const struct impossible cases[] = {
        {"first block behind the end", DISK_READ, BLOCKS, 1, false, false, E_DISK_RANGE},
        {"last block behind the end", DISK_READ, BLOCKS - 7, 8, false, false, E_DISK_RANGE},
        {"sum of 2^64", DISK_READ, UINT64_MAX, 1, false, false, E_DISK_RANGE},
        {"sum beyond 2^64", DISK_WRITE, UINT64_MAX - 2, 8, false, false, E_DISK_RANGE},
        {"no blocks", DISK_READ, 0, 0, false, false, E_INVALID_ARGUMENT},
        {"more than max_blocks", DISK_READ, 0, MAX_BLOCKS + 1, false, false, E_INVALID_ARGUMENT},
        {"no buffer", DISK_READ, 0, 1, true, false, E_INVALID_ARGUMENT},
        {"write to a read-only disk", DISK_WRITE, 0, 1, false, true, E_DISK_READ_ONLY},
        {"the last blocks", DISK_READ, BLOCKS - 8, 8, false, false, OK},
        {"read of a read-only disk", DISK_READ, 0, 1, false, true, OK},
        {"flush of a read-only disk", DISK_FLUSH, 0, 0, true, true, OK},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct disk_request request = {.operation = cases[i].operation, .lba = cases[i].lba, .blocks = cases[i].blocks};
        bool possible = cases[i].status == OK;

        print_message("%s\n", cases[i].name);
        fake.disk.read_only = cases[i].read_only;
        fake.submitted = 0;
        request.buffer = cases[i].no_buffer ? NULL : buffer;
        disk_submit(&fake.disk, &request);
        assert_int_equal(request.done, !possible);
        assert_int_equal(request.status, cases[i].status);
        assert_int_equal(fake.submitted, possible);
        assert_int_equal(disk_wait(&fake.disk, &request, deadline_after_ms(1000)), cases[i].status);
    }
}

static void long_transfers_are_cut_at_max_blocks(void **state)
{
    static const unsigned lengths[] = {1, MAX_BLOCKS - 1, MAX_BLOCKS, MAX_BLOCKS + 1, 5 * MAX_BLOCKS, 100 * MAX_BLOCKS + 3};

    (void)state;
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned length = lengths[i], whole = length / MAX_BLOCKS;

        fake.submitted = 0;
        fake.newest_first = i % 2;
        memset(buffer, 0xEE, sizeof buffer);
        assert_int_equal(disk_read(&fake.disk, 5, length, buffer, deadline_after_ms(60000)), OK);
        assert_int_equal(fake.submitted, whole + (length % MAX_BLOCKS != 0));
        for (unsigned j = 0; j < fake.submitted; j++) {
            assert_int_equal(fake.asked[j].operation, DISK_READ);
            assert_int_equal(fake.asked[j].lba, 5 + j * MAX_BLOCKS);
            assert_int_equal(fake.asked[j].blocks, j < whole ? MAX_BLOCKS : length % MAX_BLOCKS);
            assert_ptr_equal(fake.asked[j].buffer, buffer + (size_t)j * MAX_BLOCKS * 512);
            assert_int_equal(buffer[(size_t)j * MAX_BLOCKS * 512], (uint8_t)(5 + j * MAX_BLOCKS));
        }
        assert_int_equal(buffer[(size_t)length * 512], 0xEE);
    }
    assert_true(fake.most > 1); /* several were in flight */
    assert_true(fake.most <= 16);
}

static void writes_are_writes(void **state)
{
    (void)state;
    assert_int_equal(disk_write(&fake.disk, 0, 20, buffer, deadline_after_ms(60000)), OK);
    assert_int_equal(fake.submitted, 3);
    assert_int_equal(fake.asked[2].operation, DISK_WRITE);
    fake.disk.read_only = true;
    assert_int_equal(disk_write(&fake.disk, 0, 20, buffer, deadline_after_ms(60000)), E_DISK_READ_ONLY);
    assert_int_equal(fake.submitted, 3);
}

static void nothing_at_all_is_transferred_at_once(void **state)
{
    (void)state;
    assert_int_equal(disk_read(&fake.disk, 0, 0, buffer, deadline_after_ms(0)), OK);
    assert_int_equal(fake.submitted, 0);
}

static void transfer_over_the_end(void **state)
{
    (void)state;
    assert_int_equal(disk_read(&fake.disk, BLOCKS - 10, 20, buffer, deadline_after_ms(60000)), E_DISK_RANGE);
    for (unsigned i = 0; i < fake.submitted; i++)
        assert_true(fake.asked[i].lba + fake.asked[i].blocks <= BLOCKS);
}

static void first_failure_ends_a_transfer(void **state)
{
    (void)state;
    fake.fails_at = 2 * MAX_BLOCKS;
    assert_int_equal(disk_read(&fake.disk, 0, 50 * MAX_BLOCKS, buffer, deadline_after_ms(60000)), E_SCSI_MEDIUM);
    assert_true(fake.submitted < 10);
    assert_int_equal(fake.cancelled, 0); /* those in flight are waited for */
}

/* Whatever the order in which they come. */
static void lowest_failure_is_the_transfers(void **state)
{
    (void)state;
    fake.fails_at = MAX_BLOCKS;
    fake.all_behind_fail = true;
    for (unsigned i = 0; i < 2; i++) {
        fake.newest_first = i;
        assert_int_equal(disk_read(&fake.disk, 0, 50 * MAX_BLOCKS, buffer, deadline_after_ms(60000)), E_SCSI_MEDIUM);
        assert_string_equal(failure_detail(E_SCSI_MEDIUM), "at 8");
    }
}

struct cutting {
    uint32_t prompt, burst, depth, blocks;
    unsigned requests, most;
};

/* 2 blocks go within a command, 5 more can be asked for. */
static void writes_are_cut_for_the_fewest_round_trips(void **state)
{
    static const struct cutting cases[] = {
        {2, 7, 32, 1, 1, 1},  {2, 7, 32, 2, 1, 1},    {2, 7, 32, 3, 2, 2},  {2, 7, 32, 32, 16, 16}, {2, 7, 32, 33, 5, 4},
        {2, 7, 3, 6, 3, 3},   {2, 7, 3, 7, 1, 1},     {2, 7, 4, 16, 3, 3},  {2, 7, 1, 64, 8, 4},    {2, 7, 0, 3, 1, 1},
        {0, 5, 32, 32, 7, 4}, {16, 21, 32, 64, 8, 8}, {0, 0, 32, 64, 8, 4}, {2, 0, 32, 64, 8, 4},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct cutting *one = &cases[i];

        print_message("%u blocks, prompt %u, burst %u, depth %u\n", one->blocks, one->prompt, one->burst, one->depth);
        fake.disk.prompt_blocks = one->prompt;
        fake.disk.burst_blocks = one->burst;
        fake.disk.depth = one->depth;
        fake.submitted = fake.most = 0;
        assert_int_equal(disk_write(&fake.disk, 9, one->blocks, buffer, deadline_after_ms(60000)), OK);
        assert_int_equal(fake.submitted, one->requests);
        assert_int_equal(fake.most, one->most);
        fake.submitted = 0;
        assert_int_equal(disk_read(&fake.disk, 9, one->blocks, buffer, deadline_after_ms(60000)), OK);
        assert_int_equal(fake.submitted, (one->blocks + MAX_BLOCKS - 1) / MAX_BLOCKS);
    }
}

/* Nothing in it waits: whoever has a timer of his own may take it on from there. */
static void a_transfer_by_turns(void **state)
{
    struct disk_transfer transfer;

    (void)state;
    disk_transfer_begin(&transfer, &fake.disk, DISK_READ, 0, 50 * MAX_BLOCKS, buffer);
    assert_int_equal(fake.submitted, 0);
    assert_false(disk_transfer_turn(&transfer));
    assert_int_equal(fake.count, 4);
    while (!disk_transfer_turn(&transfer))
        fake.disk.ops->pump(&fake.disk);
    assert_int_equal(transfer.status, OK);
    assert_int_equal(fake.submitted, 50);

    fake.submitted = 0;
    disk_transfer_begin(&transfer, &fake.disk, DISK_FLUSH, 0, 0, NULL);
    assert_false(disk_transfer_turn(&transfer));
    assert_false(disk_transfer_turn(&transfer));
    assert_int_equal(fake.submitted, 1);
    assert_int_equal(fake.asked[0].operation, DISK_FLUSH);
    while (!disk_transfer_turn(&transfer))
        fake.disk.ops->pump(&fake.disk);
    assert_int_equal(transfer.status, OK);
}

static void a_transfer_is_given_up(void **state)
{
    struct disk_transfer transfer;

    (void)state;
    fake.answer_every = 1;
    for (unsigned answered = 0; answered < 8; answered++) {
        disk_transfer_begin(&transfer, &fake.disk, DISK_READ, 0, 4 * MAX_BLOCKS, buffer);
        (void)disk_transfer_turn(&transfer);
        for (unsigned i = 0; i < answered; i++) {
            fake.disk.ops->pump(&fake.disk);
            if (i % 2)
                (void)disk_transfer_turn(&transfer);
        }
        disk_transfer_cancel(&transfer);
        assert_int_equal(transfer.status, answered < 4 ? E_DISK_TIMEOUT : OK);
        assert_int_equal(fake.count, 0);
    }

    /* All in flight is done, but not all is in flight. */
    disk_transfer_begin(&transfer, &fake.disk, DISK_READ, 0, 5 * MAX_BLOCKS, buffer);
    (void)disk_transfer_turn(&transfer);
    for (unsigned i = 0; i < 4; i++)
        fake.disk.ops->pump(&fake.disk);
    disk_transfer_cancel(&transfer);
    assert_int_equal(transfer.status, E_DISK_TIMEOUT);

    /* What failed since its last turn did. */
    fake.fails_at = 0;
    disk_transfer_begin(&transfer, &fake.disk, DISK_READ, 0, MAX_BLOCKS, buffer);
    (void)disk_transfer_turn(&transfer);
    answer(0);
    disk_transfer_cancel(&transfer);
    assert_int_equal(transfer.status, E_SCSI_MEDIUM);
    assert_string_equal(failure_detail(E_SCSI_MEDIUM), "at 0");
}

static void deadline_cancels_all_in_flight(void **state)
{
    uint64_t began = platform_ticks();

    (void)state;
    fake.answer_every = 0;
    assert_int_equal(disk_read(&fake.disk, 0, 50 * MAX_BLOCKS, buffer, deadline_after_ms(700)), E_DISK_TIMEOUT);
    assert_in_range((platform_ticks() - began) / platform_ticks_per_ms(), 700, 710);
    assert_int_equal(fake.cancelled, fake.submitted);
    assert_int_equal(disk_flush(&fake.disk, deadline_after_ms(50)), E_DISK_TIMEOUT);
}

static void answer_in_the_last_turn_counts(void **state)
{
    struct disk_request request = {.operation = DISK_READ, .blocks = 1, .buffer = buffer};

    (void)state;
    fake.answer_every = 1;
    disk_submit(&fake.disk, &request);
    assert_int_equal(disk_wait(&fake.disk, &request, deadline_after_ms(0)), OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(requests_that_cannot_be),
        CASE(long_transfers_are_cut_at_max_blocks),
        CASE(writes_are_writes),
        CASE(nothing_at_all_is_transferred_at_once),
        CASE(transfer_over_the_end),
        CASE(first_failure_ends_a_transfer),
        CASE(lowest_failure_is_the_transfers),
        CASE(writes_are_cut_for_the_fewest_round_trips),
        CASE(a_transfer_by_turns),
        CASE(a_transfer_is_given_up),
        CASE(deadline_cancels_all_in_flight),
        CASE(answer_in_the_last_turn_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
