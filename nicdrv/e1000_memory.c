/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings and buffers. What the card writes never crosses a 64 KiB boundary of the bus (82545 and 82546 specification update,
 * erratum 23); buffers are powers of two aligned to their size, rings likewise.
 */
#include "nicdrv/e1000.h"
#include "platform/bytes.h"

#define BOOK_ALIGNMENT      16 /* of what only the driver reads */
#define TX_BUFFER_ALIGNMENT 64 /* a cache line */

enum piece { RX_RING, RX_BUFFERS, RX_SLOT_OF, RX_FREE, RX_HELD, TX_RING, TX_BUFFERS, TX_WIDTH, MULTICAST, PIECES };

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
    wishes[RX_SLOT_OF] = (struct wish){rx_count * sizeof(uint16_t), BOOK_ALIGNMENT};
    wishes[RX_FREE] = (struct wish){rx_count * sizeof(uint16_t), BOOK_ALIGNMENT};
    wishes[RX_HELD] = (struct wish){rx_count, BOOK_ALIGNMENT};
    wishes[TX_RING] = (struct wish){tx_ring, tx_ring};
    wishes[TX_BUFFERS] = (struct wish){(size_t)tx_count * e1000_tx_buffer_size(mtu), TX_BUFFER_ALIGNMENT};
    wishes[TX_WIDTH] = (struct wish){tx_count, BOOK_ALIGNMENT};
    wishes[MULTICAST] = (struct wish){E1000_MTA_REGISTERS * sizeof(uint32_t), BOOK_ALIGNMENT};
}

/* Enough of an arena for take_aligned_on_bus(), whatever it has used. */
static size_t room_for(const struct wish *wish)
{
    return wish->size + 2 * wish->alignment;
}

/* Like arena_take(), but beyond a page, to which virtual and bus address are certainly congruent, only the bus address is
 * aligned. */
static void *take_aligned_on_bus(struct arena *arena, const struct wish *wish)
{
    size_t sure = smaller_of((uint32_t)wish->alignment, PAGE_SIZE);
    uint8_t *bytes = arena_take(arena, wish->size + wish->alignment - sure, sure);
    if (!bytes)
        return NULL;
    return bytes + ((size_t)(0 - arena_bus(arena, bytes)) & (wish->alignment - 1));
}

size_t e1000_arena_size(const struct nic_config *config)
{
    struct wish wishes[PIECES];
    size_t sum = 0;
    list_wishes(wishes, config->rx_buffers, config->tx_buffers, config->mtu);
    for (unsigned i = 0; i < PIECES; i++)
        sum += room_for(&wishes[i]);
    return sum;
}

static struct e1000_ring ring_of(const struct arena *arena, void *descriptors, void *buffers, uint32_t buffer_size,
                                 uint16_t count)
{
    return (struct e1000_ring){
        .descriptors = descriptors,
        .buffers = buffers,
        .descriptors_bus = arena_bus(arena, descriptors),
        .buffers_bus = arena_bus(arena, buffers),
        .buffer_size = buffer_size,
        .count = count,
    };
}

enum status e1000_take_memory(struct e1000 *e1000, const struct nic_config *config)
{
    struct arena *arena = config->arena;
    struct wish wishes[PIECES];
    void *pieces[PIECES];
    list_wishes(wishes, config->rx_buffers, config->tx_buffers, e1000->mtu);
    for (unsigned i = 0; i < PIECES; i++) {
        pieces[i] = take_aligned_on_bus(arena, &wishes[i]);
        if (!pieces[i])
            return fail(E_NIC_MEMORY, "%u receive and %u transmit buffers need up to %zu bytes; %zu of %zu are free",
                        config->rx_buffers, config->tx_buffers, e1000_arena_size(config), arena->size - arena->used, arena->size);
    }

    e1000->rx.ring = ring_of(arena, pieces[RX_RING], pieces[RX_BUFFERS], e1000_rx_buffer_size(e1000->mtu), config->rx_buffers);
    e1000->rx.slot_of = pieces[RX_SLOT_OF];
    e1000->rx.free = pieces[RX_FREE];
    e1000->rx.held = pieces[RX_HELD];
    e1000->tx.ring = ring_of(arena, pieces[TX_RING], pieces[TX_BUFFERS], e1000_tx_buffer_size(e1000->mtu), config->tx_buffers);
    e1000->tx.width = pieces[TX_WIDTH];
    e1000->multicast = pieces[MULTICAST];
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
