/* SPDX-License-Identifier: BSD-2-Clause */
/* What UEFI 2.10, 13.9 has answered to each request, a line a rule. */
#include "efi/block_rules.h"
#include "tests/unit/unit.h"

#define BUFFER 0x10000

static const struct block_medium plain = {.media_id = 7, .block_size = 512, .io_align = 1, .block_count = 1000};
static const struct block_medium read_only = {
    .media_id = 7, .block_size = 512, .io_align = 1, .block_count = 1000, .read_only = true};
static const struct block_medium aligned = {.media_id = 7, .block_size = 4096, .io_align = 8, .block_count = 1000};
static const struct block_medium largest = {.media_id = 7, .block_size = 512, .io_align = 0, .block_count = UINT64_MAX};

struct rule {
    const char *clause;
    const struct block_medium *medium;
    struct block_request request;
    enum block_answer answer;
};

static const struct rule rules[] = {
    {"one block", &plain, {false, 7, 0, 512, BUFFER}, BLOCK_GO_ON},
    {"the last block", &plain, {true, 7, 999, 512, BUFFER}, BLOCK_GO_ON},
    {"all blocks", &plain, {false, 7, 0, 512000, BUFFER}, BLOCK_GO_ON},
    {"MediaId is not the current one", &plain, {false, 6, 0, 512, BUFFER}, BLOCK_MEDIA_CHANGED},
    {"MediaId goes before everything", &read_only, {true, 6, 5000, 3, 0}, BLOCK_MEDIA_CHANGED},
    {"the device cannot be written to", &read_only, {true, 7, 0, 512, BUFFER}, BLOCK_WRITE_PROTECTED},
    {"a read-only device is read", &read_only, {false, 7, 0, 512, BUFFER}, BLOCK_GO_ON},
    {"Buffer is NULL", &plain, {false, 7, 0, 512, 0}, BLOCK_INVALID},
    {"Buffer is NULL, of no bytes", &plain, {false, 7, 0, 0, 0}, BLOCK_INVALID},
    {"BufferSize is 0", &plain, {false, 7, 0, 0, BUFFER}, BLOCK_NOTHING},
    {"BufferSize is 0 behind the end", &plain, {false, 7, 5000, 0, BUFFER}, BLOCK_NOTHING},
    {"BufferSize is no multiple", &plain, {false, 7, 0, 513, BUFFER}, BLOCK_BAD_SIZE},
    {"BufferSize is no multiple, LBA not valid", &plain, {false, 7, 5000, 511, BUFFER}, BLOCK_BAD_SIZE},
    {"BufferSize is a multiple of 512, not of 4096", &aligned, {false, 7, 0, 512, BUFFER}, BLOCK_BAD_SIZE},
    {"LBA behind the end", &plain, {false, 7, 1000, 512, BUFFER}, BLOCK_INVALID},
    {"LBA far behind the end", &plain, {false, 7, UINT64_MAX, 512, BUFFER}, BLOCK_INVALID},
    {"across the end", &plain, {false, 7, 999, 1024, BUFFER}, BLOCK_INVALID},
    {"LBA and blocks wrap", &largest, {false, 7, UINT64_MAX - 1, 1024, BUFFER}, BLOCK_INVALID},
    {"the largest disk's last block", &largest, {false, 7, UINT64_MAX - 1, 512, BUFFER}, BLOCK_GO_ON},
    {"the size of 2^64 - 512", &plain, {false, 7, 0, UINT64_MAX - 511, BUFFER}, BLOCK_INVALID},
    {"IoAlign kept", &aligned, {false, 7, 0, 4096, BUFFER + 8}, BLOCK_GO_ON},
    {"IoAlign not kept", &aligned, {false, 7, 0, 4096, BUFFER + 4}, BLOCK_INVALID},
    {"IoAlign 1 is any address", &plain, {false, 7, 0, 512, BUFFER + 1}, BLOCK_GO_ON},
    {"IoAlign 0 is any address", &largest, {false, 7, 0, 512, BUFFER + 1}, BLOCK_GO_ON},
};

static void what_each_request_is_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        print_message("  %s\n", rules[i].clause);
        assert_int_equal(block_check(rules[i].medium, &rules[i].request), rules[i].answer);
    }
}

static void what_a_disks_failure_is(void **state)
{
    (void)state;
    assert_int_equal(block_answer_of(OK), BLOCK_GO_ON);
    assert_int_equal(block_answer_of(E_DISK_READ_ONLY), BLOCK_WRITE_PROTECTED);
    assert_int_equal(block_answer_of(E_DISK_RANGE), BLOCK_INVALID);
    assert_int_equal(block_answer_of(E_LUN_NOT_READY), BLOCK_NO_MEDIA);
    assert_int_equal(block_answer_of(E_SCSI_MEDIUM), BLOCK_DEVICE_ERROR);
    assert_int_equal(block_answer_of(E_DISK_TIMEOUT), BLOCK_DEVICE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_request_is_answered),
        cmocka_unit_test(what_a_disks_failure_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
