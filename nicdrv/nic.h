/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Ethernet card, polled. The card never raises an interrupt and only ever touches memory of the arena it was opened with.
 *
 * Order of calls: nic_probe → nic_open → any of link/send/poll/release/pause/resume → nic_close. After nic_close, or nic_pause,
 * the card does no DMA.
 */
#ifndef SANSTRAP_NIC_H
#define SANSTRAP_NIC_H

#include "platform/platform.h"

#define NIC_MAC_LENGTH 6

struct nic;

/* A received frame, from destination MAC to the last byte before the FCS. The holder gives it back with nic_release(). */
struct nic_frame {
    uint8_t *bytes;
    uint16_t length;
    bool ip_checksum_good; /* the card verified the IPv4 header checksum */
    bool l4_checksum_good; /* the card verified the TCP or UDP checksum */
    uint16_t slot;         /* the driver's own */
};

/* A piece of a frame to send. */
struct nic_span {
    const void *bytes;
    uint16_t length;
};

/*
 * What the card is to compute while it sends. The offsets count from the frame's first byte. The checksum fields in the frame
 * hold what the card needs: 0 in the IPv4 header, the pseudo-header's sum in TCP and UDP.
 */
struct nic_offload {
    bool ip_checksum;
    bool l4_checksum;
    uint16_t ip_header; /* offset of the IP header */
    uint16_t l4_header; /* offset of the TCP or UDP header */
    uint16_t l4_field;  /* offset of the checksum field in the frame */
};

struct nic_link {
    bool up;
    uint16_t megabits;
    bool full_duplex;
};

struct nic_statistics {
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
    uint64_t rx_errors; /* frames the card marked as damaged, or longer than a buffer */
    uint64_t rx_missed; /* frames lost because no descriptor or FIFO space was free */
    uint64_t tx_errors;
    uint64_t tx_full; /* send() calls that found no free descriptor */
    uint32_t resets;  /* recoveries from a hang */
};

struct nic_config {
    struct arena *arena; /* rings and buffers are taken from here; nothing is allocated after nic_open() */
    uint16_t rx_buffers; /* power of two, 8..4096 */
    uint16_t tx_buffers; /* power of two, 8..4096 */
    uint16_t mtu;        /* bytes of IP packet, 576..9000; buffers are sized after it */
    const uint8_t *mac;  /* overrides the card's own when not NULL */
};

struct nic_driver {
    const char *name;
    bool (*probe)(const struct pci_device *device);
    enum status (*open)(struct nic *nic, const struct nic_config *config);
    void (*read_link)(struct nic *nic, struct nic_link *link);
    enum status (*send)(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload);
    unsigned (*poll)(struct nic *nic, unsigned budget);
    void (*release)(struct nic *nic, const struct nic_frame *frame);
    void (*pause)(struct nic *nic);
    void (*resume)(struct nic *nic);
    enum status (*set_multicast)(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count);
    void (*read_statistics)(struct nic *nic, struct nic_statistics *statistics);
    void (*close)(struct nic *nic);
};

/* The caller's to place and to zero; the members below are for reading, `state` is the driver's. */
struct nic {
    const struct nic_driver *driver;
    struct pci_device *device;
    uint8_t mac[NIC_MAC_LENGTH];
    uint16_t mtu;
    bool offloads_tx_checksums;
    const char *model; /* e.g. "82545EM" */

    /* Called by poll for each frame, which then belongs to it until nic_release(). May call nic_send() and nic_release(). */
    void (*deliver)(void *context, const struct nic_frame *frame);
    void *deliver_context;

    uint64_t state[128];
};

/* The driver for this device, or NULL. Touches nothing but configuration space. */
const struct nic_driver *nic_probe(const struct pci_device *device);

/*
 * Resets the card, masks its interrupts, reads its MAC, sets its rings up and starts it. Does not wait for the link.
 * E_NIC_REGISTERS, E_NIC_RESET, E_NIC_MAC, E_NIC_MEMORY, E_INVALID_ARGUMENT; on failure the card is left quiet.
 */
enum status nic_open(struct nic *nic, struct pci_device *device, const struct nic_config *config);

/* How much of an arena nic_open() takes at most for this configuration, alignment included. */
size_t nic_arena_size(const struct nic_config *config);

/* The link as it is now. Reads registers: not for the fast path. */
static inline void nic_link(struct nic *nic, struct nic_link *link)
{
    nic->driver->read_link(nic, link);
}

/*
 * Copies the spans, in order, as one frame (without FCS; short ones are padded) into a transmit buffer and hands it to the card.
 * `offload` may be NULL. Returns OK, E_NIC_BUSY when no descriptor is free (try again after a poll), E_FRAME_SIZE.
 */
static inline enum status nic_send(struct nic *nic, const struct nic_span *spans, unsigned count,
                                   const struct nic_offload *offload)
{
    return nic->driver->send(nic, spans, count, offload);
}

/* Hands at most `budget` received frames to deliver(), recovers from overruns and hangs; returns how many. Reads no register when
 * idle. */
static inline unsigned nic_poll(struct nic *nic, unsigned budget)
{
    return nic->driver->poll(nic, budget);
}

/* Gives a frame's buffer back to the card. In any order; once per frame. */
static inline void nic_release(struct nic *nic, const struct nic_frame *frame)
{
    nic->driver->release(nic, frame);
}

/* Stops all DMA after what is under way (bounded), keeping rings, received frames and link; and goes on. Both are cheap. */
static inline void nic_pause(struct nic *nic)
{
    nic->driver->pause(nic);
}
static inline void nic_resume(struct nic *nic)
{
    nic->driver->resume(nic);
}

/* Replaces the list of multicast groups received beside broadcast and our own MAC. Over-approximates when the card's filter is
 * small. */
static inline enum status nic_set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count)
{
    return nic->driver->set_multicast(nic, groups, count);
}

static inline void nic_statistics(struct nic *nic, struct nic_statistics *statistics)
{
    nic->driver->read_statistics(nic, statistics);
}

/* Stops the card: no DMA, interrupts masked, bus mastering off. */
static inline void nic_close(struct nic *nic)
{
    nic->driver->close(nic);
}

#endif
