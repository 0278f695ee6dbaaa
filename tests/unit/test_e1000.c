/* SPDX-License-Identifier: BSD-2-Clause */
/* The e1000 driver against registers of the test's own, for what QEMU's cards cannot be made to do. */
#include "tests/unit/e1000_card.h"

/* ---- opening ---- */

static void mac_from_eeprom(void **state)
{
    (void)state;
    open_card();
    assert_memory_equal(nic.mac, nvm_mac, 6);
    assert_string_equal(nic.model, "82540EM");
}

static void wrong_eeprom_checksum_falls_back_to_rar(void **state)
{
    (void)state;
    card.nvm[5] ^= 1;
    card.registers[E1000_RAL(0) / 4] = 0x03020152;
    card.registers[E1000_RAH(0) / 4] = E1000_RAH_AV | 0x0504;
    open_card();
    assert_memory_equal(nic.mac, ((uint8_t[]){0x52, 1, 2, 3, 4, 5}), 6);
}

static void no_valid_mac_anywhere(void **state)
{
    (void)state;
    struct nic_config wanted = usual_config();
    card.nvm[5] ^= 1;
    assert_int_equal(nic_open(&nic, &device, &wanted), E_NIC_MAC);
    assert_non_null(strstr(failure_detail(E_NIC_MAC), "checksum"));
    assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);
    card.registers[E1000_RAL(0) / 4] = 0x00000001; /* a multicast address is none */
    assert_int_equal(nic_open(&nic, &device, &wanted), E_NIC_MAC);
}

static void reset_never_completes(void **state)
{
    (void)state;
    struct nic_config wanted = usual_config();
    card.ignores_reset = true;
    assert_int_equal(nic_open(&nic, &device, &wanted), E_NIC_RESET);
    assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);
    assert_int_equal(card.registers[E1000_RCTL / 4], 0);
}

static void arena_exhausted_at_every_size(void **state)
{
    (void)state;
    struct nic_config wanted = usual_config();
    size_t whole = nic_arena_size(&device, &wanted);
    for (size_t size = 0; size < whole / 2; size += 997) {
        arena.used = 0;
        arena.size = size;
        assert_int_equal(nic_open(&nic, &device, &wanted), E_NIC_MEMORY);
        assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);
    }
    arena.used = 0;
    arena.size = whole;
    assert_int_equal(nic_open(&nic, &device, &wanted), OK);
}

static void rings_of_the_crash_dump_fit_28_kib(void **state)
{
    (void)state;
    struct nic_config wanted = {.arena = &arena, .rx_buffers = 8, .tx_buffers = 6, .mtu = 1500};
    assert_true(nic_arena_size(&device, &wanted) <= 28 << 10);
    arena.size = nic_arena_size(&device, &wanted);
    assert_int_equal(nic_open(&nic, &device, &wanted), OK);
}

static void bad_ring_sizes(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {0, NIC_BUFFERS_MIN - 1, NIC_BUFFERS_MAX + 1, UINT16_MAX};
    for (unsigned i = 0; i < 4; i++) {
        struct nic_config wanted = usual_config();
        wanted.rx_buffers = sizes[i];
        assert_int_equal(nic_open(&nic, &device, &wanted), E_INVALID_ARGUMENT);
    }
}

static void link_follows_status(void **state)
{
    (void)state;
    struct nic_link link;
    open_card();
    nic_link(&nic, &link);
    assert_true(link.up && link.full_duplex && link.megabits == 1000);
    card.link = false;
    nic_link(&nic, &link);
    assert_true(!link.up && link.megabits == 0);
}

/* What an OS that has died had set, and the card keeps over a reset, as QEMU's 82574 does. */
static void descriptors_of_an_os_are_forgotten(void **state)
{
    (void)state;
    device.device_id = 0x10D3;
    card.registers[E1000_EECD / 4] = E1000_EECD_AUTO_RD;
    card.registers[E1000_RAL(0) / 4] = get_le32(nvm_mac);
    card.registers[E1000_RAH(0) / 4] = get_le16(nvm_mac + 4) | E1000_RAH_AV;
    card.registers[E1000_RFCTL / 4] = 0x9000;
    card.registers[E1000_MRQC / 4] = 0x370000;
    card.registers[E1000_RXDCTL / 4] = 0x1040420;

    open_card();
    assert_int_equal(card.registers[E1000_RFCTL / 4], 0);
    assert_int_equal(card.registers[E1000_MRQC / 4], 0);
    assert_int_equal(card.registers[E1000_RXDCTL / 4], E1000_RXDCTL_DEFAULT);
}

/* ---- receiving ---- */

static void damaged_frames_are_dropped_and_counted(void **state)
{
    (void)state;
    static const uint8_t errors[] = {E1000_RXD_ERRORS_CE, E1000_RXD_ERRORS_SE, E1000_RXD_ERRORS_SEQ, E1000_RXD_ERRORS_RXE};
    open_card();
    for (unsigned i = 0; i < 4; i++)
        assert_true(frame_arrives(1, 100, WHOLE, errors[i]));
    assert_true(frame_arrives(2, 100, WHOLE, 0));
    assert_int_equal(nic_poll(&nic, RING), 1);
    assert_int_equal(frames[0].bytes[0], 2);
    assert_int_equal(statistics().rx_errors, 4);
}

static void checksum_flags(void **state)
{
    (void)state;
    static const struct {
        uint8_t status, errors;
        bool ip, l4;
    } cases[] = {
        {0, 0, false, false},
        {E1000_RXD_STATUS_IPCS, 0, true, false},
        {E1000_RXD_STATUS_IPCS | E1000_RXD_STATUS_TCPCS, 0, true, true},
        {E1000_RXD_STATUS_IPCS | E1000_RXD_STATUS_TCPCS, E1000_RXD_ERRORS_TCPE, true, false},
        {E1000_RXD_STATUS_IPCS | E1000_RXD_STATUS_TCPCS, E1000_RXD_ERRORS_IPE, false, true},
        {E1000_RXD_STATUS_IPCS | E1000_RXD_STATUS_TCPCS | E1000_RXD_STATUS_IXSM, 0, false, false},
    };

    open_card();
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        frame_arrives(1, 100, WHOLE | cases[i].status, cases[i].errors);
        assert_int_equal(nic_poll(&nic, RING), 1);
        assert_int_equal(frames[0].ip_checksum_good, cases[i].ip);
        assert_int_equal(frames[0].l4_checksum_good, cases[i].l4);
        release_all();
    }
}

static void frame_over_several_buffers_is_dropped_whole(void **state)
{
    (void)state;
    open_card();
    frame_arrives(1, 2048, 0, 0);
    frame_arrives(1, 2048, 0, 0);
    frame_arrives(1, 7, WHOLE, 0);
    frame_arrives(3, 1518, WHOLE, 0); /* with a VLAN tag, as long as it gets */
    assert_int_equal(nic_poll(&nic, RING), 1);
    assert_int_equal(frames[0].length, 1518);
    assert_int_equal(statistics().rx_errors, 1);
}

static void overrun_loses_frames_but_not_the_ring(void **state)
{
    (void)state;
    open_card();

    for (unsigned round = 0; round < 50; round++) {
        unsigned taken = 0;
        while (frame_arrives(9, 60, WHOLE, 0))
            taken++;
        assert_in_range(taken, 1, RING - 1);
        assert_int_equal(nic_poll(&nic, RING), taken);
        nic_poll(&nic, RING);
        release_all();
        nic_poll(&nic, RING);
    }
    assert_int_equal(statistics().rx_missed, 50);
}

static void released_in_random_order(void **state)
{
    (void)state;
    uint32_t random = 1, sent = 0, received = 0;
    open_card();
    for (unsigned rounds = 0; received < 100000; rounds++) {
        assert_in_range(rounds, 0, 200000);
        random = random * 1664525 + 1013904223;
        for (unsigned burst = random >> 28; burst > 0 && frame_arrives((uint8_t)(sent & 0xFF), 60, WHOLE, 0); burst--)
            sent++;

        unsigned before = frame_count;
        nic_poll(&nic, RING);
        for (; before < frame_count; before++)
            assert_int_equal(frames[before].bytes[59], received++ & 0xFF);

        for (unsigned give = random >> 20 & 15; give > 0 && frame_count > 0; give--) {
            unsigned which = (random >> 8) % frame_count;
            nic_release(&nic, &frames[which]);
            nic_release(&nic, &frames[which]); /* harmless */
            frames[which] = frames[--frame_count];
        }
    }
}

static void idle_poll_reads_no_register(void **state)
{
    (void)state;
    open_card();
    unsigned before = card.register_reads;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(nic_poll(&nic, RING), 0);
    assert_int_equal(card.register_reads, before);
}

/* ---- sending ---- */

static void frame_too_long(void **state)
{
    (void)state;
    open_card();
    assert_int_equal(send_bytes(1518), OK);
    assert_int_equal(send_bytes(1519), E_FRAME_SIZE);
}

/* Of a ring's least length all descriptors serve, whatever the number of buffers: each frame keeps its own until it has left. */
static void fewer_buffers_than_descriptors(void **state)
{
    (void)state;
    struct nic_config wanted = {.arena = &arena, .rx_buffers = 6, .tx_buffers = 4, .mtu = NIC_MTU_DEFAULT};
    assert_int_equal(nic_open(&nic, &device, &wanted), OK);
    assert_int_equal(card.registers[E1000_TDLEN / 4], 128);

    uint8_t fill = 0;
    for (unsigned round = 0; round < 25; round++) {
        card.sends_nothing = true;
        uint32_t head = card.registers[E1000_TDH / 4];
        uint8_t bytes[64];
        for (unsigned i = 0; i < 4; i++) {
            memset(bytes, fill++, sizeof bytes);
            assert_int_equal(nic_send(&nic, &(struct nic_span){bytes, sizeof bytes}, 1, NULL), OK);
        }
        assert_int_equal(send_bytes(64), E_NIC_BUSY);
        const struct e1000_tx_descriptor *ring = reach(ring_address(E1000_TDBAL), 128);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(*(const uint8_t *)reach(ring[(head + i) % 8].address, 64), (uint8_t)(fill - 4 + i));
        card.sends_nothing = false;
        card_sends();
        nic_poll(&nic, RING);
    }

    unsigned taken = 0;
    while (frame_arrives(9, 60, WHOLE, 0))
        taken++;
    assert_int_equal(taken, 6);
    assert_int_equal(nic_poll(&nic, RING), 6);
    release_all();
    nic_poll(&nic, RING);
    assert_true(frame_arrives(9, 60, WHOLE, 0));
}

static void more_groups_than_the_filter_has(void **state)
{
    (void)state;
    uint8_t groups[33][6];
    for (unsigned i = 0; i < 33; i++)
        memcpy(groups[i], (uint8_t[6]){0x33, 0x33, 0, 0, (uint8_t)(i << 4), (uint8_t)i}, 6);
    open_card();
    assert_int_equal(nic_set_multicast(&nic, (const uint8_t(*)[6])groups, 32), OK);
    assert_int_equal(card.registers[E1000_RCTL / 4] & E1000_RCTL_MPE, 0);
    for (unsigned i = 0; i < 32; i++) {
        unsigned bit = groups[i][4] >> 4 | groups[i][5] << 4;
        assert_true(card.registers[E1000_MTA(bit >> 5) / 4] >> (bit & 31) & 1);
    }

    assert_int_equal(nic_set_multicast(&nic, (const uint8_t(*)[6])groups, 33), OK);
    assert_int_equal(card.registers[E1000_RCTL / 4] & E1000_RCTL_MPE, E1000_RCTL_MPE);
    assert_int_equal(nic_set_multicast(&nic, (const uint8_t(*)[6])groups, 1), OK);
    assert_int_equal(card.registers[E1000_RCTL / 4] & E1000_RCTL_MPE, 0);
}

/* From a page's beginning on nothing is lost to alignment; from any other place on, no more than was said. */
static void memory_wherever_the_arena_stands(void **state)
{
    (void)state;
    static const uint16_t counts[] = {4, 6, 8, 31, 256, 300};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct nic_config wanted = {.arena = &arena, .rx_buffers = counts[i], .tx_buffers = counts[i], .mtu = NIC_MTU_DEFAULT};
        size_t said = nic_arena_size(&device, &wanted);
        for (size_t used = 0; used < 9000; used += 311) {
            host_arena_free(&arena);
            arena = host_arena_new(used + said);
            arena.bus = BUS_ADDRESS;
            arena.used = used;
            assert_int_equal(nic_open(&nic, &device, &wanted), OK);
            assert_true(used || arena.used + 2048 <= said);
        }
    }
}

static void hang_resets_and_keeps_what_matters(void **state)
{
    (void)state;
    static const uint8_t group[1][6] = {{0x33, 0x33, 0, 0, 0x10, 0x00}};
    open_card();
    assert_int_equal(nic_set_multicast(&nic, group, 1), OK);
    frame_arrives(5, 60, WHOLE, 0);
    nic_poll(&nic, RING);

    card.sends_nothing = true;
    while (send_bytes(60) == OK)
        ;
    assert_int_equal(send_bytes(60), E_NIC_BUSY);
    host_clock_advance_us(1900000);
    nic_poll(&nic, RING);
    assert_int_equal(statistics().resets, 0);

    host_clock_advance_us(200000);
    card.sends_nothing = false;
    memset(&card.registers[E1000_MTA(0) / 4], 0, 512);
    nic_poll(&nic, RING);
    assert_int_equal(statistics().resets, 1);
    assert_int_equal(statistics().tx_errors, RING - 1);
    assert_int_equal(card.registers[E1000_MTA(0) / 4], 2);
    assert_int_equal(card.registers[E1000_RAL(0) / 4], 0x01211B00);
    assert_int_equal(frames[0].bytes[0], 5);

    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(send_bytes(60), OK);
        assert_true(frame_arrives(6, 60, WHOLE, 0));
        assert_int_equal(nic_poll(&nic, RING), 1);
        assert_ptr_not_equal(frames[1].bytes, frames[0].bytes); /* still the caller's */
        nic_release(&nic, &frames[--frame_count]);
    }
}

static unsigned tail_writes, frames_told;

static void count_tails(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    if (offset == E1000_TDT) {
        tail_writes++;
        frames_told += (value - card.registers[E1000_TDT / 4]) % (card.registers[E1000_TDLEN / 4] / 16);
    }
    card_write(offset, value);
}

/* Each write is an exit to the hypervisor on a virtual machine. */
static void frames_leave_together(void **state)
{
    void (*const ways[])(struct nic *) = {nic_flush, nic_pause, nic_park, nic_close};
    const uint8_t bytes[60] = {0};
    (void)state;
    open_card();
    card.write = count_tails;

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        tail_writes = frames_told = 0;
        for (unsigned frame = 0; frame < 3; frame++)
            assert_int_equal(nic_send(&nic, &(struct nic_span){bytes, sizeof bytes}, 1, NULL), OK);
        assert_int_equal(tail_writes, 0);

        ways[i](&nic);
        assert_int_equal(frames_told, 3);
        assert_int_equal(tail_writes, 1);
        nic_resume(&nic);
    }
}

/* Who was held up between sending and the next turn has lost nothing by it. */
static void what_the_card_was_not_told_of_does_not_hang(void **state)
{
    (void)state;
    const uint8_t bytes[60] = {0};
    open_card();
    card.sends_nothing = true;
    assert_int_equal(nic_send(&nic, &(struct nic_span){bytes, sizeof bytes}, 1, NULL), OK);
    host_clock_advance_us(3000000);
    nic_poll(&nic, RING);
    assert_int_equal(statistics().resets, 0);

    host_clock_advance_us(2100000);
    nic_poll(&nic, RING);
    assert_int_equal(statistics().resets, 1);
}

static void without_link_nothing_hangs(void **state)
{
    (void)state;
    open_card();
    card.sends_nothing = true;
    card.link = false;
    assert_int_equal(send_bytes(60), OK);
    for (unsigned i = 0; i < 10; i++) {
        host_clock_advance_us(3000000);
        nic_poll(&nic, RING);
    }
    assert_int_equal(statistics().resets, 0);
}

static void pause_stops_and_resume_goes_on(void **state)
{
    (void)state;
    device.device_id = 0x10D3;
    open_card();
    nic_pause(&nic);
    assert_false(frame_arrives(1, 60, WHOLE, 0));
    assert_int_equal(send_bytes(60), E_NIC_BUSY);
    nic_resume(&nic);
    assert_true(frame_arrives(1, 60, WHOLE, 0));
    assert_int_equal(nic_poll(&nic, RING), 1);
    assert_int_equal(send_bytes(60), OK);
}

static void pause_with_frames_that_do_not_leave(void **state)
{
    (void)state;
    open_card();
    card.sends_nothing = true;
    assert_int_equal(send_bytes(60), OK);
    uint64_t start = platform_ticks();
    nic_pause(&nic);
    assert_true(platform_ticks() - start <= 25 * platform_ticks_per_ms());
    assert_int_equal(card.registers[E1000_TCTL / 4] & E1000_TCTL_EN, 0);
    nic_resume(&nic);
    assert_int_not_equal(card.registers[E1000_TCTL / 4] & E1000_TCTL_EN, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mac_from_eeprom),
        TEST(wrong_eeprom_checksum_falls_back_to_rar),
        TEST(no_valid_mac_anywhere),
        TEST(reset_never_completes),
        TEST(arena_exhausted_at_every_size),
        TEST(rings_of_the_crash_dump_fit_28_kib),
        TEST(bad_ring_sizes),
        TEST(link_follows_status),
        TEST(descriptors_of_an_os_are_forgotten),
        TEST(damaged_frames_are_dropped_and_counted),
        TEST(checksum_flags),
        TEST(frame_over_several_buffers_is_dropped_whole),
        TEST(overrun_loses_frames_but_not_the_ring),
        TEST(released_in_random_order),
        TEST(idle_poll_reads_no_register),
        TEST(frame_too_long),
        TEST(fewer_buffers_than_descriptors),
        TEST(more_groups_than_the_filter_has),
        TEST(memory_wherever_the_arena_stands),
        TEST(hang_resets_and_keeps_what_matters),
        TEST(frames_leave_together),
        TEST(what_the_card_was_not_told_of_does_not_hang),
        TEST(without_link_nothing_hangs),
        TEST(pause_stops_and_resume_goes_on),
        TEST(pause_with_frames_that_do_not_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
