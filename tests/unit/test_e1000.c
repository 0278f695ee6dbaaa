/* SPDX-License-Identifier: BSD-2-Clause */
/* The e1000 driver against registers of the test's own, for what QEMU's cards cannot be made to do. */
#include <string.h>

#include "nicdrv/e1000_regs.h"
#include "nicdrv/nic.h"
#include "tests/host/host.h"
#include "tests/unit/unit.h"

#define RING        16
#define BUS_ADDRESS 0x123400000u /* where the card sees the arena: behind an IOMMU, not where the CPU does */

static const uint8_t nvm_mac[6] = {0x00, 0x1B, 0x21, 0x01, 0x02, 0x03};

static struct {
    uint32_t registers[0x6000 / 4];
    uint16_t nvm[64];
    uint32_t command;
    unsigned register_reads;
    bool ignores_reset, sends_nothing, link;
} card;

static struct nic nic;
static struct arena arena;
static struct pci_device device;
static struct nic_frame frames[RING];
static unsigned frame_count;

/* ---- the card -------------------------------------------------------------------------------------------------- */

uint32_t platform_pci_read32(const struct pci_device *unused, uint16_t offset)
{
    (void)unused;
    return offset == E1000_PCI_COMMAND ? card.command : 0;
}

void platform_pci_write32(const struct pci_device *unused, uint16_t offset, uint32_t value)
{
    (void)unused;
    if (offset == E1000_PCI_COMMAND)
        card.command = value;
}

enum status platform_map_registers(struct pci_device *unused, unsigned bar)
{
    (void)unused;
    assert_int_equal(bar, 0);
    card.command |= 6;
    return OK;
}

uint32_t platform_register_read32(const struct pci_device *unused, unsigned bar, uint32_t offset)
{
    (void)unused, (void)bar;
    card.register_reads++;
    uint32_t value = card.registers[offset / 4];
    if (offset == E1000_STATUS)
        return card.link ? E1000_STATUS_LU | E1000_STATUS_FD | 2u << 6 : 0;
    if (offset >= E1000_CRCERRS && offset < E1000_RXCSUM)
        card.registers[offset / 4] = 0;
    return value;
}

static uint64_t ring_address(uint32_t low)
{
    return card.registers[low / 4] | (uint64_t)card.registers[low / 4 + 1] << 32;
}

/* What the card reaches by an address that it was given: the arena, and nothing else. */
static void *reach(uint64_t address, size_t length)
{
    assert_in_range(address, arena.bus, arena.bus + arena.size - length);
    return arena.base + (address - arena.bus);
}

static void send_all(void)
{
    uint32_t count = card.registers[E1000_TDLEN / 4] / 16, *head = &card.registers[E1000_TDH / 4];
    struct e1000_tx_descriptor *ring = reach(ring_address(E1000_TDBAL), count * sizeof *ring);
    for (; *head != card.registers[E1000_TDT / 4]; *head = (*head + 1) % count) {
        reach(ring[*head].address, ring[*head].lower & 0xFFFF);
        if (ring[*head].lower & E1000_TXD_LOWER_RS)
            ring[*head].upper |= E1000_TXD_UPPER_DD;
    }
}

void platform_register_write32(const struct pci_device *unused, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)unused, (void)bar;
    card.registers[offset / 4] = value;
    if (offset == E1000_CTRL && value & E1000_CTRL_RST && !card.ignores_reset) {
        uint32_t low = card.registers[E1000_RAL(0) / 4], high = card.registers[E1000_RAH(0) / 4];
        memset(card.registers, 0, sizeof(card.registers));
        card.registers[E1000_RAL(0) / 4] = low, card.registers[E1000_RAH(0) / 4] = high;
    }
    if (offset == E1000_EERD)
        card.registers[offset / 4] = E1000_EERD_DONE_8254X | (uint32_t)card.nvm[value >> 8 & 63] << 16;
    if (offset == E1000_MDIC)
        card.registers[offset / 4] = E1000_MDIC_READY | E1000_PHY_CONTROL_AUTONEGOTIATE;
    if (offset == E1000_TDT && !card.sends_nothing)
        send_all();
}

/* What a wire's frame does to the ring; false when the card has no descriptor for it. */
static bool arrive(uint8_t fill, uint16_t length, uint8_t status, uint8_t errors)
{
    uint32_t *head = &card.registers[E1000_RDH / 4];
    if (!(card.registers[E1000_RCTL / 4] & E1000_RCTL_EN) || *head == card.registers[E1000_RDT / 4]) {
        card.registers[E1000_MPC / 4]++;
        return false;
    }
    uint32_t count = card.registers[E1000_RDLEN / 4] / 16;
    struct e1000_rx_descriptor *ring = reach(ring_address(E1000_RDBAL), count * sizeof *ring), *descriptor = &ring[*head];
    memset(reach(descriptor->address, length), fill, length);
    descriptor->length = length;
    descriptor->errors = errors;
    descriptor->status = status | E1000_RXD_STATUS_DD;
    *head = (*head + 1) % count;
    return true;
}

#define WHOLE E1000_RXD_STATUS_EOP

/* ---- frame of the tests ---------------------------------------------------------------------------------------- */

static void keep(void *context, const struct nic_frame *frame)
{
    (void)context;
    assert_in_range(frame_count, 0, RING - 1);
    frames[frame_count++] = *frame;
}

static void write_nvm(void)
{
    uint16_t sum = 0;
    memcpy(card.nvm, nvm_mac, 6);
    for (unsigned i = 0; i < 63; i++)
        sum = (uint16_t)(sum + card.nvm[i]);
    card.nvm[63] = (uint16_t)(0xBABA - sum);
}

static struct nic_config config(void)
{
    return (struct nic_config){.arena = &arena, .rx_buffers = RING, .tx_buffers = RING, .mtu = 1500};
}

static int set_up(void **state)
{
    (void)state;
    host_clock_use_virtual();
    host_log_level = LOG_ERROR;
    memset(&card, 0, sizeof(card));
    card.link = true;
    write_nvm();
    device = (struct pci_device){.vendor_id = 0x8086, .device_id = 0x100E};
    arena = host_arena_new(1 << 20);
    arena.bus = BUS_ADDRESS;
    memset(&nic, 0, sizeof(nic));
    nic.deliver = keep;
    frame_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_arena_free(&arena);
    return 0;
}

static void open_card(void)
{
    struct nic_config wanted = config();
    assert_int_equal(nic_open(&nic, &device, &wanted), OK);
    assert_true(arena.used <= nic_arena_size(&wanted));
}

static struct nic_statistics statistics(void)
{
    struct nic_statistics now;
    nic_statistics(&nic, &now);
    return now;
}

static enum status send_bytes(uint16_t length)
{
    static const uint8_t bytes[2048];
    return nic_send(&nic, &(struct nic_span){bytes, length}, 1, NULL);
}

static void release_all(void)
{
    while (frame_count > 0)
        nic_release(&nic, &frames[--frame_count]);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

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
    struct nic_config wanted = config();
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
    struct nic_config wanted = config();
    card.ignores_reset = true;
    assert_int_equal(nic_open(&nic, &device, &wanted), E_NIC_RESET);
    assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);
    assert_int_equal(card.registers[E1000_RCTL / 4], 0);
}

static void arena_exhausted_at_every_size(void **state)
{
    (void)state;
    struct nic_config wanted = config();
    size_t whole = nic_arena_size(&wanted);
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

static void rings_of_the_crash_dump_fit_48_kib(void **state)
{
    (void)state;
    struct nic_config wanted = {.arena = &arena, .rx_buffers = 8, .tx_buffers = 8, .mtu = 1500};
    assert_true(nic_arena_size(&wanted) <= 48 << 10);
    arena.size = nic_arena_size(&wanted);
    assert_int_equal(nic_open(&nic, &device, &wanted), OK);
}

static void bad_ring_sizes(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {0, 4, 12, 8192};
    for (unsigned i = 0; i < 4; i++) {
        struct nic_config wanted = config();
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

/* ---- receiving ------------------------------------------------------------------------------------------------- */

static void damaged_frames_are_dropped_and_counted(void **state)
{
    (void)state;
    static const uint8_t errors[] = {E1000_RXD_ERRORS_CE, E1000_RXD_ERRORS_SE, E1000_RXD_ERRORS_SEQ, E1000_RXD_ERRORS_RXE};
    open_card();
    for (unsigned i = 0; i < 4; i++)
        assert_true(arrive(1, 100, WHOLE, errors[i]));
    assert_true(arrive(2, 100, WHOLE, 0));
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
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arrive(1, 100, WHOLE | cases[i].status, cases[i].errors);
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
    arrive(1, 2048, 0, 0);
    arrive(1, 2048, 0, 0);
    arrive(1, 7, WHOLE, 0);
    arrive(3, 1518, WHOLE, 0); /* with a VLAN tag, as long as it gets */
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
        while (arrive(9, 60, WHOLE, 0))
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
        for (unsigned burst = random >> 28; burst > 0 && arrive((uint8_t)(sent & 0xFF), 60, WHOLE, 0); burst--)
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

/* ---- sending --------------------------------------------------------------------------------------------------- */

static void frame_too_long(void **state)
{
    (void)state;
    open_card();
    assert_int_equal(send_bytes(1518), OK);
    assert_int_equal(send_bytes(1519), E_FRAME_SIZE);
}

static void hang_resets_and_keeps_what_matters(void **state)
{
    (void)state;
    static const uint8_t group[1][6] = {{0x33, 0x33, 0, 0, 0x10, 0x00}};
    open_card();
    assert_int_equal(nic_set_multicast(&nic, group, 1), OK);
    arrive(5, 60, WHOLE, 0);
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
        assert_true(arrive(6, 60, WHOLE, 0));
        assert_int_equal(nic_poll(&nic, RING), 1);
        assert_ptr_not_equal(frames[1].bytes, frames[0].bytes); /* still the caller's */
        nic_release(&nic, &frames[--frame_count]);
    }
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
    open_card();
    nic_pause(&nic);
    assert_false(arrive(1, 60, WHOLE, 0));
    assert_int_equal(send_bytes(60), E_NIC_BUSY);
    nic_resume(&nic);
    assert_true(arrive(1, 60, WHOLE, 0));
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

static void close_is_quiet(void **state)
{
    (void)state;
    open_card();
    nic_close(&nic);
    assert_false(arrive(1, 60, WHOLE, 0));
    assert_int_equal(card.command & E1000_PCI_COMMAND_BUS_MASTER, 0);
    assert_int_equal(card.registers[E1000_IMC / 4], E1000_IMC_ALL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mac_from_eeprom),
        TEST(wrong_eeprom_checksum_falls_back_to_rar),
        TEST(no_valid_mac_anywhere),
        TEST(reset_never_completes),
        TEST(arena_exhausted_at_every_size),
        TEST(rings_of_the_crash_dump_fit_48_kib),
        TEST(bad_ring_sizes),
        TEST(link_follows_status),
        TEST(damaged_frames_are_dropped_and_counted),
        TEST(checksum_flags),
        TEST(frame_over_several_buffers_is_dropped_whole),
        TEST(overrun_loses_frames_but_not_the_ring),
        TEST(released_in_random_order),
        TEST(idle_poll_reads_no_register),
        TEST(frame_too_long),
        TEST(hang_resets_and_keeps_what_matters),
        TEST(without_link_nothing_hangs),
        TEST(pause_stops_and_resume_goes_on),
        TEST(pause_with_frames_that_do_not_leave),
        TEST(close_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
