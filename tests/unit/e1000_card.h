/* SPDX-License-Identifier: BSD-2-Clause */
/* An e1000 made of registers of the test's own, and the driver's caller. */
#ifndef SANSTRAP_TESTS_E1000_CARD_H
#define SANSTRAP_TESTS_E1000_CARD_H

#include <string.h>

#include "nicdrv/e1000.h"
#include "platform/bytes.h"
#include "tests/host/host.h"
#include "tests/unit/unit.h"

#define RING        16
#define BUS_ADDRESS 0x123400000u /* where the card sees the arena: behind an IOMMU, not where the CPU does */

static const uint8_t nvm_mac[6] = {0x00, 0x1B, 0x21, 0x01, 0x02, 0x03};

static struct {
    uint32_t registers[0x6000 / 4];
    uint16_t nvm[64];
    uint32_t command, space[64], space_above[64]; /* configuration space, and that of the bridge */
    uint32_t port;                                /* IOADDR */
    unsigned register_reads;
    bool ignores_reset, sends_nothing, link;

    /* What a part does otherwise, in the place of card_read() and card_write(); for the former also by ports. NULL: nothing. */
    uint32_t (*read)(unsigned bar, uint32_t offset);
    void (*write)(unsigned bar, uint32_t offset, uint32_t value);
} card;

static struct nic nic;
static struct arena arena;
static struct pci_device device, device_above;
static struct nic_frame frames[RING];
static unsigned frame_count;

/* ---- the card ---- */

uint32_t platform_pci_read32(const struct pci_device *of, uint16_t offset)
{
    if (of == &device_above)
        return card.space_above[offset / 4];
    return offset == E1000_PCI_COMMAND ? card.command | card.space[1] : card.space[offset / 4];
}

void platform_pci_write32(const struct pci_device *of, uint16_t offset, uint32_t value)
{
    if (of == &device_above)
        card.space_above[offset / 4] = offset == E1000_PCI_COMMAND ? (card.space_above[1] & ~0xFFFFu) | value : value;
    else if (offset == E1000_PCI_COMMAND)
        card.command = value;
    else
        card.space[offset / 4] = value;
}

#define PORT_BAR 2

enum status platform_map_registers(struct pci_device *unused, unsigned bar)
{
    (void)unused;
    assert_true(bar == 0 || (bar == PORT_BAR && card.space[4 + PORT_BAR]));
    card.command |= 2;
    return OK;
}

static uint32_t card_read(uint32_t offset)
{
    uint32_t value = card.registers[offset / 4];
    if (offset == E1000_STATUS)
        return card.link ? E1000_STATUS_LU | E1000_STATUS_FD | 2u << 6 : 0;
    if (offset >= E1000_CRCERRS && offset < E1000_RXCSUM)
        card.registers[offset / 4] = 0;
    return value;
}

uint32_t platform_register_read32(const struct pci_device *unused, unsigned bar, uint32_t offset)
{
    (void)unused;
    card.register_reads++;
    return card.read ? card.read(bar, offset) : card_read(offset);
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

static void card_sends(void)
{
    uint32_t count = card.registers[E1000_TDLEN / 4] / 16, *head = &card.registers[E1000_TDH / 4];
    struct e1000_tx_descriptor *ring = reach(ring_address(E1000_TDBAL), count * sizeof *ring);
    for (; *head != card.registers[E1000_TDT / 4]; *head = (*head + 1) % count) {
        reach(ring[*head].address, ring[*head].lower & 0xFFFF);
        if (ring[*head].lower & E1000_TXD_LOWER_RS)
            ring[*head].upper |= E1000_TXD_UPPER_DD;
    }
}

static void card_write(uint32_t offset, uint32_t value)
{
    card.registers[offset / 4] = value;

    if (offset == E1000_CTRL && value & E1000_CTRL_RST && !card.ignores_reset) {
        uint32_t low = card.registers[E1000_RAL(0) / 4], high = card.registers[E1000_RAH(0) / 4];
        memset(card.registers, 0, sizeof card.registers);
        card.registers[E1000_RAL(0) / 4] = low, card.registers[E1000_RAH(0) / 4] = high;
    }
    bool old = e1000_find_model(&device)->traits & TRAIT_EERD_8254X;
    unsigned shift = old ? E1000_EERD_ADDR_SHIFT_8254X : E1000_EERD_ADDR_SHIFT;
    if (offset == E1000_EERD)
        card.registers[offset / 4] = E1000_EERD_DONE_8254X | E1000_EERD_DONE | (uint32_t)card.nvm[value >> shift & 63] << 16;
    if (offset == E1000_MDIC)
        card.registers[offset / 4] = E1000_MDIC_READY | E1000_PHY_CONTROL_AUTONEGOTIATE;
    if (offset == E1000_TDT && !card.sends_nothing)
        card_sends();
}

void platform_register_write32(const struct pci_device *unused, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)unused;
    if (card.write)
        card.write(bar, offset, value);
    else
        card_write(offset, value);
}

/* From the FIFO to memory; false without a descriptor for it. */
static inline bool frame_to_memory(uint8_t fill, uint16_t length, uint8_t status, uint8_t errors)
{
    uint32_t *head = &card.registers[E1000_RDH / 4];
    if (*head == card.registers[E1000_RDT / 4])
        return false;

    uint32_t count = card.registers[E1000_RDLEN / 4] / 16;
    struct e1000_rx_descriptor *ring = reach(ring_address(E1000_RDBAL), count * sizeof *ring), *descriptor = &ring[*head];
    memset(reach(descriptor->address, length), fill, length);
    descriptor->length = length;
    descriptor->errors = errors;
    descriptor->status = status | E1000_RXD_STATUS_DD;
    *head = (*head + 1) % count;
    return true;
}

/* What a wire's frame does to the ring; false when the card does not receive, or has no descriptor for it. */
static inline bool frame_arrives(uint8_t fill, uint16_t length, uint8_t status, uint8_t errors)
{
    if (card.registers[E1000_RCTL / 4] & E1000_RCTL_EN && frame_to_memory(fill, length, status, errors))
        return true;
    card.registers[E1000_MPC / 4]++;
    return false;
}

#define WHOLE E1000_RXD_STATUS_EOP

/* ---- frame of the tests ---- */

static void keep_frame(void *context, const struct nic_frame *frame)
{
    (void)context;
    assert_in_range(frame_count, 0, RING - 1);
    frames[frame_count++] = *frame;
}

static inline void write_nvm(void)
{
    uint16_t sum = 0;
    memcpy(card.nvm, nvm_mac, 6);
    for (unsigned i = 0; i < 63; i++)
        sum = (uint16_t)(sum + card.nvm[i]);
    card.nvm[63] = (uint16_t)(0xBABA - sum);
}

static struct nic_config usual_config(void)
{
    return (struct nic_config){.arena = &arena, .rx_buffers = RING, .tx_buffers = RING, .mtu = NIC_MTU_DEFAULT};
}

static int set_up(void **state)
{
    (void)state;
    host_clock_use_virtual();
    host_log_level = LOG_ERROR;

    memset(&card, 0, sizeof card);
    card.link = true;
    write_nvm();

    device = (struct pci_device){.vendor_id = 0x8086, .device_id = 0x100E};
    arena = host_arena_new(MIB);
    arena.bus = BUS_ADDRESS;

    memset(&nic, 0, sizeof nic);
    nic.deliver = keep_frame;
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
    struct nic_config wanted = usual_config();
    assert_int_equal(nic_open(&nic, &device, &wanted), OK);
    assert_true(arena.used <= nic_arena_size(&device, &wanted));
}

static inline struct nic_statistics statistics(void)
{
    struct nic_statistics now;
    nic_statistics(&nic, &now);
    return now;
}

static inline enum status send_bytes(uint16_t length)
{
    static const uint8_t bytes[2048];
    enum status status = nic_send(&nic, &(struct nic_span){bytes, length}, 1, NULL);
    nic_flush(&nic);
    return status;
}

static inline void release_all(void)
{
    while (frame_count > 0)
        nic_release(&nic, &frames[--frame_count]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
