/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings and buffers. What the card writes never crosses a 64 KiB boundary of the bus (82545 and 82546 specification update,
 * erratum 23); buffers are powers of two aligned to their size, rings likewise.
 */
#include "nicdrv/e1000.h"

#define PAGE 4096u /* what virtual and bus address are certainly congruent to */

struct piece {
    void *bytes;
    uint64_t bus;
};

/* Enough of an arena for take(), whatever it has used. */
static size_t room(size_t size, size_t alignment)
{
    return size + 2 * alignment;
}

/* Like arena_take(), but only the bus address is aligned beyond a page. */
static bool take(struct arena *arena, struct piece *piece, size_t size, size_t alignment)
{
    size_t sure = alignment < PAGE ? alignment : PAGE;
    uint8_t *bytes = arena_take(arena, size + alignment - sure, sure);
    if (bytes == NULL)
        return false;
    size_t skip = (size_t)(0 - arena_bus(arena, bytes)) & (alignment - 1);
    piece->bytes = bytes + skip;
    piece->bus = arena_bus(arena, piece->bytes);
    return true;
}

enum { RX_RING, RX_BUFFERS, RX_SLOT_OF, RX_FREE, RX_HELD, TX_RING, TX_BUFFERS, TX_WIDTH, MULTICAST, PIECES };

struct wish {
    size_t size, alignment;
};

static void list_wishes(struct wish wishes[PIECES], uint16_t rx_count, uint16_t tx_count, uint16_t mtu)
{
    size_t rx_ring = rx_count * sizeof(struct e1000_rx_descriptor);
    size_t tx_ring = tx_count * sizeof(struct e1000_tx_descriptor);
    uint32_t rx_buffer = e1000_rx_buffer_size(mtu);
    wishes[RX_RING] = (struct wish){rx_ring, rx_ring};
    wishes[RX_BUFFERS] = (struct wish){(size_t)rx_count * rx_buffer, rx_buffer};
    wishes[RX_SLOT_OF] = (struct wish){rx_count * sizeof(uint16_t), 16};
    wishes[RX_FREE] = (struct wish){rx_count * sizeof(uint16_t), 16};
    wishes[RX_HELD] = (struct wish){rx_count, 16};
    wishes[TX_RING] = (struct wish){tx_ring, tx_ring};
    wishes[TX_BUFFERS] = (struct wish){(size_t)tx_count * e1000_tx_buffer_size(mtu), 64};
    wishes[TX_WIDTH] = (struct wish){tx_count, 16};
    wishes[MULTICAST] = (struct wish){E1000_MTA_REGISTERS * sizeof(uint32_t), 16};
}

size_t nic_arena_size(const struct nic_config *config)
{
    struct wish wishes[PIECES];
    size_t sum = 0;
    list_wishes(wishes, config->rx_buffers, config->tx_buffers, config->mtu);
    for (unsigned i = 0; i < PIECES; i++)
        sum += room(wishes[i].size, wishes[i].alignment);
    return sum;
}

enum status e1000_take_memory(struct e1000 *e1000, const struct nic_config *config, uint16_t mtu)
{
    struct wish wishes[PIECES];
    struct piece pieces[PIECES];
    list_wishes(wishes, config->rx_buffers, config->tx_buffers, mtu);
    for (unsigned i = 0; i < PIECES; i++)
        if (!take(config->arena, &pieces[i], wishes[i].size, wishes[i].alignment))
            return fail(E_NIC_MEMORY, "%u receive and %u transmit buffers need up to %zu bytes; %zu of %zu are free",
                        config->rx_buffers, config->tx_buffers, nic_arena_size(config), config->arena->size - config->arena->used,
                        config->arena->size);

    struct e1000_rx *rx = &e1000->rx;
    rx->count = config->rx_buffers;
    rx->buffer_size = e1000_rx_buffer_size(mtu);
    rx->ring = pieces[RX_RING].bytes;
    rx->ring_bus = pieces[RX_RING].bus;
    rx->buffers = pieces[RX_BUFFERS].bytes;
    rx->buffers_bus = pieces[RX_BUFFERS].bus;
    rx->slot_of = pieces[RX_SLOT_OF].bytes;
    rx->free = pieces[RX_FREE].bytes;
    rx->held = pieces[RX_HELD].bytes;

    struct e1000_tx *tx = &e1000->tx;
    tx->count = config->tx_buffers;
    tx->buffer_size = e1000_tx_buffer_size(mtu);
    tx->ring = pieces[TX_RING].bytes;
    tx->ring_bus = pieces[TX_RING].bus;
    tx->buffers = pieces[TX_BUFFERS].bytes;
    tx->buffers_bus = pieces[TX_BUFFERS].bus;
    tx->width = pieces[TX_WIDTH].bytes;
    e1000->multicast = pieces[MULTICAST].bytes;
    return OK;
}
