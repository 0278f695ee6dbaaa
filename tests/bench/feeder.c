/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The feeder's side of card.h: feeder INTERFACE MAC MS. Waits until the machine answers, then measures for MS milliseconds each
 * what it receives, what it sends, and how many round trips a frame makes. Prints them as JSON.
 */
#define _GNU_SOURCE
#include "tests/bench/card.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
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

#define NS_PER_MS   1000000ull
#define ANSWER_MS   200 /* what has no answer by then is lost */
#define START_TRIES 300

static int wire;
static uint8_t frame[CARD_LONG];

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 * NS_PER_MS + (uint64_t)time.tv_nsec;
}

static void put(enum card_kind kind, uint32_t number, size_t length)
{
    uint32_t big = htonl(number);
    frame[CARD_KIND] = (uint8_t)kind;
    memcpy(frame + CARD_NUMBER, &big, sizeof big);
    if (send(wire, frame, length, 0) < 0)
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
        put(CARD_PING, tries, CARD_SHORT);
        if (take(CARD_PING, &number, ANSWER_MS))
            return true;
    }
    return false;
}

/* Bytes a second that the machine counted. */
static double receive(uint64_t ms)
{
    uint32_t sent = 0, came = 0, lost = 0, number;
    put(CARD_SEND, 0, CARD_SHORT); /* begins to count anew */

    uint64_t start = now(), limit = start + ms * NS_PER_MS;
    while (now() < limit) {
        if (sent - came - lost >= CARD_IN_FLIGHT) {
            if (take(CARD_ACK, &number, ANSWER_MS))
                came = number;
            else
                lost = sent - came;
        } else {
            put(CARD_DATA, sent++, CARD_LONG);
            if (take(CARD_ACK, &number, 0))
                came = number;
        }
    }
    while (take(CARD_ACK, &number, ANSWER_MS))
        came = number;
    return came * (double)CARD_LONG * 1e9 / (double)(limit - start);
}

/* Bytes a second that the machine sent. */
static double transmit(uint64_t ms)
{
    uint32_t came = 0, number;
    put(CARD_SEND, UINT32_MAX, CARD_SHORT);

    uint64_t start = now(), limit = start + ms * NS_PER_MS;
    while (now() < limit) {
        if (take(CARD_DATA, &number, ANSWER_MS))
            came++;
        else
            came = number + 1; /* lost: the sender is told to go on */
        if (came % CARD_ACK_EVERY == 0)
            put(CARD_ACK, number + 1, CARD_SHORT);
    }
    uint64_t took = now() - start;
    put(CARD_SEND, 0, CARD_SHORT);
    while (take(CARD_DATA, &number, ANSWER_MS))
        ;
    return came * (double)CARD_LONG * 1e9 / (double)took;
}

/* Round trips a second. */
static double ping(uint64_t ms)
{
    uint32_t sent = 0, came = 0, number;
    uint64_t start = now(), limit = start + ms * NS_PER_MS;
    while (now() < limit) {
        put(CARD_PING, ++sent, CARD_SHORT);
        came += take(CARD_PING, &number, ANSWER_MS);
    }
    return came * 1e9 / (double)(now() - start);
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "feeder INTERFACE MAC MS\n");
        return 2;
    }
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(CARD_TYPE), .sll_ifindex = (int)if_nametoindex(arguments[1])};
    int one = 1, room = 8 << 20;
    wire = socket(AF_PACKET, SOCK_RAW, htons(CARD_TYPE));
    if (wire < 0 || bind(wire, (struct sockaddr *)&address, sizeof address)) {
        perror(arguments[1]);
        return 1;
    }
    setsockopt(wire, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    setsockopt(wire, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(wire, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);

    sscanf(arguments[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &frame[0], &frame[1], &frame[2], &frame[3], &frame[4], &frame[5]);
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", arguments[1]);
    if (ioctl(wire, SIOCGIFHWADDR, &request)) { /* the bridge hands up what is for itself */
        perror(arguments[1]);
        return 1;
    }
    memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
    frame[12] = CARD_TYPE >> 8;
    frame[13] = CARD_TYPE & 0xFF;
    uint64_t ms = strtoull(arguments[3], NULL, 10);
    if (!machine_is_there()) {
        fprintf(stderr, "the machine does not answer\n");
        return 1;
    }
    double received = receive(ms), sent = transmit(ms), trips = ping(ms);
    put(CARD_STOP, 0, CARD_SHORT);
    printf("{\"receive\": %.0f, \"send\": %.0f, \"round_trips\": %.1f}\n", received, sent, trips);
    return 0;
}
