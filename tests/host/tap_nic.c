/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/host/tap_nic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_BUFFERS   4096
#define FRAME_OVERHEAD 18u

/* One tap device per program suffices. */
static struct {
    int fd;
    uint8_t *buffers;
    size_t buffer_size;
    uint16_t free[MOST_BUFFERS];
    unsigned free_count;
    bool paused;
    unsigned lose, lost;
    struct nic_statistics statistics;
} tap;

void tap_nic_lose(unsigned out_of)
{
    tap.lose = out_of;
}

unsigned tap_nic_lost(void)
{
    return tap.lost;
}

void tap_nic_wait(void)
{
    struct pollfd waited = {.fd = tap.fd, .events = POLLIN};

    poll(&waited, 1, 1);
}

static bool lost(void)
{
    uint32_t random;

    if (tap.lose == 0)
        return false;
    platform_random(&random, sizeof random);
    if (random % tap.lose != 0)
        return false;
    tap.lost++;
    return true;
}

static void read_link(struct nic *nic, struct nic_link *link)
{
    (void)nic;
    *link = (struct nic_link){.up = true, .megabits = 1000, .full_duplex = true};
}

static enum status send_frame(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload)
{
    struct iovec pieces[64];
    size_t length = 0;

    (void)nic;
    if (offload || count > sizeof pieces / sizeof *pieces)
        return fail(E_INVALID_ARGUMENT, "%u spans", count);
    for (unsigned i = 0; i < count; i++) {
        pieces[i] = (struct iovec){(void *)(uintptr_t)spans[i].bytes, spans[i].length};
        length += spans[i].length;
    }
    if (length > tap.buffer_size)
        return fail(E_FRAME_SIZE, "%zu bytes", length);
    tap.statistics.tx_frames++;
    tap.statistics.tx_bytes += length;
    if (lost() || writev(tap.fd, pieces, (int)count) >= 0)
        return OK;
    if (errno != EAGAIN)
        return fail(E_NIC_NONE, "tap: %s", strerror(errno));
    tap.statistics.tx_full++;
    return E_NIC_BUSY;
}

static unsigned poll_frames(struct nic *nic, unsigned budget)
{
    unsigned done = 0;

    while (done < budget && tap.free_count && !tap.paused) {
        uint16_t slot = tap.free[tap.free_count - 1];
        uint8_t *buffer = tap.buffers + slot * tap.buffer_size;
        ssize_t length = read(tap.fd, buffer, tap.buffer_size);

        if (length <= 0)
            break;
        if (lost())
            continue;
        tap.free_count--;
        tap.statistics.rx_frames++;
        tap.statistics.rx_bytes += (uint64_t)length;
        done++;
        nic->deliver(nic->deliver_context, &(struct nic_frame){.bytes = buffer, .length = (uint16_t)length, .slot = slot});
    }
    return done;
}

static void release_frame(struct nic *nic, const struct nic_frame *frame)
{
    (void)nic;
    tap.free[tap.free_count++] = frame->slot;
}

static void pause_tap(struct nic *nic)
{
    (void)nic;
    tap.paused = true;
}

static void resume_tap(struct nic *nic)
{
    (void)nic;
    tap.paused = false;
}

static enum status set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count)
{
    (void)nic;
    (void)groups;
    (void)count;
    return OK;
}

static void read_statistics(struct nic *nic, struct nic_statistics *statistics)
{
    (void)nic;
    *statistics = tap.statistics;
}

static void close_tap(struct nic *nic)
{
    (void)nic;
    close(tap.fd);
    tap.fd = -1;
}

static const struct nic_driver driver = {
    .name = "tap",
    .read_link = read_link,
    .send = send_frame,
    .poll = poll_frames,
    .release = release_frame,
    .pause = pause_tap,
    .resume = resume_tap,
    .set_multicast = set_multicast,
    .read_statistics = read_statistics,
    .close = close_tap,
};

static int open_device(const char *interface)
{
    struct ifreq request = {0};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -1;
    strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &request) == 0)
        return fd;
    close(fd);
    return -1;
}

enum status tap_nic_open(struct nic *nic, const char *interface, const struct nic_config *config)
{
    static const uint8_t default_mac[NIC_MAC_LENGTH] = {0x02, 0x73, 0x61, 0x6e, 0x00, 0x01};

    memset(&tap, 0, sizeof tap);
    tap.buffer_size = config->mtu + FRAME_OVERHEAD;
    if (config->rx_buffers > MOST_BUFFERS)
        return fail(E_INVALID_ARGUMENT, "%u buffers", config->rx_buffers);
    tap.buffers = arena_take(config->arena, config->rx_buffers * tap.buffer_size, 64);
    if (!tap.buffers)
        return fail(E_NIC_MEMORY, "%u buffers", config->rx_buffers);
    while (tap.free_count < config->rx_buffers) {
        tap.free[tap.free_count] = (uint16_t)tap.free_count;
        tap.free_count++;
    }
    tap.fd = open_device(interface);
    if (tap.fd < 0)
        return fail(E_NIC_NONE, "tap device %s: %s", interface, strerror(errno));
    memset(nic, 0, sizeof *nic);
    nic->driver = &driver;
    memcpy(nic->mac, config->mac ? config->mac : default_mac, sizeof nic->mac);
    nic->mtu = config->mtu;
    nic->model = "tap";
    return OK;
}
