/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_probe TAP HOST PORT MEGABYTES [LOSS]: gets an address by DHCP over a tap device, connects, sends MEGABYTES (stable spans)
 * to a server that echoes, and checks every byte that comes back. Says the figures on standard output; exit status 0 when all was
 * right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "tests/host/host.h"
#include "tests/host/tap_nic.h"

#define WINDOW (256u * 1460u)
#define PIECE  65536u

static void pattern(uint8_t *bytes, size_t length, uint64_t offset)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)((offset + i) * 2654435761u >> 24);
}

static int quit(const char *what, enum status status)
{
    fprintf(stderr, "net_probe: %s: S%d %s: %s\n", what, status, status_what(status), failure_detail(status));
    return 1;
}

static int echo(struct stream *stream, uint64_t total, deadline_t deadline)
{
    static uint8_t out[16][PIECE], in[PIECE], want[PIECE];
    uint64_t sent = 0, received = 0;

    while (received < total) {
        size_t done;
        uint64_t unsent = stream->ops->unsent(stream);
        enum status status;

        if (deadline_passed(deadline))
            return quit("transfer", E_STREAM_TIMEOUT);
        /* A piece may be overwritten when it is no longer counted by unsent(). */
        if (sent < total && unsent < 14 * PIECE) {
            uint8_t *piece = out[sent / PIECE % 16] + sent % PIECE;
            struct stream_span span = {piece, PIECE - sent % PIECE, true};

            if (span.length > total - sent)
                span.length = total - sent;
            pattern(piece, span.length, sent);
            status = stream->ops->send(stream, &span, 1, &done);
            if (status != OK)
                return quit("send", status);
            sent += done;
        }
        stream->ops->pump(stream);
        status = stream->ops->receive(stream, in, sizeof in, &done);
        if (status != OK)
            return quit("receive", status);
        pattern(want, done, received);
        if (memcmp(in, want, done) != 0) {
            fprintf(stderr, "net_probe: wrong bytes near %llu\n", (unsigned long long)received);
            return 1;
        }
        received += done;
        platform_idle();
    }
    return 0;
}

int main(int count, char **arguments)
{
    struct arena arena = host_arena_new(16 << 20);
    struct nic nic;
    struct nic_config nic_config = {.arena = &arena, .rx_buffers = 256, .tx_buffers = 256, .mtu = 1500};
    struct net_config config = {.nic = &nic, .arena = &arena, .window = WINDOW, .hostname = "probe"};
    struct net_dhcp_request request = {.vendor_class = "PXEClient:Arch:00000:UNDI:002001"};
    struct net_lease lease;
    struct stream *stream;
    enum status status;
    deadline_t start;

    if (count < 5)
        return 2;
    if ((status = tap_nic_open(&nic, arguments[1], &nic_config)) != OK || (status = net_open(&config)) != OK)
        return quit("open", status);
    tap_nic_lose(count > 5 ? (unsigned)atoi(arguments[5]) : 0);
    start = platform_ticks();
    if ((status = net_dhcp(&request, &lease, deadline_after_ms(20000))) != OK)
        return quit("DHCP", status);
    printf("dhcp %u.%u.%u.%u %llu ms message %u\n", lease.ipv4.address[0], lease.ipv4.address[1], lease.ipv4.address[2],
           lease.ipv4.address[3], (unsigned long long)((platform_ticks() - start) / platform_ticks_per_ms()),
           lease.message_length);
    stream = net_stream_new();
    start = platform_ticks();
    status = stream->ops->connect(stream, arguments[2], (uint16_t)atoi(arguments[3]), deadline_after_ms(10000));
    if (status != OK)
        return quit("connect", status);
    printf("connect %llu ms\n", (unsigned long long)((platform_ticks() - start) / platform_ticks_per_ms()));
    start = platform_ticks();
    if (echo(stream, (uint64_t)atoi(arguments[4]) << 20, deadline_after_ms(120000)) != 0)
        return 1;
    printf("echo %s MiB %llu ms\n", arguments[4], (unsigned long long)((platform_ticks() - start) / platform_ticks_per_ms()));
    stream->ops->close(stream, deadline_after_ms(2000));
    net_stream_free(stream);
    net_close();
    host_arena_free(&arena);
    return 0;
}
