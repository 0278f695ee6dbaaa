/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk behind a target: slow LISTEN-ADDRESS PORT TARGET-PORT DELAY_US. An iSCSI connection goes through to the target at the
 * same address; what answers a READ or WRITE (10 or 16) is held until DELAY_US after its command came. Commands overlap, as on a
 * disk with a queue; R2Ts and all other PDUs pass at once, in their order. No digests. One connection a process.
 */
#define _GNU_SOURCE
#include "tests/bench/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* RFC 7143 11.2, 11.3 */
#define BHS           48u
#define OPCODE        0
#define OPCODE_BITS   0x3F
#define AHS_LENGTH    4
#define DATA_LENGTH   5
#define TASK_TAG      16
#define CDB           32
#define SCSI_COMMAND  0x01
#define SCSI_RESPONSE 0x21
#define SCSI_DATA_IN  0x25
#define SCSI_READ_10  0x28
#define SCSI_WRITE_10 0x2A
#define SCSI_READ_16  0x88
#define SCSI_WRITE_16 0x8A
#define PDU_MAX       (BHS + 1024u + (16u << 20))
#define COMMANDS      4096u /* remembered by their tags' low bits */
#define HELD_MAX      (64u << 20)
#define PIECE         (256u << 10)

/* Bytes on their way from one socket to the other, whole PDUs before `whole`. */
struct pipe {
    int from, to;
    uint8_t *bytes;
    size_t begin, whole, end, size;
};

static uint64_t delay;
static struct {
    uint32_t tag;
    uint64_t due;
} commands[COMMANDS];

static uint32_t pdu_length(const uint8_t *bhs)
{
    uint32_t data = (uint32_t)bhs[DATA_LENGTH] << 16 | (uint32_t)bhs[DATA_LENGTH + 1] << 8 | bhs[DATA_LENGTH + 2];
    return BHS + 4u * bhs[AHS_LENGTH] + (data + 3) / 4 * 4;
}

static uint32_t tag_of(const uint8_t *bhs)
{
    uint32_t tag;
    memcpy(&tag, bhs + TASK_TAG, sizeof tag);
    return tag;
}

/* Initiators count tags up, in either byte order. */
static uint32_t place_of(uint32_t tag)
{
    return (tag ^ tag >> 16 ^ tag >> 24 ^ tag >> 8) % COMMANDS;
}

static void see_command(const uint8_t *bhs)
{
    uint8_t operation = bhs[CDB];
    bool moves =
        operation == SCSI_READ_10 || operation == SCSI_WRITE_10 || operation == SCSI_READ_16 || operation == SCSI_WRITE_16;
    if ((bhs[OPCODE] & OPCODE_BITS) != SCSI_COMMAND)
        return;
    uint32_t tag = tag_of(bhs);
    commands[place_of(tag)].tag = tag;
    commands[place_of(tag)].due = moves ? now() + delay : 0;
}

/* When this may go on: 0 is at once. */
static uint64_t due_of_answer(const uint8_t *bhs)
{
    uint8_t opcode = bhs[OPCODE] & OPCODE_BITS;
    uint32_t tag = tag_of(bhs);
    if ((opcode != SCSI_RESPONSE && opcode != SCSI_DATA_IN) || commands[place_of(tag)].tag != tag)
        return 0;
    return commands[place_of(tag)].due;
}

/* Whether there is more to come. */
static bool fill(struct pipe *pipe)
{
    if (pipe->begin == pipe->end)
        pipe->begin = pipe->whole = pipe->end = 0;
    if (pipe->size - pipe->end < PIECE) {
        memmove(pipe->bytes, pipe->bytes + pipe->begin, pipe->end - pipe->begin);
        pipe->whole -= pipe->begin;
        pipe->end -= pipe->begin;
        pipe->begin = 0;
    }

    ssize_t length = recv(pipe->from, pipe->bytes + pipe->end, PIECE, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (length <= 0)
        return false;
    pipe->end += (size_t)length;
    return true;
}

/* The next whole PDU behind `whole`, which then is behind it; NULL without one. */
static const uint8_t *next_pdu(struct pipe *pipe)
{
    const uint8_t *bhs = pipe->bytes + pipe->whole;
    if (pipe->end - pipe->whole < BHS || pipe->end - pipe->whole < pdu_length(bhs))
        return NULL;
    pipe->whole += pdu_length(bhs);
    return bhs;
}

static bool send_until(struct pipe *pipe, size_t end)
{
    while (pipe->begin < end) {
        ssize_t length = send(pipe->to, pipe->bytes + pipe->begin, end - pipe->begin, MSG_NOSIGNAL);
        if (length <= 0)
            return false;
        pipe->begin += (size_t)length;
    }
    return true;
}

static bool pass_requests(struct pipe *pipe)
{
    const uint8_t *bhs = next_pdu(pipe);
    for (; bhs; bhs = next_pdu(pipe))
        see_command(bhs);
    return send_until(pipe, pipe->whole);
}

/* Sends what is due, looking at one PDU after the other; says when the next one is. `whole` is the end of what may go. */
static bool pass_answers(struct pipe *pipe, uint64_t *next)
{
    *next = UINT64_MAX;
    for (;;) {
        size_t before = pipe->whole;
        const uint8_t *bhs = next_pdu(pipe);
        if (!bhs)
            break;
        uint64_t due = due_of_answer(bhs);
        if (due > now()) {
            pipe->whole = before;
            *next = due;
            break;
        }
    }
    return send_until(pipe, pipe->whole);
}

static int connect_to(const char *address, uint16_t port)
{
    int peer = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(address)};
    if (connect(peer, (struct sockaddr *)&to, sizeof to))
        die("the target");
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return peer;
}

static void serve(int initiator, int target)
{
    struct pipe requests = {.from = initiator, .to = target, .bytes = malloc(HELD_MAX), .size = HELD_MAX};
    struct pipe answers = {.from = target, .to = initiator, .bytes = malloc(HELD_MAX), .size = HELD_MAX};

    bool goes_on = requests.bytes && answers.bytes;
    while (goes_on) {
        uint64_t due = UINT64_MAX;
        goes_on = pass_requests(&requests) && pass_answers(&answers, &due);
        bool room = answers.end - answers.begin < HELD_MAX - PDU_MAX;
        struct pollfd ends[] = {{.fd = initiator, .events = POLLIN}, {.fd = room ? target : -1, .events = POLLIN}};
        uint64_t time = now(), wait = due == UINT64_MAX ? NS_PER_SEC : due > time ? due - time : 0;
        struct timespec limit = {.tv_sec = (time_t)(wait / NS_PER_SEC), .tv_nsec = (int64_t)(wait % NS_PER_SEC)};
        if (ppoll(ends, 2, &limit, NULL) < 0)
            die("ppoll");
        goes_on &= (!ends[0].revents || fill(&requests)) && (!ends[1].revents || fill(&answers));
    }
}

int main(int count, char **arguments)
{
    if (count != 5) {
        fprintf(stderr, "slow ADDRESS PORT TARGET-PORT DELAY_US\n");
        return 2;
    }
    delay = strtoull(arguments[4], NULL, 10) * 1000;
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[2])), .sin_addr.s_addr = inet_addr(arguments[1])};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 8))
        die(arguments[1]);

    signal(SIGCHLD, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int initiator = accept(listener, NULL, NULL);
        if (initiator < 0)
            continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            setsockopt(initiator, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            serve(initiator, connect_to(arguments[1], (uint16_t)atoi(arguments[3])));
            _exit(0);
        }
        close(initiator);
    }
}
