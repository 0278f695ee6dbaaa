/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receiving. A buffer is at any time in one of three places: with the card (in the ring), with the caller (held) or free. The
 * ring has at least as many descriptors as there are buffers, is refilled in order with whatever buffers are free, and thus does
 * not care in which order the caller gives them back. One descriptor always stays empty: RDH == RDT means that the card has none.
 */
#include <string.h>

#include "nicdrv/e1000.h"
#include "platform/bytes.h"
#include "platform/frame.h"

#define REFILL_BATCH 32u

uint32_t e1000_rx_buffer_size(uint16_t mtu)
{
    uint32_t size = 2048;
    while (size < mtu + ETHERNET_HEADER + VLAN_TAG + ETHERNET_FCS)
        size *= 2;
    return size;
}

static uint32_t buffer_size_bits(uint32_t size)
{
    switch (size) {
    case 4096:
        return E1000_RCTL_BSEX | E1000_RCTL_BSIZE_4096;
    case 8192:
        return E1000_RCTL_BSEX | E1000_RCTL_BSIZE_8192;
    case 16384:
        return E1000_RCTL_BSEX | E1000_RCTL_BSIZE_16384;
    default:
        return E1000_RCTL_BSIZE_2048;
    }
}

uint32_t e1000_rx_control(const struct e1000 *e1000)
{
    /* Without LPE the card itself drops what exceeds 1522 bytes with FCS. */
    return E1000_RCTL_EN | E1000_RCTL_BAM | E1000_RCTL_SECRC | buffer_size_bits(e1000_rx_buffer_size(e1000->mtu)) |
           (e1000->mtu > NIC_MTU_DEFAULT ? E1000_RCTL_LPE : 0) | (e1000->all_multicast ? E1000_RCTL_MPE : 0);
}

void e1000_rx_start(struct e1000 *e1000)
{
    struct e1000_rx *rx = &e1000->rx;
    memset(rx->ring.descriptors, 0, rx->ring.count * sizeof(struct e1000_rx_descriptor));
    rx->next = rx->tail = rx->posted = rx->free_count = 0;
    rx->discarding = false;
    for (uint16_t slot = 0; slot < rx->ring.buffer_count; slot++)
        if (!rx->held[slot])
            rx->free[rx->free_count++] = slot;

    e1000_place_ring(e1000, E1000_RDBAL, &rx->ring, sizeof(struct e1000_rx_descriptor));
    e1000_write(e1000, E1000_RDTR, 0);
    if (e1000_has(e1000, TRAIT_PCIE)) {
        /* QEMU's 82574 keeps over a reset what an OS had set: a second queue. */
        e1000_write(e1000, E1000_RXDCTL, E1000_RXDCTL_DEFAULT);
        e1000_write(e1000, E1000_MRQC, 0);
    }
    e1000_write(e1000, E1000_RXCSUM, E1000_RXCSUM_IPOFLD | E1000_RXCSUM_TUOFLD);

    e1000->rctl = e1000_rx_control(e1000);
    if (e1000_read(e1000, E1000_RCTL) != e1000->rctl)
        e1000_write(e1000, E1000_RCTL, e1000->rctl);
    e1000_rx_refill(e1000);
}

void e1000_rx_refill(struct e1000 *e1000)
{
    struct e1000_rx *rx = &e1000->rx;
    uint16_t count = rx->ring.count;
    unsigned fillable = smaller_of(count - 1u - rx->posted, rx->free_count);
    /* RDT is costly to write: in batches, unless the card is getting short of descriptors. */
    if (fillable == 0 || (fillable < smaller_of(count / 8, REFILL_BATCH) && rx->posted >= count / 2))
        return;

    struct e1000_rx_descriptor *descriptors = rx->ring.descriptors;
    for (unsigned i = 0; i < fillable; i++) {
        uint16_t slot = rx->free[--rx->free_count];
        descriptors[rx->tail].address = rx->ring.buffers_bus + (uint64_t)slot * rx->ring.buffer_size;
        descriptors[rx->tail].status = 0;
        rx->slot_of[rx->tail] = slot;
        rx->tail = (rx->tail + 1) & (count - 1);
    }
    rx->posted = (uint16_t)(rx->posted + fillable);

    platform_barrier();
    e1000_write(e1000, E1000_RDT, rx->tail);
}

/* Whether what a descriptor reports is a whole, sound frame. Counts what is not. */
static bool accept_descriptor(struct e1000 *e1000, uint8_t status, uint8_t errors, uint16_t length)
{
    struct e1000_rx *rx = &e1000->rx;
    bool ends = status & E1000_RXD_STATUS_EOP;

    if (rx->discarding) {
        rx->discarding = !ends;
        return false;
    }
    rx->discarding = !ends;

    if (ends && !(errors & E1000_RXD_ERRORS_DAMAGED) && length > 0 && length <= rx->ring.buffer_size)
        return true;
    e1000->statistics.rx_errors++;
    return false;
}

unsigned e1000_rx_harvest(struct nic *nic, unsigned budget)
{
    struct e1000 *e1000 = e1000_of(nic);
    struct e1000_rx *rx = &e1000->rx;
    const volatile struct e1000_rx_descriptor *descriptors = rx->ring.descriptors;
    unsigned handed = 0;
    while (handed < budget && rx->posted > 0) {
        const volatile struct e1000_rx_descriptor *descriptor = &descriptors[rx->next];
        uint8_t status = descriptor->status;
        if (!(status & E1000_RXD_STATUS_DD))
            break;

        platform_barrier();
        uint8_t errors = descriptor->errors;
        uint16_t length = descriptor->length;
        uint16_t slot = rx->slot_of[rx->next];
        rx->next = (rx->next + 1) & (rx->ring.count - 1);
        rx->posted--;
        if (!accept_descriptor(e1000, status, errors, length)) {
            rx->free[rx->free_count++] = slot;
            continue;
        }

        bool verified = !(status & E1000_RXD_STATUS_IXSM);
        struct nic_frame frame = {
            .bytes = rx->ring.buffers + (size_t)slot * rx->ring.buffer_size,
            .length = length,
            .ip_checksum_good = verified && status & E1000_RXD_STATUS_IPCS && !(errors & E1000_RXD_ERRORS_IPE),
            .l4_checksum_good = verified && status & E1000_RXD_STATUS_TCPCS && !(errors & E1000_RXD_ERRORS_TCPE),
            .slot = slot,
        };
        rx->held[slot] = true;
        e1000->statistics.rx_frames++;
        e1000->statistics.rx_bytes += length;
        handed++;
        nic->deliver(nic->deliver_context, &frame);
    }
    return handed;
}

void e1000_rx_release(struct nic *nic, const struct nic_frame *frame)
{
    struct e1000_rx *rx = &e1000_of(nic)->rx;
    if (frame->slot >= rx->ring.buffer_count || !rx->held[frame->slot])
        return; /* a second release would put one buffer into the ring twice */
    rx->held[frame->slot] = false;
    rx->free[rx->free_count++] = frame->slot;
}
