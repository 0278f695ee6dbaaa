/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The feeder's side of card.h: feeder INTERFACE MAC ADDRESS MS. Waits until the machine answers, then measures for MS
 * milliseconds each what it receives, what it sends, and how many round trips a frame makes. Prints them as JSON.
 */
#define _GNU_SOURCE
#include "tests/bench/card.h"
#include "tests/bench/host.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS      1000000ull
#define ANSWER_MS      200 /* what has no answer by then is lost */
#define START_TRIES    300
#define WARM_MS        200 /* slow start is over */
#define PIECE          65536
#define STREAM_SECONDS 20

static int wire;
static uint8_t frame[CARD_SHORT];

static void put(enum card_kind kind, uint32_t number)
{
    uint32_t big = htonl(number);
    frame[CARD_KIND] = (uint8_t)kind;
    memcpy(frame + CARD_NUMBER, &big, sizeof big);
    if (send(wire, frame, sizeof frame, 0) < 0)
        perror("send");
}

/* The next frame of this kind within so many milliseconds; its number. */
static bool take(enum card_kind kind, uint32_t *number, int ms)
{
    uint64_t limit = now() + (uint64_t)ms * NS_PER_MS;
    for (;;) {
        uint8_t got[2048];
        ssize_t length = recv(wire, got, sizeof got, MSG_DONTWAIT);
        if (length >= CARD_NUMBER + 4 && got[CARD_KIND] == kind) {
            memcpy(number, got + CARD_NUMBER, 4);
            *number = ntohl(*number);
            return true;
        }
        if (length >= 0)
            continue;
        if (now() >= limit)
            return false;
        struct pollfd end = {.fd = wire, .events = POLLIN};
        poll(&end, 1, ms);
    }
}

static bool machine_is_there(void)
{
    for (unsigned tries = 0; tries < START_TRIES; tries++) {
        uint32_t number;
        put(CARD_PING, tries);
        if (take(CARD_PING, &number, ANSWER_MS))
            return true;
    }
    return false;
}

static int connect_to(const char *address, uint16_t port)
{
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {.tv_sec = STREAM_SECONDS};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(address)};
    setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(peer, (struct sockaddr *)&to, sizeof to))
        die(address);
    return peer;
}

static uint64_t acknowledged(int peer)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    getsockopt(peer, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_bytes_acked;
}

/* Moves bytes for so many milliseconds; how many came. */
static uint64_t stream(int peer, bool gives, uint64_t ms)
{
    static uint8_t piece[PIECE];
    uint64_t limit = now() + ms * NS_PER_MS, came = 0, before = acknowledged(peer);
    while (now() < limit) {
        ssize_t length = gives ? recv(peer, piece, sizeof piece, 0) : send(peer, piece, sizeof piece, MSG_NOSIGNAL);
        if (length <= 0)
            die("the stream");
        came += (uint64_t)length;
    }
    return gives ? came : acknowledged(peer) - before;
}

/* Bytes a second to or from this port, once the stream runs. */
static double rate(const char *address, uint16_t port, uint64_t ms)
{
    bool gives = port == CARD_GIVES_PORT;
    int peer = connect_to(address, port);
    stream(peer, gives, WARM_MS);
    uint64_t start = now(), came = stream(peer, gives, ms), took = now() - start;

    struct linger at_once = {.l_onoff = 1};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peer);
    return (double)came * 1e9 / (double)took;
}

/* Round trips a second. */
static double ping(uint64_t ms)
{
    uint32_t sent = START_TRIES, came = 0, number;
    uint64_t start = now(), limit = start + ms * NS_PER_MS;
    while (now() < limit) {
        put(CARD_PING, ++sent);
        bool answered;
        do
            answered = take(CARD_PING, &number, ANSWER_MS);
        while (answered && number != sent); /* one of before may have been late */
        came += answered;
    }
    return came * 1e9 / (double)(now() - start);
}

int main(int count, char **arguments)
{
    if (count != 5) {
        fprintf(stderr, "feeder INTERFACE MAC ADDRESS MS\n");
        return 2;
    }
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(CARD_TYPE), .sll_ifindex = (int)if_nametoindex(arguments[1])};
    int one = 1, room = 8 << 20;
    wire = socket(AF_PACKET, SOCK_RAW, htons(CARD_TYPE));
    if (wire < 0 || bind(wire, (struct sockaddr *)&address, sizeof address))
        die(arguments[1]);
    setsockopt(wire, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    setsockopt(wire, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(wire, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);

    sscanf(arguments[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &frame[0], &frame[1], &frame[2], &frame[3], &frame[4], &frame[5]);
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", arguments[1]);
    if (ioctl(wire, SIOCGIFHWADDR, &request)) /* the bridge hands up what is for itself */
        die(arguments[1]);
    memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
    frame[12] = CARD_TYPE >> 8;
    frame[13] = CARD_TYPE & 0xFF;
    uint64_t ms = strtoull(arguments[4], NULL, 10);
    if (!machine_is_there()) {
        fprintf(stderr, "the machine does not answer\n");
        return 1;
    }
    double trips = ping(ms), received = rate(arguments[3], CARD_TAKES_PORT, ms), sent = rate(arguments[3], CARD_GIVES_PORT, ms);
    put(CARD_STOP, 0);
    printf("{\"receive\": %.0f, \"send\": %.0f, \"round_trips\": %.1f}\n", received, sent, trips);
    return 0;
}
