/* SPDX-License-Identifier: BSD-2-Clause */
/* How often the console goes to real mode: each way there and back costs as much as many letters. The BIOS is the test's own. */
#include "tests/unit/unit.h"

#include "bios/console.c"

#define AT_SEGMENT 0x1000 /* of the scratch buffer */

static uint8_t scratch[SCRATCH_BUFFER_SIZE];
static struct realmode_block block = {.segment = 0x07C6, .say_text = 0x0123};
static unsigned calls;
static char seen[2 * SCRATCH_BUFFER_SIZE]; /* on the screen */
static unsigned keys[KEYS_AHEAD + 8], key_count, keys_taken;
static bool interrupts = true;

uint8_t *realmode_scratch(void)
{
    return scratch;
}

struct realmode_block *realmode_block(void)
{
    return &block;
}

struct far_pointer realmode_far(const void *low)
{
    return (struct far_pointer){(uint16_t)((const uint8_t *)low - scratch), AT_SEGMENT};
}

bool realmode_interrupts_allowed(void)
{
    return interrupts;
}

/* The block's say_text. */
void realmode_call(void)
{
    const struct real_call *call = &block.call;
    assert_int_equal(call->target_segment, block.segment);
    assert_int_equal(call->target_offset, block.say_text);
    assert_int_equal(call->registers.es, AT_SEGMENT);
    assert_int_equal(call->registers.eflags, FLAG_FIXED | (interrupts ? FLAG_INTERRUPT : 0));
    assert_int_equal(call->pushes, 0);
    const char *text = (const char *)scratch + call->registers.esi;
    assert_true(strnlen(text, sizeof scratch) < sizeof scratch);
    strcat(seen, text);
    calls++;
}

void realmode_interrupt(uint8_t number, struct real_registers *registers)
{
    assert_int_equal(number, KEYBOARD_SERVICES);
    calls++;
    if (registers->eax == KEY_WAITING) {
        registers->eflags = keys_taken < key_count ? 0 : FLAG_ZERO;
        return;
    }
    assert_int_equal(registers->eax, KEY_READ);
    assert_true(keys_taken < key_count);
    registers->eax = keys[keys_taken++];
}

static int set_up(void **state)
{
    (void)state;
    calls = key_count = keys_taken = 0;
    seen[0] = '\0';
    interrupts = true;
    return 0;
}

static void a_text_takes_one_call(void **state)
{
    (void)state;
    console_write("Disk      16.7 MB (16.0 MiB), blocks of 512 bytes\n");
    assert_string_equal(seen, "Disk      16.7 MB (16.0 MiB), blocks of 512 bytes\r\n");
    assert_int_equal(calls, 1);
    interrupts = false;
    console_draw("\rLink      up \n\n");
    assert_int_equal(calls, 2);
    assert_string_equal(seen + 51, "\rLink      up \r\n\r\n");
    console_note("for the wires alone\n");
    assert_int_equal(calls, 2);
}

static void a_text_stays_in_the_buffer(void **state)
{
    static char text[2 * SCRATCH_BUFFER_SIZE];
    (void)state;
    memset(text, '\n', sizeof text - 1);
    console_write(text);
    assert_true(strlen(seen) > SCRATCH_BUFFER_SIZE - 4);
}

static void nobody_asks_for_keys_that_were_not_pressed(void **state)
{
    (void)state;
    console_start(&(struct home_options){0});
    assert_int_equal(calls, 1);
}

/* F12 has no character, and is no end. */
static void keys_for_the_firmware_are_taken(void **state)
{
    (void)state;
    keys[0] = 0x8600;
    keys[1] = 'r';
    key_count = 2;
    console_start(&(struct home_options){0});
    assert_int_equal(keys_taken, 2);
    assert_int_equal(console_read_key(), 0);

    key_count = KEYS_AHEAD + 8; /* one that is held down does not keep us for ever */
    keys_taken = 0;
    console_start(&(struct home_options){0});
    assert_int_equal(keys_taken, KEYS_AHEAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_text_takes_one_call, set_up),
        cmocka_unit_test_setup(a_text_stays_in_the_buffer, set_up),
        cmocka_unit_test_setup(nobody_asks_for_keys_that_were_not_pressed, set_up),
        cmocka_unit_test_setup(keys_for_the_firmware_are_taken, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
