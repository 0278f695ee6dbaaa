/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump in an area, over calls of the test's own: what is written and in which order, and what a disk shows that was cut off
 * anywhere between two flushes, with some of the writes carried out and others not.
 */
#include "tests/unit/unit.h"

#include "dump/file.h"
#include "platform/bytes.h"
#include "platform/crc32c.h"

#define FIRST      2048u
#define BLOCKS     4096u
#define BLOCK      512u
#define WRITES_MAX 1024

/* A write as it was made, and the flush behind which it came. */
static struct {
    uint64_t lba;
    uint32_t blocks;
    unsigned epoch;
    uint8_t *bytes;
} writes[WRITES_MAX];
static unsigned write_count, epoch;
static uint8_t disk[BLOCKS * BLOCK], torn[BLOCKS * BLOCK];
static struct dump_target target;
static enum status write_status, flush_status;
static unsigned writes_left;  /* until writing fails; 0: it does not */
static uint32_t milliseconds; /* since the dump was opened, at the last question */
static struct dump_file file;
static struct dump_area_head head;

/* ---- the calls of dump.h ---- */

const struct dump_target *dump_target(const struct dump *dump)
{
    (void)dump;
    return &target;
}

static void apply(uint8_t *to, unsigned index)
{
    memcpy(to + (writes[index].lba - FIRST) * BLOCK, writes[index].bytes, (size_t)writes[index].blocks * BLOCK);
}

enum status dump_write(struct dump *dump, uint64_t lba, uint32_t blocks, const struct dump_span *spans, unsigned count)
{
    (void)dump;
    assert_true(lba >= FIRST && lba - FIRST + blocks <= BLOCKS);
    if (writes_left && --writes_left == 0)
        write_status = fail(E_SCSI_SPACE, "pool is full");
    if (write_status != OK)
        return write_status;

    assert_true(write_count < WRITES_MAX);
    uint8_t *bytes = malloc((size_t)blocks * BLOCK), *to = bytes;
    for (unsigned i = 0; i < count; i++) {
        memcpy(to, spans[i].bytes, spans[i].length);
        to += spans[i].length;
    }
    assert_int_equal(to - bytes, blocks * BLOCK);
    writes[write_count].lba = lba;
    writes[write_count].blocks = blocks;
    writes[write_count].epoch = epoch;
    writes[write_count].bytes = bytes;
    apply(disk, write_count++);
    return OK;
}

enum status dump_read(struct dump *dump, uint64_t lba, uint32_t blocks, void *to)
{
    (void)dump;
    memcpy(to, disk + (lba - FIRST) * BLOCK, (size_t)blocks * BLOCK);
    return OK;
}

enum status dump_flush(struct dump *dump)
{
    (void)dump;
    epoch++;
    return flush_status;
}

void dump_progress(const struct dump *dump, struct dump_progress *progress)
{
    (void)dump;
    *progress = (struct dump_progress){.bytes = 1, .milliseconds = milliseconds += 1000, .reconnects = 2};
}

/* ---- an area ---- */

static void mark(uint64_t first, uint64_t blocks)
{
    struct dump_area_head free_head = {.first_lba = first, .blocks = blocks, .block_size = BLOCK, .area_id = {1, 2, 3}};
    dump_area_seal_head(&free_head, DUMP_AREA_IS_FREE);
    memcpy(disk, &free_head, sizeof free_head);
}

static int set_up(void **state)
{
    (void)state;
    memset(disk, 0xDD, sizeof disk);
    mark(FIRST, BLOCKS);
    target = (struct dump_target){.block_size = BLOCK, .block_count = 100000, .extent_count = 1, .extents = {{FIRST, BLOCKS}}};
    write_count = epoch = writes_left = 0;
    milliseconds = 30000;
    write_status = flush_status = OK;
    memset(&file, 0xEE, sizeof file);
    head =
        (struct dump_area_head){.format = DUMP_AREA_ELF, .dump_id = {9, 8, 7}, .started = 77, .memory = 4096, .reason = "test"};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < write_count; i++)
        free(writes[i].bytes);
    return 0;
}

static const struct dump_area_head *head_of(const uint8_t *area)
{
    return (const struct dump_area_head *)(const void *)area;
}

static const struct dump_area_trailer *trailer_of(const uint8_t *area)
{
    return (const struct dump_area_trailer *)(const void *)(area + DUMP_AREA_TRAILER_OFFSET);
}

static uint8_t content[100000];

static void write_dump(void)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 31 + i / 251);
    assert_int_equal(dump_file_begin(&file, NULL, &head), OK);
    assert_int_equal(dump_file_append(&file, content, 100), OK);
    assert_int_equal(dump_file_append(&file, content + 100, 30000), OK);
    assert_int_equal(dump_file_align(&file, 4096), OK);
    assert_int_equal(file.length, 32768);
    assert_int_equal(dump_file_align(&file, 4096), OK);
    assert_int_equal(file.length, 32768);
    assert_int_equal(dump_file_append(&file, content + 30100, 5001), OK);
}

static bool is_complete(const uint8_t *area)
{
    return dump_area_state(head_of(area)) == DUMP_AREA_IS_COMPLETE;
}

/* Every byte of it is there. */
static void holds_the_dump(const uint8_t *area)
{
    const struct dump_area_trailer *trailer = trailer_of(area);
    assert_true(dump_area_trailer_is_valid(trailer, head_of(area)));
    assert_int_equal(trailer->status, OK);
    assert_int_equal(trailer->length, 32768 + 5001);
    assert_int_equal(trailer->data_crc32c, crc32c(0, area + DUMP_AREA_DATA_OFFSET, trailer->length));
    assert_memory_equal(area + DUMP_AREA_DATA_OFFSET, content, 30100);
    assert_true(bytes_are_zero(area + DUMP_AREA_DATA_OFFSET + 30100, 32768 - 30100));
    assert_memory_equal(area + DUMP_AREA_DATA_OFFSET + 32768, content + 30100, 5001);
}

static void a_whole_dump_is_told_as_one(void **state)
{
    (void)state;
    write_dump();
    assert_int_equal(dump_area_state(head_of(disk)), DUMP_AREA_IS_INCOMPLETE);
    assert_int_equal(dump_file_end(&file, OK), OK);
    assert_true(is_complete(disk));
    assert_true(dump_area_is_here(head_of(disk), FIRST, BLOCKS, BLOCK));
    holds_the_dump(disk);

    const struct dump_area_head *written = head_of(disk);
    assert_int_equal(written->area_id[1], 2);
    assert_int_equal(written->dump_id[0], 9);
    assert_int_equal(written->started, 77);
    assert_string_equal(written->reason, "test");
    assert_int_equal(trailer_of(disk)->reconnects, 2);
    assert_int_equal(trailer_of(disk)->milliseconds, 1000); /* from the head on */
}

/* All writes before a flush are there, those between it and the next each or not, those behind that are not. */
static void a_torn_dump_is_never_told_as_whole(void **state)
{
    (void)state;
    uint8_t *before = malloc(sizeof disk);
    memcpy(before, disk, sizeof disk);
    write_dump();
    assert_int_equal(dump_file_end(&file, OK), OK);

    uint32_t random = 1;
    unsigned complete = 0;
    for (unsigned cut = 0; cut <= epoch; cut++) {
        for (unsigned sample = 0; sample < 40; sample++) {
            memcpy(torn, before, sizeof torn);
            for (unsigned i = 0; i < write_count; i++) {
                random = random * 1664525u + 1013904223u;
                if (writes[i].epoch < cut || (writes[i].epoch == cut && random >> 31))
                    apply(torn, i);
            }
            if (is_complete(torn))
                holds_the_dump(torn);
            complete += is_complete(torn);
        }
    }
    assert_true(complete >= 40);
    free(before);
}

static void only_a_marked_area_is_written_to(void **state)
{
    (void)state;
    memset(disk, 0, sizeof disk);
    assert_int_equal(dump_file_begin(&file, NULL, &head), E_DUMP_UNMARKED);
    mark(FIRST + 1, BLOCKS);
    assert_int_equal(dump_file_begin(&file, NULL, &head), E_DUMP_UNMARKED);
    assert_non_null(strstr(failure_detail(E_DUMP_UNMARKED), "blocks 2049 + 4096 of 512 bytes"));
    mark(FIRST, BLOCKS - 1);
    assert_int_equal(dump_file_begin(&file, NULL, &head), E_DUMP_UNMARKED);
    mark(FIRST, BLOCKS);
    disk[100] ^= 1;
    assert_int_equal(dump_file_begin(&file, NULL, &head), E_DUMP_UNMARKED);
    assert_int_equal(write_count, 0);

    disk[100] ^= 1;
    assert_int_equal(dump_file_begin(&file, NULL, &head), OK);
}

static void areas_that_hold_nothing_are_refused(void **state)
{
    (void)state;
    target.extents[0].blocks = DUMP_AREA_DATA_OFFSET / BLOCK;
    assert_int_equal(dump_file_begin(&file, NULL, &head), E_DUMP_FULL);
    target.extents[0].blocks = BLOCKS;
    target.block_size = 8192;
    assert_int_equal(dump_file_begin(&file, NULL, &head), E_DUMP_MEMORY);
    assert_int_equal(write_count, 0);
}

static void a_full_area_takes_no_part_of_what_does_not_fit(void **state)
{
    (void)state;
    static uint8_t much[BLOCKS * BLOCK];
    assert_int_equal(dump_file_begin(&file, NULL, &head), OK);
    uint64_t capacity = BLOCKS * BLOCK - DUMP_AREA_DATA_OFFSET;
    assert_int_equal(file.capacity, capacity);
    assert_int_equal(dump_file_append(&file, much, capacity - 100), OK);

    unsigned before = write_count;
    assert_int_equal(dump_file_append(&file, much, 101), E_DUMP_FULL);
    assert_int_equal(dump_file_align(&file, 65536), OK);
    assert_int_equal(file.length, capacity);
    assert_int_equal(dump_file_append(&file, much, 1), E_DUMP_FULL);
    assert_true(write_count >= before);
    assert_int_equal(dump_file_end(&file, E_DUMP_FULL), OK);
    assert_int_equal(dump_area_state(head_of(disk)), DUMP_AREA_IS_INCOMPLETE);
    assert_int_equal(trailer_of(disk)->status, E_DUMP_FULL);
    assert_int_equal(dump_file_align(&file, 3), E_INVALID_ARGUMENT);
}

static void how_it_failed_is_told_in_the_trailer(void **state)
{
    (void)state;
    write_dump();
    assert_int_equal(dump_file_end(&file, fail(E_DUMP_TIMEOUT, "7 KiB were confirmed")), OK);
    assert_int_equal(dump_area_state(head_of(disk)), DUMP_AREA_IS_INCOMPLETE);
    assert_true(dump_area_trailer_is_valid(trailer_of(disk), head_of(disk)));
    assert_int_equal(trailer_of(disk)->status, E_DUMP_TIMEOUT);
    assert_string_equal(trailer_of(disk)->detail, "7 KiB were confirmed");
}

/* What was thought to be written was not: the head stays as it is, and the trailer says so where the disk takes it. */
static void a_dump_that_cannot_be_flushed_is_not_whole(void **state)
{
    (void)state;
    write_dump();
    flush_status = fail(E_SCSI_MEDIUM, "block 5");
    assert_int_equal(dump_file_end(&file, OK), E_SCSI_MEDIUM);
    assert_int_equal(dump_area_state(head_of(disk)), DUMP_AREA_IS_INCOMPLETE);
    assert_int_equal(trailer_of(disk)->status, E_SCSI_MEDIUM);
    assert_string_equal(trailer_of(disk)->detail, "block 5");
}

static void a_write_that_fails_ends_it(void **state)
{
    (void)state;
    writes_left = 4;
    assert_int_equal(dump_file_begin(&file, NULL, &head), OK);
    assert_int_equal(dump_file_append(&file, content, sizeof content), E_SCSI_SPACE);
    assert_int_equal(dump_file_end(&file, E_SCSI_SPACE), E_SCSI_SPACE);
    assert_int_equal(dump_area_state(head_of(disk)), DUMP_AREA_IS_INCOMPLETE);
}

/* Whoever goes on after it, and thinks in the end that all went well, has no whole dump. */
static void a_write_that_failed_on_the_way_is_remembered(void **state)
{
    (void)state;
    writes_left = 4;
    assert_int_equal(dump_file_begin(&file, NULL, &head), OK);
    assert_int_equal(dump_file_append(&file, content, sizeof content), E_SCSI_SPACE);
    write_status = OK;
    assert_int_equal(dump_file_append(&file, content, DUMP_FILE_PIECE), OK);
    assert_int_equal(dump_file_end(&file, OK), E_SCSI_SPACE);
    assert_int_equal(dump_area_state(head_of(disk)), DUMP_AREA_IS_INCOMPLETE);
    assert_int_equal(trailer_of(disk)->status, E_SCSI_SPACE);
}

/* The checksum is that of what is on the disk. */
static void memory_that_changes_while_it_is_read(void **state)
{
    (void)state;
    assert_int_equal(dump_file_begin(&file, NULL, &head), OK);
    assert_int_equal(dump_file_append(&file, content, 1000), OK);
    assert_int_equal(dump_file_append(&file, &writes, sizeof writes), OK);
    assert_int_equal(dump_file_end(&file, OK), OK);
    const struct dump_area_trailer *trailer = trailer_of(disk);
    assert_int_equal(trailer->data_crc32c, crc32c(0, disk + DUMP_AREA_DATA_OFFSET, trailer->length));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_whole_dump_is_told_as_one),
        CASE(a_torn_dump_is_never_told_as_whole),
        CASE(only_a_marked_area_is_written_to),
        CASE(areas_that_hold_nothing_are_refused),
        CASE(a_full_area_takes_no_part_of_what_does_not_fit),
        CASE(how_it_failed_is_told_in_the_trailer),
        CASE(a_dump_that_cannot_be_flushed_is_not_whole),
        CASE(a_write_that_fails_ends_it),
        CASE(a_write_that_failed_on_the_way_is_remembered),
        CASE(memory_that_changes_while_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
