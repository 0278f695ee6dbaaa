/* SPDX-License-Identifier: BSD-2-Clause */
/* How long opening a card takes, and from when on it hears. */
#include "tests/unit/e1000_card.h"

static unsigned rctl_writes, resets;
static bool may_write; /* to memory, when it was reset first */

/*
 * QEMU's 8254x: CTRL.RST resets nothing, and any write to RCTL makes it deaf for a second (set_ctrl() and set_rx_control() in
 * hw/net/e1000.c).
 */
static void write_as_qemu(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    rctl_writes += offset == E1000_RCTL;
    if (offset == E1000_CTRL && value & E1000_CTRL_RST && resets++ == 0)
        may_write = card.command & E1000_PCI_COMMAND_BUS_MASTER;
    card_write(offset, offset == E1000_CTRL ? value & ~E1000_CTRL_RST : value);
}

static unsigned writes_to_open(uint32_t rctl)
{
    card.registers[E1000_RAL(0) / 4] = 0x00545200;
    card.registers[E1000_RAH(0) / 4] = E1000_RAH_AV | 0x5634;
    card.registers[E1000_RCTL / 4] = rctl;
    card.write = write_as_qemu;
    rctl_writes = resets = 0;
    open_card();
    assert_true(resets > 0 && !may_write);
    assert_true(card.command & E1000_PCI_COMMAND_BUS_MASTER);

    assert_true(frame_arrives(1, 60, WHOLE, 0));
    assert_int_equal(nic_poll(&nic, RING), 1);
    unsigned writes = rctl_writes;
    nic_close(&nic);
    assert_int_equal(card.registers[E1000_RCTL / 4], 0);
    return writes;
}

/* The boot ROM has stopped it already; who has not, is stopped before it may write to memory. */
static void rctl_is_written_once(void **state)
{
    (void)state;
    assert_int_equal(writes_to_open(0), 1);
    arena.used = 0;
    assert_int_equal(writes_to_open(E1000_RCTL_EN), 2);
}

static unsigned milliseconds_to_open(uint32_t rctl, uint32_t tctl)
{
    uint64_t began = platform_ticks();
    card.registers[E1000_RCTL / 4] = rctl;
    card.registers[E1000_TCTL / 4] = tctl;
    open_card();
    return (unsigned)((platform_ticks() - began) / platform_ticks_per_ms());
}

/* The boot ROM has stopped the card already: there are no frames under way that are to be waited for. */
static void a_card_that_stands_still_is_not_waited_for(void **state)
{
    (void)state;
    assert_in_range(milliseconds_to_open(0, 0), 6, 9);
    arena.used = 0;
    assert_in_range(milliseconds_to_open(E1000_RCTL_EN, 0), 16, 19);
    arena.used = 0;
    assert_in_range(milliseconds_to_open(0, E1000_TCTL_EN), 16, 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rctl_is_written_once),
        TEST(a_card_that_stands_still_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
