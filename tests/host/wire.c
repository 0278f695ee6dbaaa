/* SPDX-License-Identifier: BSD-2-Clause */
/* The NIC whose cable ends in the test. */
#include "tests/host/wire.h"

#include <stdlib.h>
#include <string.h>

#include "platform/bytes.h"
#include "platform/frame.h"
#include "tests/host/internet_sum.h"
#include "tests/host/nic_double.h"

#define QUEUE 4096

struct flying_frame {
    uint64_t due;
    unsigned length;
    uint8_t bytes[WIRE_FRAME];
};

struct wire wire;
bool wire_offloads;
static struct flying_frame queue[QUEUE];
static unsigned first, count;
static struct nic_double card;

static bool chance(unsigned in_1000)
{
    uint32_t random;
    platform_random(&random, sizeof random);
    return random % 1000 < in_1000;
}

static void enqueue(const void *frame, unsigned length)
{
    if (count == QUEUE || length > WIRE_FRAME)
        return;

    struct flying_frame *last = &queue[(first + count++) % QUEUE];
    last->due = platform_ticks() + wire.delay_us * platform_ticks_per_ms() / 1000;
    last->length = length;
    memcpy(last->bytes, frame, length);

    if (count >= 2 && chance(wire.reorder)) {
        struct flying_frame *before = &queue[(first + count - 2) % QUEUE], swap = *before;
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
    if (begin > field || field + 2 > end)
        abort();
    put_be16(frame + field, ~internet_fold(internet_sum(frame + begin, end - begin, 0)) & 0xFFFFu);
}

static void compute_checksums(uint8_t *frame, unsigned length, const struct nic_offload *offload)
{
    if (offload->ip_checksum)
        insert_sum(frame, offload->ip_header, offload->ip_header + (frame[offload->ip_header] & 0x0F) * 4u,
                   offload->ip_header + IPV4_CHECKSUM);
    if (offload->l4_checksum)
        insert_sum(frame, offload->l4_header, length, offload->l4_field);
    wire.offloaded++;
}

static enum status count_oversized(void)
{
    wire.oversized++;
    return E_FRAME_SIZE;
}

static bool is_tagged(const uint8_t *frame, unsigned length)
{
    return length > ETHERNET_HEADER && get_be16(frame + ETHERNET_TYPE) == ETHERTYPE_VLAN;
}

static enum status wire_send(struct nic *nic, const struct nic_span *spans, unsigned span_count,
                             const struct nic_offload *offload)
{
    if (offload && !nic->offloads_tx_checksums)
        return fail(E_INVALID_ARGUMENT, "this card computes nothing");
    if (wire.busy) {
        wire.busy--;
        return E_NIC_BUSY;
    }
    if (wire.broken) {
        wire.broken--;
        return fail(E_INVALID_ARGUMENT, "the card refuses the frame");
    }

    unsigned length = 0;
    uint8_t frame[WIRE_FRAME];
    for (unsigned i = 0; i < span_count; i++) {
        if (length + spans[i].length > sizeof frame)
            return count_oversized();
        memcpy(frame + length, spans[i].bytes, spans[i].length);
        length += spans[i].length;
    }
    if (length > nic->mtu + ETHERNET_HEADER + (is_tagged(frame, length) ? VLAN_TAG : 0))
        return count_oversized();

    if (offload)
        compute_checksums(frame, length, offload);
    wire.frames_sent++;
    wire.waiting++;
    if (wire.sent && !chance(wire.loss))
        wire.sent(frame, length);
    return OK;
}

static void wire_flush(struct nic *nic)
{
    (void)nic;
    wire.waiting = 0;
}

static unsigned wire_poll(struct nic *nic, unsigned budget)
{
    unsigned done = 0;

    while (done < budget && count && !card.paused && queue[first].due <= platform_ticks()) {
        struct flying_frame *arrived = &queue[first];
        first = (first + 1) % QUEUE;
        count--;
        uint8_t *buffer = nic_double_buffer(&card);
        if (!buffer) {
            wire.starved++;
            continue;
        }

        memcpy(buffer, arrived->bytes, arrived->length);
        struct nic_frame frame = nic_double_frame(&card, (uint16_t)arrived->length);
        frame.ip_checksum_good = frame.l4_checksum_good = wire.verified;
        if (++wire.held > wire.held_most)
            wire.held_most = wire.held;
        done++;
        nic->deliver(nic->deliver_context, &frame);
    }
    wire_flush(nic);
    return done;
}

static void wire_release(struct nic *nic, const struct nic_frame *frame)
{
    memset(frame->bytes, 0xDD, WIRE_FRAME); /* the card may overwrite it at once */
    nic_double_release(nic, frame);
    wire.held--;
}

static void wire_read_link(struct nic *nic, struct nic_link *link)
{
    (void)nic;
    *link = (struct nic_link){.up = !wire.unplugged, .megabits = wire.unplugged ? 0 : 1000, .full_duplex = !wire.unplugged};
}

static void wire_pause(struct nic *nic)
{
    wire.rests++;
    wire_flush(nic);
    nic_double_pause(nic);
}

static void wire_park(struct nic *nic)
{
    wire.rests++;
    wire_flush(nic);
    nic_double_park(nic);
}

static void wire_resume(struct nic *nic)
{
    wire.wakes++;
    nic_double_resume(nic);
}

bool wire_is_parked(void)
{
    return card.parked;
}

bool wire_is_paused(void)
{
    return card.paused;
}

static const struct nic_driver driver = {
    .name = "wire",
    .read_link = wire_read_link,
    .send = wire_send,
    .flush = wire_flush,
    .poll = wire_poll,
    .release = wire_release,
    .pause = wire_pause,
    .resume = wire_resume,
    .park = wire_park,
    .set_multicast = nic_double_set_multicast,
};

void wire_open(struct nic *nic, struct arena *arena, unsigned rx_buffers, uint16_t mtu)
{
    static const uint8_t mac[NIC_MAC_LENGTH] = {0x02, 0, 0, 0, 0, 0x01};
    struct nic_config config = {.arena = arena, .rx_buffers = (uint16_t)rx_buffers, .mtu = mtu};

    memset(&wire, 0, sizeof wire);
    first = count = 0;
    if (nic_double_open(nic, &card, &driver, &config, WIRE_FRAME, mac) != OK)
        abort();
    nic->offloads_tx_checksums = wire_offloads;
}
