/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Ethernet card, polled. The card never raises an interrupt and only ever touches memory of the arena it was opened with.
 *
 * Order of calls: nic_probe → nic_open → any of link/send/poll/release/pause/park/resume → nic_close. After nic_close the card
 * does no DMA, and after nic_pause as far as it can be stopped for a while. Callers use the nic_…() functions at the end; a
 * family of cards supplies a struct nic_driver and is listed in nicdrv/drivers.h, which is the only place that names it.
 */
#ifndef SANSTRAP_NIC_H
#define SANSTRAP_NIC_H

#include "platform/platform.h"

#define NIC_MAC_LENGTH 6
#define NIC_STATE_SIZE 512 /* bytes, of a driver's own */

/*
 * The MTU: bytes of an IP packet, without Ethernet's header. This is the one rule for what a card can be opened with, an
 * administrator can set and a DHCP server can give (option 26).
 */
#define NIC_MTU_MIN     576u  /* what every host must take, RFC 791 3.1 */
#define NIC_MTU_MAX     9000u /* the usual size of jumbo frames */
#define NIC_MTU_DEFAULT 1500u /* IEEE 802.3 */

static inline bool nic_mtu_is_valid(uint32_t mtu)
{
    return mtu >= NIC_MTU_MIN && mtu <= NIC_MTU_MAX;
}

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
    uint16_t megabits; /* Mbit/s; 0 without a link */
    bool full_duplex;
};

/* Counted since nic_open(). */
struct nic_statistics {
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes; /* without FCS; sent ones with their padding */
    uint64_t rx_errors;                                /* frames the card marked as damaged, or longer than a buffer */
    uint64_t rx_missed;                                /* frames lost because no descriptor or FIFO space was free */
    uint64_t tx_errors;                                /* frames that the card took and did not send */
    uint64_t tx_full;                                  /* nic_send() calls that were answered with E_NIC_BUSY */
    uint32_t resets;                                   /* recoveries from a hang */
};

#define NIC_BUFFERS_MIN 4
#define NIC_BUFFERS_MAX 4096

static inline bool nic_count_is_valid(uint16_t buffers)
{
    return buffers >= NIC_BUFFERS_MIN && buffers <= NIC_BUFFERS_MAX;
}

struct nic_config {
    struct arena *arena; /* of memory that the card reaches: rings and buffers are taken from here; nothing after nic_open() */
    uint16_t rx_buffers; /* NIC_BUFFERS_MIN..NIC_BUFFERS_MAX */
    uint16_t tx_buffers; /* likewise; frames that wait to be sent have one each */
    uint16_t mtu;        /* NIC_MTU_MIN..NIC_MTU_MAX; buffers are sized after it */
    const uint8_t *mac;  /* overrides the card's own when not NULL */
};

/*
 * What a family of cards supplies, every member of it. Only nic.c and the functions below call these, on the one thread; only
 * those that say so may wait. From open()'s OK to close() the card is running or paused.
 */
struct nic_driver {
    const char *name; /* of the family, for the log */

    /* Whether the driver drives this device. Looks at the IDs in *device and at configuration space, changes nothing. */
    bool (*probe)(const struct pci_device *device);

    /* As nic_arena_size(): an upper bound in bytes for a config that nic_open() accepts. Touches no hardware. */
    size_t (*arena_size)(const struct nic_config *config);

    /*
     * As nic_open(), which has checked *config and filled in driver, device and mtu; `state` is zero. Sets mac, model and
     * offloads_tx_checksums, and lowers mtu where the card cannot have it. May wait as long as a reset takes, 6 to 320 ms. The
     * card is running afterwards. On an error it does no DMA and raises no interrupt, unless platform_map_registers() has
     * failed, and close() is not called.
     */
    enum status (*open)(struct nic *nic, const struct nic_config *config);

    /* As nic_link(), also while paused. */
    void (*read_link)(struct nic *nic, struct nic_link *link);

    /* As nic_send(), also from within deliver(). While paused or out of order the answer is E_NIC_BUSY. */
    enum status (*send)(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload);

    /* As nic_flush(), also while paused. Reads no register. */
    void (*flush)(struct nic *nic);

    /*
     * As nic_poll(). Calls nic->deliver() for each frame, then takes back what was sent and gives the card what was released.
     * While paused nothing happens. Never waits, but for the reset that a hang makes necessary; what was in the rings is lost
     * then, and what the caller holds stays his. A card that does not come out of the reset is tried again later.
     */
    unsigned (*poll)(struct nic *nic, unsigned budget);

    /* As nic_release(), also from within deliver() and while paused. A frame that is not held is ignored. */
    void (*release)(struct nic *nic, const struct nic_frame *frame);

    /*
     * As nic_pause() and nic_resume(). pause() waits for what is being sent, 20 ms at most; what has not left then leaves after
     * resume(). It waits for what has been received and is not in memory yet, 2 ms at most. Calling either twice is harmless.
     */
    void (*pause)(struct nic *nic);
    void (*resume)(struct nic *nic);

    /* As nic_park(). Ends by resume(), too; not while paused. Never waits. */
    void (*park)(struct nic *nic);

    /* As nic_set_multicast(), also while paused. The list outlives resets. */
    enum status (*set_multicast)(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count);

    /* As nic_statistics(), also while paused. */
    void (*read_statistics)(struct nic *nic, struct nic_statistics *statistics);

    /*
     * As nic_close(), whether running or paused. May wait as long as a reset takes, and 20 ms at most for what is being sent.
     * Cannot fail: a card that does not obey is cut off from the bus. open() may follow.
     */
    void (*close)(struct nic *nic);

    /* As nic_silence(). May wait as long as a reset takes. open() may follow. */
    void (*silence)(struct pci_device *device);
};

/* The caller's to place and to zero; the members below are for reading, `state` is the driver's. */
struct nic {
    const struct nic_driver *driver;
    struct pci_device *device;
    uint8_t mac[NIC_MAC_LENGTH];
    uint16_t mtu;               /* what the card was opened with; less than the config's where it cannot have that */
    bool offloads_tx_checksums; /* nic_send() takes an offload */
    const char *model;          /* e.g. "82545EM" */

    /*
     * Set by the caller before nic_poll(), which calls it for each frame; the frame then belongs to it until nic_release(). May
     * call nic_send() and nic_release(), not nic_poll(), nic_pause() or nic_close().
     */
    void (*deliver)(void *context, const struct nic_frame *frame);
    void *deliver_context;

    uint64_t state[NIC_STATE_SIZE / sizeof(uint64_t)]; /* zero when open() is called */
};

/* The driver for this device, or NULL. Touches nothing but configuration space. */
const struct nic_driver *nic_probe(const struct pci_device *device);

/*
 * Opens the bridges above the card, wakes it if it sleeps, resets it, masks its interrupts, reads its MAC, sets its rings up and
 * starts it. Does not wait for the link. E_NIC_NONE without a driver, E_INVALID_ARGUMENT, E_NIC_RESET, E_NIC_MAC, E_NIC_MEMORY,
 * and the failures of platform_map_registers(). On failure the card is left without DMA and interrupts, unless
 * platform_map_registers() has failed.
 */
enum status nic_open(struct nic *nic, struct pci_device *device, const struct nic_config *config);

/*
 * How many bytes of an arena nic_open() takes at most for this device and configuration, alignment included; 0 without a driver.
 * An arena that begins at a page and is of the card's alone loses nothing to alignment.
 */
size_t nic_arena_size(const struct pci_device *device, const struct nic_config *config);

/*
 * Stops a card that another start has left running, in whatever state, by a reset where its registers can be reached, and takes
 * bus mastering from it. Who switches that on later finds a card that knows none of the memory that was the other's. Not for one
 * that is open, nor for devices without a driver.
 */
void nic_silence(struct pci_device *device);

/* The link as it is now. Reads registers: not for the fast path. */
static inline void nic_link(struct nic *nic, struct nic_link *link)
{
    nic->driver->read_link(nic, link);
}

/*
 * Copies the spans, in order, as one frame (without FCS; short ones are padded) into a transmit buffer, from which nic_flush()
 * lets it leave.
 * `offload` may be NULL, and has to be unless nic->offloads_tx_checksums. Returns OK, E_NIC_BUSY when no buffer or descriptor is
 * free or the card is paused (try again after a poll), E_FRAME_SIZE, E_INVALID_ARGUMENT for offsets outside the frame.
 */
static inline enum status nic_send(struct nic *nic, const struct nic_span *spans, unsigned count,
                                   const struct nic_offload *offload)
{
    return nic->driver->send(nic, spans, count, offload);
}

/* Tells the card, once, of all frames since the last time. nic_poll(), nic_pause(), nic_park() and nic_close() do so, too. */
static inline void nic_flush(struct nic *nic)
{
    nic->driver->flush(nic);
}

/*
 * Hands at most `budget` received frames to deliver(), recovers from overruns and hangs; returns how many. Reads no register when
 * idle.
 */
static inline unsigned nic_poll(struct nic *nic, unsigned budget)
{
    return nic->driver->poll(nic, budget);
}

/* Gives a frame's buffer back to the card. In any order; once per frame. */
static inline void nic_release(struct nic *nic, const struct nic_frame *frame)
{
    nic->driver->release(nic, frame);
}

/*
 * Stops all DMA after what is under way (bounded), keeping rings, received frames and link; and goes on. Both are cheap. A card
 * that cannot be stopped for so short a time goes on receiving into its ring until that is full: only nic_close() ends it.
 */
static inline void nic_pause(struct nic *nic)
{
    nic->driver->pause(nic);
}
static inline void nic_resume(struct nic *nic)
{
    nic->driver->resume(nic);
}

/*
 * For a time in which nobody polls: until nic_resume() only frames to our own MAC go into the ring, as far as the card can be
 * told so. It may be polled all the same, and sends.
 */
static inline void nic_park(struct nic *nic)
{
    nic->driver->park(nic);
}

/*
 * Replaces the list of multicast groups received beside broadcast and our own MAC. Over-approximates when the card's filter is
 * small. E_INVALID_ARGUMENT when one is no multicast address; the list before it then stays.
 */
static inline enum status nic_set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count)
{
    return nic->driver->set_multicast(nic, groups, count);
}

static inline void nic_statistics(struct nic *nic, struct nic_statistics *statistics)
{
    nic->driver->read_statistics(nic, statistics);
}

/* Stops the card: no DMA, interrupts masked, bus mastering off. Frames that are still held must not be released any more. */
static inline void nic_close(struct nic *nic)
{
    nic->driver->close(nic);
}

#endif
