/* SPDX-License-Identifier: BSD-2-Clause */
/* A card's end: closed by who opened it, and silenced by who comes after him. */
#include "tests/unit/e1000_card.h"

/* After a reset RAL/RAH hold what the EEPROM does. */
static void clear_rar(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    card_write(offset, value);
    if (offset == E1000_CTRL && value & E1000_CTRL_RST)
        card.registers[E1000_RAL(0) / 4] = card.registers[E1000_RAH(0) / 4] = 0;
}

static uint64_t sender_stopped;

static void note_stop(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    if (offset == E1000_TCTL && !(value & E1000_TCTL_EN) && !sender_stopped)
        sender_stopped = platform_ticks();
    card_write(offset, value);
}

/* A card that is told of a frame and stopped at once fetches it no more. */
static void what_was_sent_leaves_before_close(void **state)
{
    (void)state;
    for (unsigned slow = 0; slow < 2; slow++) {
        arena.used = 0;
        open_card();
        card.write = note_stop;
        card.sends_nothing = slow;
        sender_stopped = 0;
        assert_int_equal(send_bytes(60), OK);
        uint64_t sent = platform_ticks();
        nic_close(&nic);
        assert_in_range(sender_stopped - sent, slow ? 10 * platform_ticks_per_ms() : 0, slow * 25 * platform_ticks_per_ms());
    }
}

static void close_is_quiet(void **state)
{
    (void)state;
    open_card();
    nic_close(&nic);
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);
    assert_int_equal(card.registers[E1000_IMC / 4], E1000_IMC_ALL);
}

/* What switches bus mastering on later, as Linux's drivers do before they reset the card, finds it deaf. */
static void silence_ends_what_another_has_left_running(void **state)
{
    (void)state;
    open_card();
    static const uint8_t chassis[NIC_MAC_LENGTH] = {0x00, 0x1B, 0x21, 0x09, 0x08, 0x07};
    card.registers[E1000_RAL(0) / 4] = get_le32(chassis);
    card.registers[E1000_RAH(0) / 4] = get_le16(chassis + 4) | E1000_RAH_AV;
    card.write = clear_rar;

    nic_silence(&device);
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);

    arena.used = 0;
    open_card();
    assert_memory_equal(nic.mac, chassis, sizeof chassis);
    assert_true(frame_arrives(1, 60, WHOLE, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_sent_leaves_before_close),
        TEST(close_is_quiet),
        TEST(silence_ends_what_another_has_left_running),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
