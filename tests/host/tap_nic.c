/* SPDX-License-Identifier: BSD-2-Clause */
/* The NIC that is a Linux tap device. */
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

#include "platform/frame.h"
#include "tests/host/nic_double.h"

#define SPANS_MAX 64

/* One tap device per program suffices. */
static struct {
    int fd;
    struct nic_double card;
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

/* Whether the frame at hand is to be dropped. */
static bool lose_frame(void)
{
    if (tap.lose == 0)
        return false;

    uint32_t random;
    platform_random(&random, sizeof random);
    if (random % tap.lose != 0)
        return false;
    tap.lost++;
    return true;
}

static void tap_read_link(struct nic *nic, struct nic_link *link)
{
    (void)nic;
    *link = (struct nic_link){.up = true, .megabits = 1000, .full_duplex = true};
}

static enum status tap_send(struct nic *nic, const struct nic_span *spans, unsigned count, const struct nic_offload *offload)
{
    (void)nic;
    if (offload || count > SPANS_MAX)
        return fail(E_INVALID_ARGUMENT, "%u spans", count);

    struct iovec pieces[SPANS_MAX];
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        pieces[i] = (struct iovec){(void *)(uintptr_t)spans[i].bytes, spans[i].length};
        length += spans[i].length;
    }
    if (length > tap.card.buffer_size)
        return fail(E_FRAME_SIZE, "%zu bytes", length);

    tap.statistics.tx_frames++;
    tap.statistics.tx_bytes += length;
    if (lose_frame() || writev(tap.fd, pieces, (int)count) >= 0)
        return OK;
    if (errno != EAGAIN)
        return fail(E_NIC_NONE, "tap: %s", strerror(errno));
    tap.statistics.tx_full++;
    return E_NIC_BUSY;
}

static unsigned tap_poll(struct nic *nic, unsigned budget)
{
    unsigned done = 0;

    while (done < budget && !tap.card.paused) {
        uint8_t *buffer = nic_double_buffer(&tap.card);
        ssize_t length = buffer ? read(tap.fd, buffer, tap.card.buffer_size) : 0;
        if (length <= 0)
            break;
        if (lose_frame())
            continue;

        struct nic_frame frame = nic_double_frame(&tap.card, (uint16_t)length);
        tap.statistics.rx_frames++;
        tap.statistics.rx_bytes += (uint64_t)length;
        done++;
        nic->deliver(nic->deliver_context, &frame);
    }
    return done;
}

static void tap_read_statistics(struct nic *nic, struct nic_statistics *statistics)
{
    (void)nic;
    *statistics = tap.statistics;
}

static void tap_close(struct nic *nic)
{
    (void)nic;
    close(tap.fd);
    tap.fd = -1;
}

static const struct nic_driver driver = {
    .name = "tap",
    .read_link = tap_read_link,
    .send = tap_send,
    .flush = nic_double_flush,
    .poll = tap_poll,
    .release = nic_double_release,
    .pause = nic_double_pause,
    .resume = nic_double_resume,
    .park = nic_double_park,
    .set_multicast = nic_double_set_multicast,
    .read_statistics = tap_read_statistics,
    .close = tap_close,
};

static int open_device(const char *interface)
{
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;

    struct ifreq request = {0};
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
    enum status status = nic_double_open(nic, &tap.card, &driver, config, config->mtu + ETHERNET_HEADER + VLAN_TAG, default_mac);
    if (status != OK)
        return status;
    tap.fd = open_device(interface);
    return tap.fd < 0 ? fail(E_NIC_NONE, "tap device %s: %s", interface, strerror(errno)) : OK;
}
