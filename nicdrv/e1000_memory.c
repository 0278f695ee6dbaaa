/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings and buffers. What the card writes never crosses a 64 KiB boundary of the bus (82545 and 82546 specification update,
 * erratum 23); receive buffers are powers of two aligned to their size, rings likewise.
 *
 * All of it is one piece of the arena. What has the largest alignment lies first in it: sizes are multiples of alignments, so
 * that nothing is lost in between.
 */
#include "nicdrv/e1000.h"
#include "platform/bytes.h"

#define RING_MIN       8     /* descriptors: the length of a ring counts in 128 bytes */
#define BOOK_ALIGNMENT 16    /* of what only the driver reads */
#define ALIGNMENT_MAX  65536 /* of a ring of 4096 */

enum piece { RX_BUFFERS, RX_RING, TX_RING, TX_BUFFERS, RX_SLOT_OF, RX_FREE, RX_HELD, TX_WIDTH, PIECES };

/* Where everything lies, from the beginning of the one piece on. */
struct layout {
    size_t size[PIECES], alignment[PIECES], offset[PIECES];
    size_t whole, largest_alignment;
};

static uint16_t ring_length(uint16_t buffers)
{
    uint16_t count = RING_MIN;
    while (count < buffers)
        count *= 2;
    return count;
}

static void set_piece(struct layout *layout, enum piece piece, size_t size, size_t alignment)
{
    layout->size[piece] = (size + alignment - 1) & ~(alignment - 1);
    layout->alignment[piece] = alignment;
}

static void place_pieces(struct layout *layout)
{
    for (size_t alignment = ALIGNMENT_MAX; alignment >= BOOK_ALIGNMENT; alignment /= 2) {
        for (unsigned i = 0; i < PIECES; i++) {
            if (layout->alignment[i] != alignment)
                continue;
            if (layout->whole == 0)
                layout->largest_alignment = alignment;
            layout->offset[i] = layout->whole;
            layout->whole += layout->size[i];
        }
    }
}

static struct layout lay_out(const struct nic_config *config, uint16_t mtu)
{
    uint16_t rx_ring = ring_length(config->rx_buffers), tx_ring = ring_length(config->tx_buffers);
    size_t rx_bytes = rx_ring * sizeof(struct e1000_rx_descriptor), tx_bytes = tx_ring * sizeof(struct e1000_tx_descriptor);
    uint32_t rx_buffer = e1000_rx_buffer_size(mtu);
    struct layout layout = {.whole = 0};

    set_piece(&layout, RX_BUFFERS, (size_t)config->rx_buffers * rx_buffer, rx_buffer);
    set_piece(&layout, RX_RING, rx_bytes, rx_bytes);
    set_piece(&layout, TX_RING, tx_bytes, tx_bytes);
    set_piece(&layout, TX_BUFFERS, (size_t)config->tx_buffers * e1000_tx_buffer_size(mtu), E1000_TX_BUFFER_UNIT);
    set_piece(&layout, RX_SLOT_OF, rx_ring * sizeof(uint16_t), BOOK_ALIGNMENT);
    set_piece(&layout, RX_FREE, config->rx_buffers * sizeof(uint16_t), BOOK_ALIGNMENT);
    set_piece(&layout, RX_HELD, config->rx_buffers, BOOK_ALIGNMENT);
    set_piece(&layout, TX_WIDTH, tx_ring, BOOK_ALIGNMENT);
    place_pieces(&layout);
    return layout;
}

size_t e1000_arena_size(const struct nic_config *config)
{
    struct layout layout = lay_out(config, config->mtu);
    return layout.whole + layout.largest_alignment;
}

/*
 * Like arena_take(), but beyond a page, to which virtual and bus address are certainly congruent, only the bus address is
 * aligned.
 */
static uint8_t *take_aligned_on_bus(struct arena *arena, size_t size, size_t alignment)
{
    size_t sure = smaller_of((uint32_t)alignment, PAGE_SIZE);
    uint8_t *bytes = arena_take(arena, size + alignment - sure, sure);
    if (!bytes)
        return NULL;
    return bytes + ((size_t)(0 - arena_bus(arena, bytes)) & (alignment - 1));
}

static struct e1000_ring ring_at(const struct arena *arena, const struct layout *layout, uint8_t *memory, enum piece ring,
                                 enum piece buffers)
{
    return (struct e1000_ring){
        .descriptors = memory + layout->offset[ring],
        .buffers = memory + layout->offset[buffers],
        .descriptors_bus = arena_bus(arena, memory + layout->offset[ring]),
        .buffers_bus = arena_bus(arena, memory + layout->offset[buffers]),
    };
}

enum status e1000_take_memory(struct e1000 *e1000, const struct nic_config *config)
{
    struct arena *arena = config->arena;
    struct layout layout = lay_out(config, e1000->mtu);
    uint8_t *memory = take_aligned_on_bus(arena, layout.whole, layout.largest_alignment);
    if (!memory)
        return fail(E_NIC_MEMORY, "%u receive and %u transmit buffers need up to %zu bytes; %zu of %zu are free",
                    config->rx_buffers, config->tx_buffers, e1000_arena_size(config), arena->size - arena->used, arena->size);

    struct e1000_rx *rx = &e1000->rx;
    rx->ring = ring_at(arena, &layout, memory, RX_RING, RX_BUFFERS);
    rx->ring.buffer_size = e1000_rx_buffer_size(e1000->mtu);
    rx->ring.buffer_count = config->rx_buffers;
    rx->ring.count = ring_length(config->rx_buffers);
    rx->slot_of = (uint16_t *)(void *)(memory + layout.offset[RX_SLOT_OF]);
    rx->free = (uint16_t *)(void *)(memory + layout.offset[RX_FREE]);
    rx->held = memory + layout.offset[RX_HELD];

    struct e1000_tx *tx = &e1000->tx;
    tx->ring = ring_at(arena, &layout, memory, TX_RING, TX_BUFFERS);
    tx->ring.buffer_size = e1000_tx_buffer_size(e1000->mtu);
    tx->ring.buffer_count = config->tx_buffers;
    tx->ring.count = ring_length(config->tx_buffers);
    tx->width = memory + layout.offset[TX_WIDTH];
    return OK;
}

void e1000_place_ring(const struct e1000 *e1000, uint32_t registers, const struct e1000_ring *ring, size_t descriptor_size)
{
    e1000_write(e1000, registers + E1000_RING_BAL, (uint32_t)ring->descriptors_bus);
    e1000_write(e1000, registers + E1000_RING_BAH, (uint32_t)(ring->descriptors_bus >> 32));
    e1000_write(e1000, registers + E1000_RING_LEN, ring->count * (uint32_t)descriptor_size);
    e1000_write(e1000, registers + E1000_RING_H, 0);
    e1000_write(e1000, registers + E1000_RING_T, 0);
}
