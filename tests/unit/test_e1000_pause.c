/* SPDX-License-Identifier: BSD-2-Clause */
/* A paused card writes nothing more: what its FIFO still holds, and what comes while it is being stopped. */
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
    device.device_id = 0x100E;
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

static unsigned comes_between;

static uint32_t read_head_late(unsigned bar, uint32_t offset)
{
    (void)bar;
    uint32_t value = card_read(offset);
    if (offset == E1000_RDH && comes_between > 0) {
        comes_between--;
        frame_to_memory(9, 60, WHOLE, 0);
    }
    return value;
}

/* QEMU's 8254x: a frame comes when RDH has been read and RDT has not been written yet. */
static void frames_come_while_rdt_is_taken_back(void **state)
{
    (void)state;
    card.space[E1000_PCI_SUBSYSTEM / 4] = E1000_PCI_VENDOR_QEMU;
    device.device_id = 0x100E;
    open_card();
    uint32_t rctl = card.registers[E1000_RCTL / 4];
    card.read = read_head_late;
    comes_between = 3;
    nic_pause(&nic);

    assert_int_equal(card.registers[E1000_RCTL / 4], rctl);
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    nic_resume(&nic);
    assert_int_equal(nic_poll(&nic, RING), 3);
    assert_int_equal(frames[2].bytes[0], 9);
}

static void a_flood_does_not_keep_it_running(void **state)
{
    (void)state;
    card.space[E1000_PCI_SUBSYSTEM / 4] = E1000_PCI_VENDOR_QEMU;
    device.device_id = 0x100E;
    open_card();
    card.read = read_head_late;
    comes_between = 1000;
    nic_pause(&nic);
    comes_between = 0;
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    assert_int_equal(nic_set_multicast(&nic, NULL, 0), OK);
    assert_false(frame_arrives(1, 60, WHOLE, 0));

    nic_resume(&nic);
    assert_true(nic_poll(&nic, RING) >= 4);
    assert_true(frame_arrives(1, 60, WHOLE, 0));
}

/* Its 82574 follows the data sheet, and so is paused by it. */
static void the_other_is_paused_by_the_data_sheet(void **state)
{
    (void)state;
    card.space[E1000_PCI_SUBSYSTEM / 4] = E1000_PCI_VENDOR_QEMU;
    device.device_id = 0x10D3;
    open_card();
    nic_pause(&nic);
    assert_int_equal(card.registers[E1000_RCTL / 4] & E1000_RCTL_EN, 0);
    nic_resume(&nic);
    assert_true(card.registers[E1000_RCTL / 4] & E1000_RCTL_EN);
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
        TEST(pause_waits_for_the_fifo),
        TEST(pause_does_not_wait_for_ever),
        TEST(frames_come_while_rdt_is_taken_back),
        TEST(a_flood_does_not_keep_it_running),
        TEST(the_other_is_paused_by_the_data_sheet),
        TEST(a_parked_card_hears_unicast_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
