/* SPDX-License-Identifier: BSD-2-Clause */
/* Sense data, verdicts and commands: SPC-4, SBC-3, SAM-5. And login text's values: RFC 7143 section 6.1. */
#include "tests/unit/unit.h"

#include "iscsi/key_text.h"
#include "iscsi/scsi.h"

struct outcome {
    const char *name;
    uint8_t scsi_status, key, asc;
    uint32_t transferred;
    enum scsi_verdict verdict;
    enum status status;
    bool overflow;
};

static void verdicts(void **state)
{
    static const struct outcome cases[] = {
        {"GOOD", SCSI_GOOD, 0, 0, 512, SCSI_DONE, OK, false},
        {"GOOD with underflow", SCSI_GOOD, 0, 0, 511, SCSI_AGAIN, E_SCSI_SHORT, false},
        {"BUSY", SCSI_BUSY, 0, 0, 0, SCSI_LATER, E_SCSI_BUSY, false},
        {"TASK SET FULL", SCSI_TASK_SET_FULL, 0, 0, 0, SCSI_LATER, E_SCSI_BUSY, false},
        {"RESERVATION CONFLICT", SCSI_RESERVATION_CONFLICT, 0, 0, 0, SCSI_FAILED, E_SCSI_RESERVED, false},
        {"TASK ABORTED", SCSI_TASK_ABORTED, 0, 0, 0, SCSI_AGAIN, E_SCSI_FAILED, false},
        {"ACA ACTIVE", 0x30, 0, 0, 0, SCSI_FAILED, E_SCSI_FAILED, false},
        {"UNIT ATTENTION", SCSI_CHECK_CONDITION, 6, 0x29, 0, SCSI_AGAIN, E_SCSI_FAILED, false},
        {"becoming ready", SCSI_CHECK_CONDITION, 2, 0x04, 0, SCSI_LATER, E_LUN_NOT_READY, false},
        {"no medium", SCSI_CHECK_CONDITION, 2, 0x3A, 0, SCSI_FAILED, E_LUN_NOT_READY, false},
        {"MEDIUM ERROR", SCSI_CHECK_CONDITION, 3, 0x11, 0, SCSI_FAILED, E_SCSI_MEDIUM, false},
        {"HARDWARE ERROR", SCSI_CHECK_CONDITION, 4, 0x44, 0, SCSI_FAILED, E_SCSI_HARDWARE, false},
        {"LUN unknown", SCSI_CHECK_CONDITION, 5, 0x25, 0, SCSI_FAILED, E_LUN_MISSING, false},
        {"LBA out of range", SCSI_CHECK_CONDITION, 5, 0x21, 0, SCSI_FAILED, E_DISK_RANGE, false},
        {"DATA PROTECT", SCSI_CHECK_CONDITION, 7, 0x27, 0, SCSI_FAILED, E_DISK_READ_ONLY, false},
        {"ABORTED COMMAND", SCSI_CHECK_CONDITION, 0xB, 0, 0, SCSI_AGAIN, E_SCSI_FAILED, false},
        {"RECOVERED ERROR", SCSI_CHECK_CONDITION, 1, 0x17, 512, SCSI_DONE, OK, false},
        {"RECOVERED ERROR with underflow", SCSI_CHECK_CONDITION, 1, 0x17, 100, SCSI_AGAIN, E_SCSI_SHORT, false},
        {"GOOD with overflow", SCSI_GOOD, 0, 0, 512, SCSI_AGAIN, E_SCSI_SHORT, true},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned descriptor = 0; descriptor < 2; descriptor++) {
            struct iscsi_task task = {.direction = ISCSI_READ, .length = 512, .scsi_status = cases[i].scsi_status};
            enum status status = OK;

            task.transferred = cases[i].transferred;
            task.overflow = cases[i].overflow;
            task.sense_length = cases[i].key ? 18 : 0;
            task.sense[0] = descriptor ? 0x72 : 0x70;
            task.sense[descriptor ? 1 : 2] = cases[i].key;
            task.sense[descriptor ? 2 : 12] = cases[i].asc;
            print_message("%s\n", cases[i].name);
            assert_int_equal(scsi_judge(&task, true, &status), cases[i].verdict);
            assert_int_equal(status, cases[i].status);
        }
    }
}

static void sense_that_is_cut(void **state)
{
    static const uint8_t bytes[18] = {0x70, 0, 0x06, [12] = 0x29, [13] = 1};

    (void)state;
    for (uint16_t length = 0; length < 18; length++) {
        struct scsi_sense sense = scsi_sense_decode(bytes, length);

        assert_int_equal(sense.key, length >= 3 ? 6 : 0);
        assert_int_equal(sense.asc, length >= 14 ? 0x29 : 0);
    }
}

struct transfer {
    bool write;
    uint64_t lba;
    uint32_t blocks;
    uint8_t cdb[ISCSI_CDB_MAX];
};

static void transfers(void **state)
{
    static const struct transfer cases[] = {
        {false, 0x01020304, 0x0506, {0x28, 0, 1, 2, 3, 4, 0, 5, 6}},
        {true, 0xFFFFFFFE, 1, {0x2A, 0, 0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 1}},
        {false, 0xFFFFFFFF, 1, {0x88, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1}},
        {false, 0, 0x10000, {0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}},
        {true, 0x0102030405060708, 2, {0x8A, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 2}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t cdb[ISCSI_CDB_MAX];

        scsi_cdb_transfer(cdb, cases[i].write, cases[i].lba, cases[i].blocks);
        assert_memory_equal(cdb, cases[i].cdb, ISCSI_CDB_MAX);
    }
}

static void other_commands(void **state)
{
    static const uint8_t flush[ISCSI_CDB_MAX] = {0x35};
    static const uint8_t report_luns[ISCSI_CDB_MAX] = {0xA0, [8] = 4};
    static const uint8_t inquiry[ISCSI_CDB_MAX] = {0x12, 0, 0, 0, 96};
    static const uint8_t serial[ISCSI_CDB_MAX] = {0x12, 1, 0x80, 0, 252};
    static const uint8_t capacity_10[ISCSI_CDB_MAX] = {0x25};
    static const uint8_t capacity_16[ISCSI_CDB_MAX] = {0x9E, 0x10, [13] = 32};
    static const uint8_t mode_sense[ISCSI_CDB_MAX] = {0x1A, 0x08, 0x3F, 0, 192};
    uint8_t cdb[ISCSI_CDB_MAX];

    (void)state;
    memset(cdb, 0xEE, sizeof cdb);
    scsi_cdb_flush(cdb);
    assert_memory_equal(cdb, flush, sizeof cdb);
    scsi_cdb_report_luns(cdb, 1024);
    assert_memory_equal(cdb, report_luns, sizeof cdb);
    scsi_cdb_inquiry(cdb, 96);
    assert_memory_equal(cdb, inquiry, sizeof cdb);
    scsi_cdb_inquiry_page(cdb, VPD_SERIAL, 252);
    assert_memory_equal(cdb, serial, sizeof cdb);
    scsi_cdb_read_capacity_10(cdb);
    assert_memory_equal(cdb, capacity_10, sizeof cdb);
    scsi_cdb_read_capacity_16(cdb, 32);
    assert_memory_equal(cdb, capacity_16, sizeof cdb);
    scsi_cdb_mode_sense(cdb, 192);
    assert_memory_equal(cdb, mode_sense, sizeof cdb);
}

struct binary_value {
    const char *text;
    bool good;
    uint32_t length;
    uint8_t bytes[4];
};

static void binary_values(void **state)
{
    static const struct binary_value cases[] = {
        {"0x0102", true, 2, {1, 2}},
        {"0X0aF", true, 2, {0x00, 0xAF}},
        {"0xF", true, 1, {0x0F}},
        {"0bAQI=", true, 2, {1, 2}},
        {"0BAQIDBA==", true, 4, {1, 2, 3, 4}},
        {"0bAQIDBAU=", false, 0, {0}},
        {"0x0102030405", false, 0, {0}},
        {"0x", false, 0, {0}},
        {"0b", false, 0, {0}},
        {"", false, 0, {0}},
        {"0102", false, 0, {0}},
        {"0x0g", false, 0, {0}},
        {"0bA*I=", false, 0, {0}},
        {"0bAQI=x", false, 0, {0}},
        {"0b====", false, 0, {0}},
        {"0bAQ", false, 0, {0}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[4];
        uint32_t length = 0;

        print_message("%s\n", cases[i].text);
        assert_int_equal(key_text_binary(cases[i].text, bytes, sizeof bytes, &length), cases[i].good);
        if (cases[i].good) {
            assert_int_equal(length, cases[i].length);
            assert_memory_equal(bytes, cases[i].bytes, length);
        }

        char in_place[16];
        strcpy(in_place, cases[i].text);
        assert_int_equal(key_text_binary(in_place, (uint8_t *)in_place, 4, &length), cases[i].good);
        if (cases[i].good)
            assert_memory_equal(in_place, cases[i].bytes, cases[i].length);
    }
}

static void writing_stops_at_the_end(void **state)
{
    uint8_t bytes[10];
    struct key_text_writer writer = {.bytes = bytes, .room = sizeof bytes};

    (void)state;
    key_text_add(&writer, "abc", "1234");
    assert_int_equal(writer.length, 9);
    key_text_add(&writer, "a", "");
    assert_true(writer.full);
    assert_int_equal(writer.length, 9);
    assert_memory_equal(bytes, "abc=1234", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),       cmocka_unit_test(sense_that_is_cut), cmocka_unit_test(transfers),
        cmocka_unit_test(other_commands), cmocka_unit_test(binary_values),     cmocka_unit_test(writing_stops_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
