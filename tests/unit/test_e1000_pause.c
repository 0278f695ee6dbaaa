/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card does while nobody polls: paused, with frames in its FIFO, and parked. */
#include "tests/unit/e1000_card.h"

static unsigned in_fifo;
static bool fifo_stands;

/* Whoever looks gives it time: a frame a look goes to memory. */
static uint32_t read_fifo(unsigned bar, uint32_t offset)
{
    (void)bar;
    if (offset != E1000_RDFPC)
        return card_read(offset);
    uint32_t count = in_fifo;
    if (in_fifo > 0 && !fifo_stands && frame_to_memory(7, 60, WHOLE, 0))
        in_fifo--;
    return count;
}

static void pause_waits_for_the_fifo(void **state)
{
    (void)state;
    device.device_id = 0x10D3;
    open_card();
    card.read = read_fifo;
    fifo_stands = false;
    in_fifo = 5;
    nic_pause(&nic);
    assert_int_equal(in_fifo, 0); /* nothing is left that could be written afterwards */
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    nic_resume(&nic);
    assert_int_equal(nic_poll(&nic, RING), 5);
}

static uint64_t pause_us(void)
{
    uint64_t start = platform_ticks();
    nic_pause(&nic);
    uint64_t took = (platform_ticks() - start) * 1000 / platform_ticks_per_ms();
    nic_resume(&nic);
    return took;
}

static void pause_does_not_wait_for_ever(void **state)
{
    (void)state;
    device.device_id = 0x10D3;
    open_card();
    card.read = read_fifo;
    in_fifo = 5;
    fifo_stands = true;
    assert_in_range(pause_us(), 1000, 3000);

    fifo_stands = false; /* without a descriptor it stays where it is */
    while (frame_arrives(1, 60, WHOLE, 0))
        ;
    assert_in_range(pause_us(), 0, 500);
    in_fifo = 0;
}

static unsigned rctl_writes;

static void count_writes(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    rctl_writes += offset == E1000_RCTL;
    card_write(offset, value);
}

/* Emulated ones are deaf for a second after a write to RCTL; and RDT is not taken back on metal. */
static void an_8254x_receives_until_it_is_closed(void **state)
{
    (void)state;
    open_card();
    card.write = count_writes;
    rctl_writes = 0;

    for (unsigned round = 0; round < 2; round++) {
        uint32_t tail = card.registers[E1000_RDT / 4];
        round ? nic_park(&nic) : nic_pause(&nic);
        assert_true(frame_arrives(1, 60, WHOLE, 0));
        assert_int_equal(card.registers[E1000_RDT / 4], tail);
        if (!round)
            assert_int_equal(nic_poll(&nic, RING), 0);
        nic_resume(&nic);
        assert_int_equal(nic_poll(&nic, RING), 1);
        nic_release(&nic, &frames[--frame_count]);
    }

    assert_int_equal(rctl_writes, 0);
    nic_close(&nic);
    assert_false(frame_arrives(1, 60, WHOLE, 0));
}

static void groups_change_while_paused(void **state)
{
    (void)state;
    device.device_id = 0x10D3;
    open_card();
    uint8_t groups[E1000_GROUPS + 1][NIC_MAC_LENGTH];
    memset(groups, 1, sizeof groups);
    nic_pause(&nic);
    assert_int_equal(nic_set_multicast(&nic, groups, E1000_GROUPS + 1), OK);
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    nic_resume(&nic);
    assert_true(card.registers[E1000_RCTL / 4] & E1000_RCTL_MPE);
    assert_true(frame_arrives(1, 60, WHOLE, 0));
}

/* Broadcast and multicast are not for memory that nobody looks at; unicast is. */
static void a_parked_card_hears_unicast_alone(void **state)
{
    (void)state;
    device.device_id = 0x10D3;
    open_card();
    const uint8_t group[NIC_MAC_LENGTH] = {0x33, 0x33, 0, 0, 0, 1};
    assert_int_equal(nic_set_multicast(&nic, &group, 1), OK);
    uint32_t rctl = card.registers[E1000_RCTL / 4];
    unsigned at = (unsigned)(E1000_MTA(0) / 4 + ((unsigned)(group[4] >> 4 | group[5] << 4) >> 5));
    assert_true(card.registers[at]);

    nic_park(&nic);
    assert_int_equal(card.registers[E1000_RCTL / 4], rctl & ~E1000_RCTL_BAM);
    assert_int_equal(card.registers[at], 0);
    assert_true(frame_arrives(1, 60, WHOLE, 0));

    nic_resume(&nic);
    assert_int_equal(card.registers[E1000_RCTL / 4], rctl);
    assert_true(card.registers[at]);
    assert_int_equal(nic_poll(&nic, RING), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pause_waits_for_the_fifo),   TEST(pause_does_not_wait_for_ever),      TEST(an_8254x_receives_until_it_is_closed),
        TEST(groups_change_while_paused), TEST(a_parked_card_hears_unicast_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
