/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel's gigabit cards 82540–82547, 82571–82574 and 82583: what struct nic_driver asks of them, but for sending and receiving.
 */
#include <string.h>

#include "nicdrv/e1000.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define PAUSE_MS 20
#define FIFO_MS  2 /* the largest, of 64 KiB, on the slowest bus */
#define RETRY_MS 1000

static bool e1000_probe(const struct pci_device *device)
{
    return e1000_find_model(device) != NULL;
}

static uint32_t multicast_word(const struct e1000 *e1000, unsigned index)
{
    uint32_t word = 0;
    for (unsigned i = 0; i < e1000->group_count; i++) {
        if (e1000->groups[i] >> 5 == index)
            word |= 1u << (e1000->groups[i] & 31);
    }
    return word;
}

/*
 * MTA and RAR as they ought to be: our address in the first, and in the last, as a reset of the 82571's other port gives the
 * first back what the EEPROM says (Linux, FLAG_RESET_OVERWRITES_LAA).
 */
static void write_filters(const struct e1000 *e1000, const uint8_t mac[NIC_MAC_LENGTH])
{
    for (unsigned i = 0; i < E1000_RAR_REGISTERS; i++) {
        bool ours = i == 0 || i == E1000_RAR_REGISTERS - 1;
        e1000_write(e1000, E1000_RAL(i), ours ? get_le32(mac) : 0);
        e1000_write(e1000, E1000_RAH(i), ours ? get_le16(mac + 4) | E1000_RAH_AV : 0);
    }

    /* Downwards: on the 82544 a write to an odd register may change the even one before it. */
    for (unsigned i = E1000_MTA_REGISTERS; i-- > 0;)
        e1000_write(e1000, E1000_MTA(i), multicast_word(e1000, i));
}

/* From a reset card to a running one. */
static void start_card(struct e1000 *e1000, const uint8_t mac[NIC_MAC_LENGTH])
{
    e1000_announce_driver(e1000, true);
    if (e1000_has(e1000, TRAIT_MANC))
        e1000_write(e1000, E1000_MANC, e1000_read(e1000, E1000_MANC) & ~E1000_MANC_ARP_EN);

    write_filters(e1000, mac);
    e1000_start_link(e1000);
    e1000_tx_start(e1000);
    e1000_rx_start(e1000);

    e1000->running = true;
    e1000->paused = false;
}

static void set_bus_master(const struct e1000 *e1000, bool on)
{
    /* The upper half of this dword is the status register, in which ones clear. */
    uint32_t command = platform_pci_read32(e1000->device, E1000_PCI_COMMAND) & 0xFFFF & ~E1000_PCI_COMMAND_BUS_MASTER;
    platform_pci_write32(e1000->device, E1000_PCI_COMMAND, command | (on ? E1000_PCI_COMMAND_BUS_MASTER : 0));
}

/* Leaves no DMA and no interrupt behind, whether or not the card obeys. */
static void silence_card(struct e1000 *e1000)
{
    e1000->running = false;
    e1000->rctl = 0;
    e1000_announce_driver(e1000, false);
    if (e1000_reset(e1000) != OK)
        log_printf(LOG_WARNING, "%s: not reset on closing: %s", e1000->model->name, failure_detail(E_NIC_RESET));
    set_bus_master(e1000, false);
}

static void e1000_silence(struct pci_device *device)
{
    struct e1000 e1000 = {.device = device, .model = e1000_find_model(device)};
    if (platform_map_registers(device, 0) != OK) {
        set_bus_master(&e1000, false);
        return;
    }

    /* Who opens it next is to find what the firmware wants, see e1000_read_rar(). */
    uint32_t low = e1000_read(&e1000, E1000_RAL(0)), high = e1000_read(&e1000, E1000_RAH(0));
    silence_card(&e1000);
    e1000_write(&e1000, E1000_RAL(0), low);
    e1000_write(&e1000, E1000_RAH(0), high);
}

static enum status reset_and_take_memory(struct nic *nic, const struct nic_config *config)
{
    struct e1000 *e1000 = e1000_of(nic);
    uint8_t before[NIC_MAC_LENGTH];
    bool has_before = e1000_read_rar(e1000, before);
    enum status status = e1000_reset(e1000);
    if (status != OK)
        return status;

    if (config->mac || has_before)
        memcpy(nic->mac, config->mac ? config->mac : before, NIC_MAC_LENGTH);
    else
        status = e1000_read_mac(e1000, nic->mac);
    return status == OK ? e1000_take_memory(e1000, config) : status;
}

static enum status e1000_open(struct nic *nic, const struct nic_config *config)
{
    struct e1000 *e1000 = e1000_of(nic);
    e1000->device = nic->device;
    e1000->model = e1000_find_model(nic->device);
    nic->model = e1000->model->name;
    nic->offloads_tx_checksums = true;
    if (nic->mtu > NIC_MTU_DEFAULT && e1000_has(e1000, TRAIT_NO_JUMBO))
        nic->mtu = NIC_MTU_DEFAULT;
    e1000->mtu = nic->mtu;
    e1000->rctl = e1000_rx_control(e1000);

    enum status status = platform_map_registers(nic->device, 0);
    if (status != OK)
        return status;
    status = reset_and_take_memory(nic, config);
    if (status != OK) {
        silence_card(e1000);
        return status;
    }
    set_bus_master(e1000, true); /* a card that another left running writes nowhere before its reset */
    start_card(e1000, nic->mac);
    return OK;
}

/* Frames that the caller holds stay his; what was in the rings is lost. */
static void recover_from_hang(struct nic *nic)
{
    struct e1000 *e1000 = e1000_of(nic);
    e1000->statistics.resets++;
    e1000->statistics.tx_errors += e1000->tx.frames;
    e1000->running = false;
    log_printf(LOG_WARNING, "%s: transmit hang, TDH %u, TDT %u; resetting", nic->model, (unsigned)e1000_read(e1000, E1000_TDH),
               (unsigned)e1000_read(e1000, E1000_TDT));

    if (e1000_reset(e1000) == OK)
        start_card(e1000, nic->mac);
    else
        e1000->retry_after = deadline_after_ms(RETRY_MS);
}

static unsigned e1000_poll(struct nic *nic, unsigned budget)
{
    struct e1000 *e1000 = e1000_of(nic);
    if (e1000->paused)
        return 0;
    if (!e1000->running) {
        if (deadline_passed(e1000->retry_after))
            recover_from_hang(nic);
        return 0;
    }

    unsigned handed = e1000_rx_harvest(nic, budget);

    e1000_rx_refill(e1000);
    e1000_tx_flush(e1000);
    e1000_tx_reclaim(e1000);
    if (e1000_tx_hangs(e1000))
        recover_from_hang(nic);
    return handed;
}

static void e1000_flush(struct nic *nic)
{
    struct e1000 *e1000 = e1000_of(nic);
    if (e1000->running)
        e1000_tx_flush(e1000);
}

static void e1000_read_link(struct nic *nic, struct nic_link *link)
{
    static const uint16_t speeds[] = {10, 100, 1000, 1000};
    uint32_t status = e1000_read(e1000_of(nic), E1000_STATUS);
    link->up = status & E1000_STATUS_LU;
    link->megabits = link->up ? speeds[E1000_STATUS_SPEED(status)] : 0;
    link->full_duplex = link->up && status & E1000_STATUS_FD;
}

/* True when all that was sent has left before the deadline. */
static bool drain_transmit_ring(struct e1000 *e1000)
{
    e1000_tx_flush(e1000);
    e1000_tx_reclaim(e1000);
    if (e1000->tx.used == 0)
        return true;

    for (deadline_t deadline = deadline_after_ms(PAUSE_MS); e1000->tx.used > 0 && !deadline_passed(deadline);) {
        platform_stall_us(1);
        e1000_tx_reclaim(e1000);
    }
    return e1000->tx.used == 0;
}

/*
 * By RCTL.EN, as the data sheets have it: frames that come are dropped. What the FIFO holds still goes to memory, and is counted
 * by RDFPC (SDM 13.8.5); without a descriptor it stays where it is.
 */
static void stop_receiver(struct e1000 *e1000)
{
    e1000->rx_stopped = true;
    e1000_write(e1000, E1000_RCTL, e1000->rctl & ~E1000_RCTL_EN);
    deadline_t deadline = deadline_after_ms(FIFO_MS);
    while (e1000_read(e1000, E1000_RDFPC) && e1000_read(e1000, E1000_RDH) != e1000->rx.tail && !deadline_passed(deadline))
        platform_stall_us(1);
    e1000_read(e1000, E1000_STATUS); /* all that the card has written is in memory when this returns */
}

/*
 * Receiving ends first, so that no new work comes. What is being sent is waited for in memory; if it does not leave, as without
 * a link, the transmitter is stopped too and goes on later.
 *
 * An 8254x goes on receiving into its ring. Where it is emulated it may be deaf for a second after any write to RCTL (QEMU's
 * flush_queue_timer), and descriptors that are given are not to be taken back: a card of metal has fetched them (SDM 13.4.28).
 */
static void e1000_pause(struct nic *nic)
{
    struct e1000 *e1000 = e1000_of(nic);
    if (!e1000->running || e1000->paused)
        return;
    e1000->paused = true;

    if (e1000_has(e1000, TRAIT_PCIE))
        stop_receiver(e1000);
    e1000->tx_stopped = !drain_transmit_ring(e1000);
    if (e1000->tx_stopped) {
        e1000_write(e1000, E1000_TCTL, e1000_read(e1000, E1000_TCTL) & ~E1000_TCTL_EN);
        e1000_read(e1000, E1000_STATUS);
    }
}

/* Only the registers of MTA that have a bit of ours. */
static void hear_groups(const struct e1000 *e1000, bool on)
{
    for (unsigned i = 0; i < e1000->group_count; i++) {
        unsigned index = e1000->groups[i] >> 5;
        e1000_write(e1000, E1000_MTA(index), on ? multicast_word(e1000, index) : 0);
    }
}

/* An 8254x goes on hearing all that it did, see e1000_pause(). */
static void e1000_park(struct nic *nic)
{
    struct e1000 *e1000 = e1000_of(nic);
    if (!e1000->running || e1000->paused || e1000->parked)
        return;
    e1000_tx_flush(e1000);
    if (!e1000_has(e1000, TRAIT_PCIE))
        return;
    e1000->parked = true;
    e1000_write(e1000, E1000_RCTL, e1000->rctl & ~(E1000_RCTL_BAM | E1000_RCTL_MPE));
    hear_groups(e1000, false);
}

static void e1000_resume(struct nic *nic)
{
    struct e1000 *e1000 = e1000_of(nic);
    if (e1000->parked) {
        e1000->parked = false;
        hear_groups(e1000, true);
        e1000_write(e1000, E1000_RCTL, e1000->rctl);
    }
    if (!e1000->paused)
        return;
    e1000->paused = false;

    if (e1000->tx_stopped) {
        e1000_tx_expect_progress(e1000);
        e1000_write(e1000, E1000_TCTL, e1000_read(e1000, E1000_TCTL) | E1000_TCTL_EN);
    }
    if (e1000->rx_stopped)
        e1000_write(e1000, E1000_RCTL, e1000->rctl);
    e1000->rx_stopped = false;
}

/* The hash of MTA with RCTL.MO = 0: bits 47..36 of the address, SDM 13.5.1 "Multicast Table Array". */
static enum status e1000_set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count)
{
    struct e1000 *e1000 = e1000_of(nic);
    for (unsigned i = 0; i < count; i++)
        if (!(groups[i][0] & 1))
            return fail(E_INVALID_ARGUMENT, "group %u of %u is no multicast address: it starts with %02x", i, count,
                        groups[i][0]);

    e1000->all_multicast = count > E1000_GROUPS;
    e1000->group_count = (uint8_t)(e1000->all_multicast ? 0 : count);
    for (unsigned i = 0; i < e1000->group_count; i++)
        e1000->groups[i] = (uint16_t)(groups[i][4] >> 4 | groups[i][5] << 4);
    if (!e1000->running)
        return OK; /* recovery will write it */

    write_filters(e1000, nic->mac);
    uint32_t rctl = (e1000->rctl & ~E1000_RCTL_MPE) | (e1000->all_multicast ? E1000_RCTL_MPE : 0);
    if (rctl == e1000->rctl)
        return OK;
    e1000->rctl = rctl;
    e1000_write(e1000, E1000_RCTL, e1000->rx_stopped ? rctl & ~E1000_RCTL_EN : rctl);
    return OK;
}

static void e1000_read_statistics(struct nic *nic, struct nic_statistics *statistics)
{
    struct e1000 *e1000 = e1000_of(nic);
    e1000->statistics.rx_missed += e1000_read(e1000, E1000_MPC);
    /* These never reach a descriptor, as RCTL.SBP is 0. */
    e1000->statistics.rx_errors += (uint64_t)e1000_read(e1000, E1000_CRCERRS) + e1000_read(e1000, E1000_RXERRC) +
                                   e1000_read(e1000, E1000_RUC) + e1000_read(e1000, E1000_ROC);
    *statistics = e1000->statistics;
}

/* A connection's end may be among what was sent last: without it the target keeps the session. */
static void e1000_close(struct nic *nic)
{
    struct e1000 *e1000 = e1000_of(nic);
    if (e1000->running && !e1000->paused)
        drain_transmit_ring(e1000);
    silence_card(e1000);
}

const struct nic_driver e1000_driver = {
    .name = "e1000",
    .probe = e1000_probe,
    .arena_size = e1000_arena_size,
    .open = e1000_open,
    .read_link = e1000_read_link,
    .send = e1000_tx_send,
    .flush = e1000_flush,
    .poll = e1000_poll,
    .release = e1000_rx_release,
    .pause = e1000_pause,
    .resume = e1000_resume,
    .park = e1000_park,
    .set_multicast = e1000_set_multicast,
    .read_statistics = e1000_read_statistics,
    .close = e1000_close,
    .silence = e1000_silence,
};
