/* SPDX-License-Identifier: BSD-2-Clause */
/* The card, the address and the stream of disk_probe.c when it runs over net/. */
#include "tests/stack/tap_network.h"

#include <stdio.h>
#include <string.h>

#include "tests/host/host.h"
#include "tests/host/tap_nic.h"

#define BUFFERS       256
#define BUFFERS_SMALL 8
#define SEGMENT       1460u
#define ADDRESS_MS    60000

static struct nic nic;
static struct network *network;

static enum status lease_address(struct net_address *address)
{
    static struct net_lease lease;
    struct net_dhcp_request request = {0};
    enum status status = net_dhcp(network, &request, &lease, deadline_after_ms(ADDRESS_MS));

    address->family = 4;
    memcpy(address->bytes, lease.ipv4.address, 4);
    return status;
}

static enum status form_address(struct net_address *address)
{
    struct net_ipv6 found = {0};
    enum status status = net_autoconfigure_ipv6(network, &found, deadline_after_ms(ADDRESS_MS));

    address->family = 6;
    memcpy(address->bytes, found.address, 16);
    return status;
}

static enum status set_address(const char *literal, struct net_address *address)
{
    struct net_ipv4 ipv4 = {.netmask = {255, 255, 255, 0}};
    struct net_ipv6 ipv6 = {.prefix_length = 64};

    if (!net_parse_address(literal, address))
        return fail(E_ADDRESS_INVALID, "%s", literal);
    memcpy(ipv4.address, address->bytes, 4);
    memcpy(ipv6.address, address->bytes, 16);
    return address->family == 4 ? net_set_ipv4(network, &ipv4) : net_set_ipv6(network, &ipv6, deadline_after_ms(ADDRESS_MS));
}

static enum status get_address(const char *how, struct net_address *address)
{
    if (strcmp(how, "dhcp") == 0)
        return lease_address(address);
    if (strcmp(how, "slaac") == 0)
        return form_address(address);
    return set_address(how, address);
}

enum status tap_network_open(struct arena *arena, const struct tap_network_settings *settings, struct stream **stream)
{
    uint16_t buffers = settings->small ? BUFFERS_SMALL : BUFFERS, segments = settings->small ? BUFFERS_SMALL / 2 : BUFFERS;
    struct nic_config nic_config = {.arena = arena, .rx_buffers = buffers, .tx_buffers = buffers, .mtu = 1500};
    struct net_config config = {
        .nic = &nic, .arena = arena, .window = segments * SEGMENT, .hostname = "probe", .by_hand = settings->small != 0};
    struct net_address address = {0};
    enum status status = tap_nic_open(&nic, settings->interface, &nic_config);

    if (status == OK)
        status = net_open(&network, &config);
    if (status != OK)
        return status;

    tap_nic_lose(settings->loss);
    host_idle_hook = tap_nic_wait;
    status = get_address(settings->address, &address);
    if (status != OK)
        return status;

    char text[46];
    net_format_address(&address, text);
    printf("address=%s\n", text);
    *stream = net_stream_new(network);
    return *stream ? OK : fail(E_STREAM_MEMORY, "no stream is free");
}

void tap_network_close(struct stream *stream)
{
    struct nic_statistics statistics;

    net_stream_free(stream);
    net_close(network);
    nic_statistics(&nic, &statistics);
    printf("rx_frames=%llu\ntx_frames=%llu\nlost_frames=%u\n", (unsigned long long)statistics.rx_frames,
           (unsigned long long)statistics.tx_frames, tap_nic_lost());
    nic_close(&nic);
}
