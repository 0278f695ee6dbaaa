/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/wire.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE 4096
#define SLOTS 1024

struct flying {
    uint64_t due;
    unsigned length;
    uint8_t bytes[WIRE_FRAME];
};

struct wire wire;
bool wire_offloads;
static struct flying queue[QUEUE];
static unsigned first, count;
static uint8_t *buffers;
static uint16_t free_slots[SLOTS];
static unsigned free_count, slots;
static bool paused, slot_out[SLOTS];

static bool chance(unsigned in_1000)
{
    uint32_t random;

    platform_random(&random, sizeof random);
    return random % 1000 < in_1000;
}

static void enqueue(const void *frame, unsigned length)
{
    struct flying *last;

    if (count == QUEUE || length > WIRE_FRAME)
        return;
    last = &queue[(first + count++) % QUEUE];
    last->due = platform_ticks() + wire.delay_us * platform_ticks_per_ms() / 1000;
    last->length = length;
    memcpy(last->bytes, frame, length);
    if (count >= 2 && chance(wire.reorder)) {
        struct flying *before = &queue[(first + count - 2) % QUEUE], swap = *before;

        *before = *last;
        *last = swap;
    }
}

void wire_inject(const void *frame, unsigned length)
{
    if (chance(wire.loss))
        return;
    enqueue(frame, length);
    if (chance(wire.duplicate))
        enqueue(frame, length);
}

/* The one's complement sum of all from `begin` to `end`, complemented, goes to `field`: no more is in a card. */
static void insert_sum(uint8_t *frame, unsigned begin, unsigned end, unsigned field)
{
    uint32_t sum = 0;

    if (begin > field || field + 2 > end)
        abort();
    for (unsigned i = begin; i < end; i++)
        sum += (i - begin) & 1 ? frame[i] : (uint32_t)frame[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    frame[field] = (uint8_t)(~sum >> 8);
    frame[field + 1] = (uint8_t)~sum;
}

static void compute(uint8_t *frame, unsigned length, const struct nic_offload *offload)
{
    if (offload->ip_checksum)
        insert_sum(frame, offload->ip_header, offload->ip_header + (frame[offload->ip_header] & 0x0F) * 4u,
                   offload->ip_header + 10);
    if (offload->l4_checksum)
        insert_sum(frame, offload->l4_header, length, offload->l4_field);
    wire.offloaded++;
}

static enum status oversized(void)
{
    wire.oversized++;
    return E_FRAME_SIZE;
}

static enum status send_frame(struct nic *nic, const struct nic_span *spans, unsigned span_count,
                              const struct nic_offload *offload)
{
    uint8_t frame[WIRE_FRAME];
    unsigned length = 0;

    if (offload && !nic->offloads_tx_checksums)
        return fail(E_INVALID_ARGUMENT, "this card computes nothing");
    if (wire.busy) {
        wire.busy--;
        return E_NIC_BUSY;
    }
    for (unsigned i = 0; i < span_count; i++) {
        if (length + spans[i].length > sizeof frame)
            return oversized();
        memcpy(frame + length, spans[i].bytes, spans[i].length);
        length += spans[i].length;
    }
    if (length > nic->mtu + (length > 14 && frame[12] == 0x81 && frame[13] == 0x00 ? 18u : 14u))
        return oversized();
    if (offload)
        compute(frame, length, offload);
    wire.frames_sent++;
    if (wire.sent && !chance(wire.loss))
        wire.sent(frame, length);
    return OK;
}

static unsigned poll_frames(struct nic *nic, unsigned budget)
{
    unsigned done = 0;

    while (done < budget && count && !paused && queue[first].due <= platform_ticks()) {
        struct flying *arrived = &queue[first];
        uint16_t slot;

        first = (first + 1) % QUEUE;
        count--;
        if (free_count == 0) {
            wire.starved++;
            continue;
        }
        slot = free_slots[--free_count];
        slot_out[slot] = true;
        if (++wire.held > wire.held_most)
            wire.held_most = wire.held;
        memcpy(buffers + slot * WIRE_FRAME, arrived->bytes, arrived->length);
        done++;
        nic->deliver(nic->deliver_context, &(struct nic_frame){.bytes = buffers + slot * WIRE_FRAME,
                                                               .length = (uint16_t)arrived->length,
                                                               .ip_checksum_good = wire.verified,
                                                               .l4_checksum_good = wire.verified,
                                                               .slot = slot});
    }
    return done;
}

static void release_frame(struct nic *nic, const struct nic_frame *frame)
{
    (void)nic;
    if (!slot_out[frame->slot])
        abort(); /* given back twice */
    slot_out[frame->slot] = false;
    memset(buffers + frame->slot * WIRE_FRAME, 0xDD, WIRE_FRAME); /* the card may overwrite it at once */
    free_slots[free_count++] = frame->slot;
    wire.held--;
}

static void pause_wire(struct nic *nic)
{
    (void)nic;
    paused = true;
}

static void resume_wire(struct nic *nic)
{
    (void)nic;
    paused = false;
}

static enum status set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned group_count)
{
    (void)nic;
    (void)groups;
    (void)group_count;
    return OK;
}

static void read_link(struct nic *nic, struct nic_link *link)
{
    (void)nic;
    *link = (struct nic_link){.up = !wire.unplugged, .megabits = wire.unplugged ? 0 : 1000, .full_duplex = !wire.unplugged};
}

static const struct nic_driver driver = {
    .name = "wire",
    .read_link = read_link,
    .send = send_frame,
    .poll = poll_frames,
    .release = release_frame,
    .pause = pause_wire,
    .resume = resume_wire,
    .set_multicast = set_multicast,
};

void wire_open(struct nic *nic, struct arena *arena, unsigned rx_buffers, uint16_t mtu)
{
    static const uint8_t mac[NIC_MAC_LENGTH] = {0x02, 0, 0, 0, 0, 0x01};

    memset(&wire, 0, sizeof wire);
    memset(slot_out, 0, sizeof slot_out);
    memset(nic, 0, sizeof *nic);
    first = count = 0;
    paused = false;
    slots = free_count = rx_buffers;
    for (unsigned i = 0; i < rx_buffers; i++)
        free_slots[i] = (uint16_t)i;
    buffers = arena_take(arena, slots * WIRE_FRAME, 64);
    nic->driver = &driver;
    memcpy(nic->mac, mac, sizeof mac);
    nic->mtu = mtu;
    nic->offloads_tx_checksums = wire_offloads;
}
