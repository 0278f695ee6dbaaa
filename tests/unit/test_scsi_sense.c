/* SPDX-License-Identifier: BSD-2-Clause */
/* Additional sense codes: each with the code whose advice helps, and with words (SPC-4 annex D). */
#include "tests/unit/unit.h"

#include "iscsi/scsi.h"

struct sense_case {
    struct scsi_sense sense;
    enum status status;
    const char *words;
};

static const struct sense_case cases[] = {
    {{7, 0x27, 0x00}, E_DISK_READ_ONLY, ""},
    {{7, 0x27, 0x02}, E_DISK_READ_ONLY, "by software"},
    {{7, 0x27, 0x07}, E_SCSI_SPACE, "space"},
    {{3, 0x27, 0x07}, E_SCSI_SPACE, "space"},
    {{4, 0x27, 0x07}, E_SCSI_SPACE, "space"},
    {{7, 0x20, 0x02}, E_DISK_ACCESS, "denied"},
    {{2, 0x04, 0x01}, E_LUN_NOT_READY, "becoming ready"},
    {{2, 0x04, 0x0B}, E_LUN_STANDBY, "standby"},
    {{2, 0x04, 0x0C}, E_LUN_STANDBY, "unavailable"},
    {{2, 0x04, 0x12}, E_LUN_NOT_READY, "offline"},
    {{2, 0x3A, 0x02}, E_LUN_NOT_READY, "no medium"},
    {{2, 0x3E, 0x01}, E_SCSI_HARDWARE, "failed"},
    {{2, 0x99, 0x01}, E_LUN_NOT_READY, ""},
    {{5, 0x20, 0x00}, E_SCSI_COMMAND, "unknown command"},
    {{5, 0x20, 0x01}, E_DISK_ACCESS, "denied"},
    {{5, 0x21, 0x00}, E_DISK_RANGE, "end"},
    {{5, 0x24, 0x00}, E_SCSI_COMMAND, "field"},
    {{5, 0x25, 0x00}, E_LUN_MISSING, "LUN"},
    {{3, 0x11, 0x00}, E_SCSI_MEDIUM, ""},
};

static void each_has_the_code_that_helps(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct scsi_sense *sense = &cases[i].sense;
        struct iscsi_task task = {.scsi_status = SCSI_CHECK_CONDITION, .sense_length = 18};
        enum status status = OK;

        task.sense[0] = 0x70;
        task.sense[2] = sense->key;
        task.sense[12] = sense->asc;
        task.sense[13] = sense->ascq;
        print_message("%x %02x/%02x\n", sense->key, sense->asc, sense->ascq);
        assert_int_not_equal(scsi_judge(&task, true, &status), SCSI_DONE);

        assert_int_equal(status, cases[i].status);
        print_message("%s\n", failure_detail(status));
        assert_non_null(strstr(failure_detail(status), cases[i].words));
    }
}

/* SPC-4 section 4.5.7: what came of an earlier command. This one was not carried out, and is issued again. */
static void a_deferred_error_is_no_word_on_this_command(void **state)
{
    static const uint8_t keys[] = {1, 2, 3, 4, 5, 6, 7, 0xB};

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof keys; i++) {
        struct iscsi_task task = {.scsi_status = SCSI_CHECK_CONDITION, .sense_length = 18};
        enum status status = OK;
        bool descriptors = i % 2;

        task.sense[0] = descriptors ? 0x73 : 0x71;
        task.sense[descriptors ? 1 : 2] = keys[i / 2];
        assert_int_equal(scsi_judge(&task, true, &status), SCSI_AGAIN);
        assert_int_not_equal(status, OK);
    }
}

struct odd_sense {
    const char *name;
    uint16_t length;
    uint8_t bytes[4];
};

/* Nobody knows what it was: it is asked again, and whoever asks has his bound. */
static void sense_that_says_nothing(void **state)
{
    static const struct odd_sense odd[] = {
        {"none came", 0, {0}},
        {"4.5.3 fixed format of 1 byte", 1, {0x70}},
        {"4.5.3 fixed format of 2 bytes", 2, {0x70, 6}},
        {"4.5.2 descriptor format of 1 byte", 1, {0x72}},
        {"4.5.6 NO SENSE, fixed", 18, {0x70}},
        {"4.5.6 NO SENSE, descriptor", 18, {0x72}},
        {"4.5.1 a response code of no format", 18, {0x74, 3, 3, 3}},
        {"4.5.1 a response code of the vendor's", 18, {0x7F, 3, 3, 3}},
        {"zeros", 18, {0}},
        {"deferred, fixed, of 1 byte", 1, {0x71}},
        {"deferred, descriptor, of 1 byte", 1, {0x73}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct iscsi_task task = {.scsi_status = SCSI_CHECK_CONDITION, .sense_length = odd[i].length};
        enum status status = OK;

        print_message("%s\n", odd[i].name);
        memcpy(task.sense, odd[i].bytes, sizeof odd[i].bytes);
        assert_int_equal(scsi_judge(&task, true, &status), SCSI_AGAIN);
        assert_int_equal(status, E_SCSI_FAILED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_the_code_that_helps),
        cmocka_unit_test(a_deferred_error_is_no_word_on_this_command),
        cmocka_unit_test(sense_that_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
