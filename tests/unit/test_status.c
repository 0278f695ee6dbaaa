/* SPDX-License-Identifier: BSD-2-Clause */
/* The verdicts of platform/status.def, and that the homes have a number for each. That every code has one is the compiler's
 * doing. */
#include "tests/unit/unit.h"

#include "bios/int13_functions.h"
#include "bios/realmode.h"
#include "efi/block_rules.h"
#include "platform/status.h"

static const enum status all[] = {
#define STATUS(name, code, reconnect, cards, class, what, advice) name,
#include "platform/status.def"
#undef STATUS
};
#define COUNT (sizeof all / sizeof all[0])

/* No memory of a program is reached here; INT 13h's transfers, which are linked in with its numbers, would. */
void *realmode_pointer(uint16_t segment, uint16_t offset, bool a20)
{
    (void)segment, (void)offset, (void)a20;
    return NULL;
}

void *realmode_flat_pointer(uint64_t address, uint64_t length)
{
    (void)address, (void)length;
    return NULL;
}

static bool is_one_of(enum status status, const enum status *list, size_t count)
{
    while (count)
        if (list[--count] == status)
            return true;
    return false;
}

/* Credentials, names and versions stay as they are; whatever a target's load or its network causes may pass. */
static void final_are_the_verdicts_on_who_we_are(void **state)
{
    static const enum status final[] = {E_LOGIN_AUTHENTICATION, E_LOGIN_FORBIDDEN, E_LOGIN_REMOVED,
                                        E_LOGIN_VERSION,        E_CHAP_REQUIRED,   E_CHAP_METHOD,
                                        E_CHAP_ALGORITHM,       E_CHAP_TARGET,     E_CHAP_REFLECTED};

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(status_is_final(all[i]), is_one_of(all[i], final, sizeof final / sizeof final[0]));
}

/* What was found out over this card alone: the card, its network, the way to the target. */
static void another_card_may_help_until_the_target_answered(void **state)
{
    static const enum status ways[] = {E_RESOLVE, E_UNREACHABLE, E_CONNECT_TIMEOUT};

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        if (all[i] < E_RESOLVE)
            assert_true(status_may_differ_by_card(all[i]));
        if (all[i] >= E_RESOLVE && all[i] < E_ROOT_PATH_MISSING)
            assert_int_equal(status_may_differ_by_card(all[i]), is_one_of(all[i], ways, sizeof ways / sizeof ways[0]));
        if (all[i] >= E_BOOT_SIGNATURE && all[i] < E_INTERNAL)
            assert_false(status_may_differ_by_card(all[i]));
    }
    assert_true(status_may_differ_by_card(E_ROOT_PATH_MISSING));
    assert_false(status_may_differ_by_card(E_LOADER_MEMORY));
    assert_false(status_may_differ_by_card(E_CANCELLED));
}

static void no_failure_is_success_to_a_program(void **state)
{
    (void)state;
    assert_int_equal(status_class(OK), CLASS_DONE);
    assert_int_equal(int13_status_of(OK), INT13_OK);
    assert_int_equal(block_answer_of(OK), BLOCK_GO_ON);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_not_equal(status_class(all[i]), CLASS_DONE);
        assert_int_not_equal(int13_status_of(all[i]), INT13_OK);
        assert_in_range(block_answer_of(all[i]), BLOCK_MEDIA_CHANGED, BLOCK_DEVICE_ERROR);
    }
}

struct number {
    enum status status;
    uint8_t int13;
    enum block_answer block;
};

static void one_of_each_class(void **state)
{
    static const struct number numbers[] = {
        {E_INVALID_ARGUMENT, INT13_INVALID, BLOCK_INVALID},
        {E_DISK_RANGE, INT13_SECTOR_NOT_FOUND, BLOCK_INVALID},
        {E_DISK_READ_ONLY, INT13_WRITE_PROTECTED, BLOCK_WRITE_PROTECTED},
        {E_DISK_TIMEOUT, INT13_TIMEOUT, BLOCK_DEVICE_ERROR},
        {E_STREAM_RESET, INT13_TIMEOUT, BLOCK_DEVICE_ERROR},
        {E_SCSI_MEDIUM, INT13_UNCORRECTABLE, BLOCK_DEVICE_ERROR},
        {E_LUN_NOT_READY, INT13_NOT_READY, BLOCK_NO_MEDIA},
        {E_SCSI_FAILED, INT13_CONTROLLER, BLOCK_DEVICE_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(int13_status_of(numbers[i].status), numbers[i].int13);
        assert_int_equal(block_answer_of(numbers[i].status), numbers[i].block);
    }
}

static void unknown_numbers(void **state)
{
    const enum status unknown = (enum status)12345;

    (void)state;
    assert_false(status_is_final(unknown));
    assert_false(status_may_differ_by_card(unknown));
    assert_int_equal(status_class(unknown), CLASS_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(final_are_the_verdicts_on_who_we_are),
        cmocka_unit_test(another_card_may_help_until_the_target_answered),
        cmocka_unit_test(no_failure_is_success_to_a_program),
        cmocka_unit_test(one_of_each_class),
        cmocka_unit_test(unknown_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
