/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cable of a certain length: wire INSIDE OUTSIDE DELAY_US LOSS_PPM SEED. What the machine sends on the tap INSIDE leaves by the
 * tap OUTSIDE, which hangs on the bridge, DELAY_US later, and back; of a million frames LOSS_PPM are lost on the way, by chance.
 * Frames keep their order. Prints "ready", and what it carried when SIGTERM ends it.
 */
#define _GNU_SOURCE
#include "tests/bench/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 2048   /* an MTU of 1500 */
#define SLOTS     8192   /* frames on their way, each direction */
#define BATCH     64     /* frames taken before others are looked after */
#define EARLY_NS  60000u /* a sleep may end so much late */

struct slot {
    uint64_t due; /* ns */
    uint32_t length;
    uint8_t frame[FRAME_MAX];
};

struct direction {
    int from, to;
    struct slot *slots;
    uint64_t put, taken, lost, chance;
};

static uint64_t delay, loss; /* ns; of 2^32 */
static volatile sig_atomic_t ended;

static void end(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

/* The machine's end of a tap, which QEMU holds: as the kernel sees it. */
static int open_inside(const char *name)
{
    int packets = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL)), one = 1, room = 8 << 20;
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    if (packets < 0 || bind(packets, (struct sockaddr *)&address, sizeof address))
        die(name);
    setsockopt(packets, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    setsockopt(packets, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(packets, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    return packets;
}

static int open_outside(const char *name)
{
    int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request))
        die(name);
    return tap;
}

static bool is_lost(struct direction *direction)
{
    direction->chance ^= direction->chance << 13;
    direction->chance ^= direction->chance >> 7;
    direction->chance ^= direction->chance << 17;
    return direction->chance >> 32 < loss;
}

/* Takes what has come. A frame for which there is no room is lost, as in a switch. */
static void take(struct direction *direction)
{
    for (unsigned i = 0; i < BATCH; i++) {
        struct slot *slot = &direction->slots[direction->put % SLOTS];
        static uint8_t overflow[FRAME_MAX];
        bool room = direction->put - direction->taken < SLOTS;
        ssize_t length = read(direction->from, room ? slot->frame : overflow, FRAME_MAX);
        if (length <= 0)
            return;
        if (!room || is_lost(direction)) {
            direction->lost++;
            continue;
        }
        slot->length = (uint32_t)length;
        slot->due = now() + delay;
        direction->put++;
    }
}

/* Hands on what is due. A machine that is gone, or a full queue, loses it. */
static void give(struct direction *direction)
{
    uint64_t time = now();
    while (direction->taken != direction->put) {
        struct slot *slot = &direction->slots[direction->taken % SLOTS];
        if (slot->due > time)
            return;
        if (write(direction->to, slot->frame, slot->length) < 0)
            direction->lost++;
        direction->taken++;
    }
}

/* How long until something is due; the last bit is not slept. */
static struct timespec until_due(const struct direction *directions)
{
    uint64_t due = now() + NS_PER_SEC;
    for (unsigned i = 0; i < 2; i++) {
        const struct direction *direction = &directions[i];
        if (direction->taken != direction->put && direction->slots[direction->taken % SLOTS].due < due)
            due = direction->slots[direction->taken % SLOTS].due;
    }
    uint64_t time = now() + EARLY_NS, wait = due > time ? due - time : 0;
    return (struct timespec){.tv_sec = (time_t)(wait / NS_PER_SEC), .tv_nsec = (int64_t)(wait % NS_PER_SEC)};
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fprintf(stderr, "wire INSIDE OUTSIDE DELAY_US LOSS_PPM SEED\n");
        return 2;
    }
    delay = strtoull(arguments[3], NULL, 10) * 1000;
    loss = (strtoull(arguments[4], NULL, 10) << 32) / 1000000;
    uint64_t seed = strtoull(arguments[5], NULL, 10);

    int inside = open_inside(arguments[1]), outside = open_outside(arguments[2]);
    struct direction directions[] = {{.from = inside, .to = outside, .chance = seed * 2654435761u + 88172645463325252u},
                                     {.from = outside, .to = inside, .chance = seed * 40503u + 362436069362436069u}};
    for (unsigned i = 0; i < 2; i++)
        directions[i].slots = calloc(SLOTS, sizeof(struct slot));

    prctl(PR_SET_TIMERSLACK, 1);
    struct sched_param first = {.sched_priority = 1}; /* a cable waits for nobody; without the right to it it does */
    sched_setscheduler(0, SCHED_FIFO, &first);
    signal(SIGTERM, end);
    printf("ready\n");
    fflush(stdout);
    while (!ended) {
        struct pollfd ends[] = {{.fd = inside, .events = POLLIN}, {.fd = outside, .events = POLLIN}};
        struct timespec wait = until_due(directions);
        if (ppoll(ends, 2, &wait, NULL) < 0 && errno != EINTR)
            die("ppoll");
        for (unsigned i = 0; i < 2; i++) {
            take(&directions[i]);
            give(&directions[i]);
        }
    }
    printf("{\"to_target\": %llu, \"to_machine\": %llu, \"lost\": %llu}\n", (unsigned long long)directions[0].taken,
           (unsigned long long)directions[1].taken, (unsigned long long)(directions[0].lost + directions[1].lost));
    return 0;
}
