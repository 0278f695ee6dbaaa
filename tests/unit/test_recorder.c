/* SPDX-License-Identifier: BSD-2-Clause */
/* The flight recorder: lines go in, and come out of what a dead machine left. */
#include "tests/host/host.h"
#include "tests/unit/unit.h"

#include "handoff/recorder.h"

#define SLOTS 5
#define SIZE  (sizeof(struct recorder_header) + SLOTS * sizeof(struct recorder_slot))

static const uint8_t boot_id[16] = {1, 2, 3};
static uint8_t *memory;

static int set_up(void **state)
{
    (void)state;
    memory = malloc(SIZE);
    recorder_open(memory, SIZE, boot_id);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    recorder_open(NULL, 0, boot_id);
    free(memory);
    return 0;
}

/* All lines, joined as a reader does, with '|' between. */
static const char *lines(void)
{
    static char text[1024];
    struct recorder_slot slot;
    text[0] = '\0';
    for (uint64_t number = 0; (number = recorder_next(memory, number, &slot)) != 0;) {
        strncat(text, slot.text, slot.length);
        strcat(text, slot.flags & RECORDER_CONTINUES ? "+" : "|");
    }
    return text;
}

static void lines_come_out_in_order(void **state)
{
    (void)state;
    assert_true(recorder_is_sound(memory, SIZE));
    assert_string_equal(lines(), "");
    recorder_add(LOG_INFO, "one");
    recorder_add(LOG_ERROR, "");
    recorder_add(LOG_WARNING, "two");
    assert_string_equal(lines(), "one||two|");

    struct recorder_slot slot;
    assert_int_equal(recorder_next(memory, 2, &slot), 3);
    assert_int_equal(slot.level, LOG_WARNING);
    assert_true(slot.ticks != 0);
    assert_memory_equal(((struct recorder_header *)memory)->boot_id, boot_id, 16);
}

static void a_long_line_goes_on_in_further_slots(void **state)
{
    (void)state;
    char line[RECORDER_TEXT * 2 + 2];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    recorder_add(LOG_INFO, line);
    const char *text = lines();
    assert_int_equal(strlen(text), RECORDER_TEXT * 2 + 1 + 3);
    assert_int_equal(text[RECORDER_TEXT], '+');
    assert_string_equal(text + RECORDER_TEXT * 2 + 1, "+x|");

    line[RECORDER_TEXT] = '\0';
    recorder_add(LOG_INFO, line);
    assert_int_equal(((struct recorder_header *)memory)->last, 4);

    static const uint8_t flags[] = {RECORDER_CONTINUES, RECORDER_CONTINUES | RECORDER_CONTINUED, RECORDER_CONTINUED, 0};
    for (unsigned i = 0; i < sizeof flags; i++) {
        struct recorder_slot slot;
        assert_int_equal(recorder_next(memory, i, &slot), i + 1);
        assert_int_equal(slot.flags, flags[i]);
    }
}

static void the_oldest_lines_give_way(void **state)
{
    (void)state;
    char line[8];
    for (unsigned i = 0; i < 2 * SLOTS + 2; i++) {
        snprintf(line, sizeof line, "%u", i);
        recorder_add(LOG_INFO, line);
    }
    assert_string_equal(lines(), "7|8|9|10|11|");
}

static void text_from_the_network_stays_printable(void **state)
{
    (void)state;
    recorder_add(LOG_INFO, "a\33[2J\x80z");
    assert_string_equal(lines(), "a?[2J?z|");
}

/* A slot that was being written when the machine died, or that something wrote over. */
static void torn_slots_are_passed_over(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        recorder_add(LOG_INFO, "line");
    struct recorder_slot *slots = (struct recorder_slot *)(memory + sizeof(struct recorder_header));
    slots[1].number = 0;
    slots[2].length = 200;
    assert_string_equal(lines(), "line|");
}

static void a_header_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct recorder_header *header = (struct recorder_header *)memory, good = *header;

    assert_false(recorder_is_sound(memory, SIZE - 1));
    assert_false(recorder_is_sound(memory, 10));
    header->slot_count = SLOTS + 1;
    assert_false(recorder_is_sound(memory, SIZE));

    *header = good;
    header->slot_size = 32;
    assert_false(recorder_is_sound(memory, SIZE));

    *header = good;
    header->ticks_per_ms = 0;
    assert_false(recorder_is_sound(memory, SIZE));

    *header = good;
    header->magic[7] ^= 1;
    assert_false(recorder_is_sound(memory, SIZE));
}

static void closed_it_drops_lines(void **state)
{
    (void)state;
    recorder_open(memory, sizeof(struct recorder_header), boot_id);
    recorder_add(LOG_INFO, "nowhere");
    recorder_open(memory, SIZE, boot_id);
    assert_string_equal(lines(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_out_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_line_goes_on_in_further_slots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_lines_give_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_from_the_network_stays_printable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(torn_slots_are_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_header_that_cannot_be_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closed_it_drops_lines, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
