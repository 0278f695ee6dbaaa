/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the e1000 driver share. */
#ifndef SANSTRAP_E1000_H
#define SANSTRAP_E1000_H

#include "nicdrv/drivers.h"
#include "nicdrv/e1000_regs.h"
#include "nicdrv/nic.h"
#include "platform/platform.h"

/* How a model differs from its relatives. */
enum e1000_trait {
    TRAIT_PCIE = 1 << 0,           /* 8257x: GIO master disable, auto-read flag, one TXDCTL bit that must be set */
    TRAIT_EERD_8254X = 1 << 1,     /* EERD as in the 82540 */
    TRAIT_SLOW_NVM = 1 << 2,       /* 20 ms instead of 5 until the EEPROM is read after a reset, and no flag that says so */
    TRAIT_TWO_PORTS = 1 << 3,      /* one EEPROM for two functions; the second's MAC differs in the last bit */
    TRAIT_MANC = 1 << 4,           /* the ASF firmware may answer ARP itself */
    TRAIT_SWSM = 1 << 5,           /* the PHY is shared with firmware and the other port under SWSM */
    TRAIT_MDIO_OWNERSHIP = 1 << 6, /* … with firmware under EXTCNF_CTRL */
    TRAIT_DRV_LOAD_SWSM = 1 << 7,  /* DRV_LOAD is in SWSM instead of CTRL_EXT */
    TRAIT_ASPM_HANGS = 1 << 8,     /* errata of the 82573, 82574, 82583: transmit hangs under ASPM L0s, too, and not only L1 */
    TRAIT_NO_JUMBO = 1 << 9,
    TRAIT_DWORD_END = 1 << 10, /* 82544 on PCI-X hangs when a transmit buffer ends in dword 0 of a quadword */
    TRAIT_IO_RESET = 1 << 11,  /* asked for its reset by memory it may never acknowledge the write: by I/O port */
    TRAIT_CTRL_DUP = 1 << 12,  /* … by CTRL's shadow */
    TRAIT_PHY_FIRST = 1 << 13, /* the PHY is to be reset before the MAC, and set up by hand after it */
    TRAIT_EE_RST = 1 << 14,    /* does not read its EEPROM after a reset unless told */
    TRAIT_QUAD = 1 << 15,      /* the 82546GB's cards of four ports */

    /* One of the 8257x, for e1000_quirks.c. */
    TRAIT_82571 = 1 << 16,
    TRAIT_82572 = 1 << 17,
    TRAIT_82573 = 1 << 18,
    TRAIT_82574 = 1 << 19, /* and the 82583 */

    TRAIT_FUSES = 1 << 20, /* TRAIT_PHY_FIRST, and its analogue part is trimmed by hand, too */
};

struct e1000_model {
    uint32_t traits;
    uint16_t device_id;
    const char *name;
};

/* The model of a device, or NULL. */
const struct e1000_model *e1000_find_model(const struct pci_device *device);

#define E1000_GROUPS 32 /* multicast groups that the filter is set for; all are let through when there are more */

/* A ring and its buffers. Addresses that end in _bus are the card's. */
struct e1000_ring {
    void *descriptors; /* struct e1000_rx_descriptor or e1000_tx_descriptor */
    uint8_t *buffers;
    uint64_t descriptors_bus, buffers_bus;
    uint32_t buffer_size;
    uint16_t buffer_count;
    uint16_t count; /* of descriptors: a power of two, not below buffer_count */
};

struct e1000_rx {
    struct e1000_ring ring;
    uint16_t *slot_of; /* which buffer a descriptor carries */
    uint16_t *free;    /* stack of buffers that neither the card nor the caller has */
    uint8_t *held;     /* by slot: the caller has it */
    uint16_t next;     /* the descriptor that the card fills next */
    uint16_t tail;     /* what RDT is */
    uint16_t posted;   /* descriptors the card has; at most ring.count - 1, as RDH == RDT means none */
    uint16_t free_count;
    bool discarding; /* in the middle of a frame that is longer than a buffer */
};

struct e1000_tx {
    struct e1000_ring ring;
    uint8_t *width;   /* by first descriptor of a frame: how many it has */
    uint32_t longest; /* frame, without FCS */
    uint16_t next;    /* the descriptor that is written next */
    uint16_t tail;    /* what TDT is */
    uint16_t clean;   /* the oldest descriptor that the card has not reported */
    uint16_t used;
    uint16_t frames;      /* in the ring, with a buffer each */
    uint16_t next_buffer; /* they are used in turn */
    bool has_context;
    uint32_t context_ip, context_tcp; /* the checksum context that the card holds */
    deadline_t stuck_after;           /* when clean != tail: without progress until then the card hangs */
};

/* Lives in nic->state. */
struct e1000 {
    struct pci_device *device;
    const struct e1000_model *model;
    uint32_t rctl; /* RCTL while receiving; 0 when it is not to be any more */
    uint16_t mtu;
    uint16_t groups[E1000_GROUPS]; /* the bits of MTA that are set */
    uint8_t group_count;
    bool all_multicast;
    bool running; /* rings are valid and the card works on them */
    bool paused;
    bool rx_stopped;        /* while paused: by RCTL.EN, an 8257x alone */
    bool parked;            /* hears unicast alone, an 8257x */
    bool tx_stopped;        /* while paused: frames are left in the ring */
    deadline_t retry_after; /* when the card did not come out of a reset */
    struct e1000_rx rx;
    struct e1000_tx tx;
    struct nic_statistics statistics;
} __attribute__((may_alias));

_Static_assert(sizeof(struct e1000) <= NIC_STATE_SIZE, "struct e1000 fits nic->state");

static inline struct e1000 *e1000_of(struct nic *nic)
{
    return (struct e1000 *)nic->state;
}

static inline uint32_t e1000_read(const struct e1000 *e1000, uint32_t offset)
{
    return platform_register_read32(e1000->device, 0, offset);
}

static inline void e1000_write(const struct e1000 *e1000, uint32_t offset, uint32_t value)
{
    platform_register_write32(e1000->device, 0, offset, value);
}

static inline bool e1000_has(const struct e1000 *e1000, enum e1000_trait trait)
{
    return e1000->model->traits & trait;
}

/* ---- e1000_reset.c ---- */

/* Polls a register until its bits under `mask` read `value`. False after `milliseconds`. */
bool e1000_wait(const struct e1000 *e1000, uint32_t offset, uint32_t mask, uint32_t value, uint32_t milliseconds);

/* Sets a bit that sticks only when whoever shares the card, its firmware, lets it. False after `milliseconds`. */
bool e1000_set_sticky_bit(const struct e1000 *e1000, uint32_t offset, uint32_t bit, uint32_t milliseconds);

/*
 * Masks interrupts, switches receive and transmit off and resets the card by CTRL.RST, from whatever state it was in. Waits 6 to
 * 320 ms. Afterwards registers have their initial values and what errata demand, RAL/RAH what the EEPROM holds; the link stays
 * up, but that of TRAIT_PHY_FIRST. Fails with E_NIC_REGISTERS when the card does not answer, E_NIC_RESET when the reset does not
 * end.
 */
enum status e1000_reset(const struct e1000 *e1000);

/* Tells management firmware whether a driver runs the card; without effect on cards that have no bit for it. */
void e1000_announce_driver(const struct e1000 *e1000, bool loaded);

/* ---- e1000_quirks.c ---- */

/* After a reset: what errata of this part demand of its registers. */
void e1000_apply_quirks(const struct e1000 *e1000);

/* ---- e1000_phy.c ---- */

/*
 * Sets the link up and lets it negotiate; wakes a PHY that an OS has powered down. Does not wait for the link. A PHY that does
 * not answer within 5 ms, or that the firmware or the other port keeps for longer than 50 ms, is left as it is.
 */
void e1000_start_link(const struct e1000 *e1000);

/* With TRAIT_PHY_FIRST, after the reset: what the PHY wants before it serves well. Waits 65 ms. */
void e1000_set_up_phy(const struct e1000 *e1000);

/* ---- e1000_nvm.c ---- */

/*
 * What RAL/RAH 0 hold; whether it is in use and the address of a single card. Read before the reset it is what the firmware
 * wants: that of a blade's chassis, which the EEPROM does not know.
 */
bool e1000_read_rar(const struct e1000 *e1000, uint8_t mac[NIC_MAC_LENGTH]);

/*
 * For a card whose RAL/RAH held nothing before the reset: its MAC from them after it or, failing that, from the EEPROM. E_NIC_MAC
 * when none of them is the address of a single card.
 */
enum status e1000_read_mac(const struct e1000 *e1000, uint8_t mac[NIC_MAC_LENGTH]);

/* ---- e1000_memory.c ---- */

/* How many bytes e1000_take_memory() takes at most; from a page's beginning on, less by the largest alignment. */
size_t e1000_arena_size(const struct nic_config *config);

/*
 * Takes rings, buffers and their books from config->arena, sized after e1000->mtu, and says so in rx and tx. E_NIC_MEMORY;
 * nothing is taken then.
 */
enum status e1000_take_memory(struct e1000 *e1000, const struct nic_config *config);

/* Tells the card where a ring of descriptors of `descriptor_size` bytes is, and that it is empty. `registers`: RDBAL or TDBAL. */
void e1000_place_ring(const struct e1000 *e1000, uint32_t registers, const struct e1000_ring *ring, size_t descriptor_size);

/* ---- e1000_rx.c ---- */

/* Bytes of a receive buffer, a power of two that the card knows: a frame of this MTU with VLAN tag and FCS fits. */
uint32_t e1000_rx_buffer_size(uint16_t mtu);

/* What RCTL is while receiving, with this MTU and list of groups. */
uint32_t e1000_rx_control(const struct e1000 *e1000);

/* After a reset: an empty ring, filled with all buffers that the caller does not hold; then receiving begins. */
void e1000_rx_start(struct e1000 *e1000);

/* Gives free buffers to the card, if there are enough of them to be worth a register write. */
void e1000_rx_refill(struct e1000 *e1000);

/* Hands received frames, at most `budget`, to nic->deliver(); damaged ones are counted and freed. Returns how many. */
unsigned e1000_rx_harvest(struct nic *nic, unsigned budget);

/* nic_driver.release */
void e1000_rx_release(struct nic *nic, const struct nic_frame *frame);

/* ---- e1000_tx.c ---- */

#define E1000_TX_BUFFER_UNIT 64u /* a cache line */

/* Bytes of a transmit buffer: a frame of this MTU with VLAN tag fits. */
uint32_t e1000_tx_buffer_size(uint16_t mtu);

/* After a reset: an empty ring; then transmitting begins. */
void e1000_tx_start(struct e1000 *e1000);

/* nic_driver.send. Within a poll the card is told at its end, by e1000_tx_flush(). */
enum status e1000_tx_send(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload);

/* Takes back the descriptors that the card has reported. Reads no register. */
void e1000_tx_reclaim(struct e1000 *e1000);

/* Tells the card of all frames that were written into the ring. */
void e1000_tx_tell(struct e1000 *e1000);

/* The same, if there are any that it was not told of. */
ALWAYS_INLINE void e1000_tx_flush(struct e1000 *e1000)
{
    if (e1000->tx.tail != e1000->tx.next)
        e1000_tx_tell(e1000);
}

/* From now on the card has 2 s until e1000_tx_hangs() says that it hangs. */
void e1000_tx_expect_progress(struct e1000 *e1000);

/* Whether frames have waited for 2 s although there is a link. */
bool e1000_tx_hangs(struct e1000 *e1000);

#endif
