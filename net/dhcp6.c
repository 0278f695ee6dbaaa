/* SPDX-License-Identifier: BSD-2-Clause */
/* Which DNS servers there are, on links whose routers leave that to DHCPv6 (RFC 8415 18.2.6, RFC 3646). */
#include "net/dhcp6.h"

#include <string.h>

#include "lwip/udp.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/format.h"

/* RFC 8415 7.3, 8, 21.1; RFC 3646 3 */
#define INFORMATION_REQUEST 11
#define REPLY               7
#define OPTION_CLIENT_ID    1
#define OPTION_SERVER_ID    2
#define OPTION_REQUEST      6
#define OPTION_ELAPSED      8
#define OPTION_DNS_SERVERS  23
#define HEADER              4
#define OPTION_HEADER       4
#define DUID_AT             (HEADER + OPTION_HEADER) /* in our request: DUID-LL, 11.4 */
#define DUID_LENGTH         10u

/* 7.6: the first message waits for a random part of the delay; INF_TIMEOUT, and how long it may become here. */
#define DELAY_MS       1000u
#define FIRST_WAIT_MS  1000u
#define LONGEST_SHIFTS 2

/* ---- messages ---- */

/* clang-format off */
static const uint8_t asking[DHCP6_REQUEST_SIZE] = {
    INFORMATION_REQUEST, 0, 0, 0,
    0, OPTION_CLIENT_ID, 0, DUID_LENGTH, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, /* DUID-LL, Ethernet, and the address */
    0, OPTION_REQUEST, 0, 2, 0, OPTION_DNS_SERVERS,
    0, OPTION_ELAPSED, 0, 2, 0, 0, /* in hundredths of a second */
};
/* clang-format on */

void dhcp6_write_request(uint8_t request[DHCP6_REQUEST_SIZE], uint32_t number, const uint8_t mac[NIC_MAC_LENGTH],
                         uint32_t elapsed_ms)
{
    memcpy(request, asking, sizeof asking);
    put_be24(request + 1, number);
    memcpy(request + DUID_AT + DUID_LENGTH - NIC_MAC_LENGTH, mac, NIC_MAC_LENGTH);
    put_be16(request + DHCP6_REQUEST_SIZE - 2, smaller_of(elapsed_ms / 10, 0xFFFF));
}

static unsigned take_servers(const uint8_t *value, unsigned size, uint8_t dns[NET_DNS_SERVERS][16])
{
    unsigned count = 0;
    memset(dns, 0, NET_DNS_SERVERS * sizeof *dns); /* a message before may have been none of ours */
    for (unsigned at = 0; at + 16 <= size && count < NET_DNS_SERVERS; at += 16) {
        if (value[at] != 0xFF && (value[at] | value[at + 1]) != 0)
            memcpy(dns[count++], value + at, 16);
    }
    return count;
}

int dhcp6_read_reply(const uint8_t *message, unsigned length, const uint8_t request[DHCP6_REQUEST_SIZE],
                     uint8_t dns[NET_DNS_SERVERS][16])
{
    bool ours = false, from_server = false;
    unsigned count = 0;
    if (length < HEADER || message[0] != REPLY || memcmp(message + 1, request + 1, 3) != 0)
        return -1;

    for (unsigned at = HEADER, size; at < length; at += OPTION_HEADER + size) {
        const uint8_t *option = message + at;
        if (length - at < OPTION_HEADER)
            return -1;
        size = get_be16(option + 2);
        if (size > length - at - OPTION_HEADER)
            return -1;

        uint16_t code = get_be16(option);
        from_server |= code == OPTION_SERVER_ID;
        ours |= code == OPTION_CLIENT_ID && size == DUID_LENGTH && memcmp(option + OPTION_HEADER, request + DUID_AT, size) == 0;
        if (code == OPTION_DNS_SERVERS)
            count = take_servers(option + OPTION_HEADER, size, dns);
    }
    return ours && from_server ? (int)count : -1;
}

/* ---- the exchange ---- */

struct exchange {
    uint8_t request[DHCP6_REQUEST_SIZE];
    uint8_t dns[NET_DNS_SERVERS][16];
    int count; /* -1: no reply yet; 0: none that names one, and another server may know better */
};

static void on_datagram(void *argument, struct udp_pcb *socket, struct pbuf *packet, const ip_addr_t *from, uint16_t port)
{
    struct exchange *exchange = argument;
    (void)socket, (void)from;
    if (exchange->count <= 0 && port == DHCP6_SERVER_PORT && !packet->next) {
        int count = dhcp6_read_reply(packet->payload, packet->len, exchange->request, exchange->dns);
        if (count > exchange->count)
            exchange->count = count;
    }
    pbuf_free(packet);
}

static struct udp_pcb *open_socket(struct network *network, struct exchange *exchange)
{
    struct udp_pcb *socket = udp_new_ip_type(IPADDR_TYPE_V6);
    if (!socket)
        return NULL;
    if (udp_bind(socket, IP6_ADDR_ANY, DHCP6_CLIENT_PORT) != ERR_OK) {
        udp_remove(socket);
        return NULL;
    }
    udp_bind_netif(socket, &network->netif);
    udp_recv(socket, on_datagram, exchange);
    return socket;
}

/* To all servers and relays of the link, 7.1. */
static void send_request(struct udp_pcb *socket, const uint8_t request[DHCP6_REQUEST_SIZE])
{
    ip_addr_t to = IPADDR6_INIT_HOST(0xFF020000, 0, 0, 0x00010002);
    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, DHCP6_REQUEST_SIZE, PBUF_RAM);
    if (!packet)
        return;
    memcpy(packet->payload, request, DHCP6_REQUEST_SIZE);
    (void)udp_sendto(socket, packet, &to, DHCP6_SERVER_PORT);
    pbuf_free(packet);
}

static void ask_until(struct network *network, struct udp_pcb *socket, struct exchange *exchange, deadline_t deadline)
{
    uint32_t number = net_random32(), elapsed = 0, shifts = 0;
    deadline_t due = deadline_after_ms(net_random32() % DELAY_MS);
    dhcp6_write_request(exchange->request, number, network->nic->mac, elapsed);

    while (exchange->count <= 0 && !deadline_passed(deadline)) {
        if (deadline_passed(due)) {
            uint32_t wait = FIRST_WAIT_MS << shifts;
            dhcp6_write_request(exchange->request, number, network->nic->mac, elapsed);
            send_request(socket, exchange->request);
            due = deadline_after_ms(wait);
            elapsed += wait;
            shifts = smaller_of(shifts + 1, LONGEST_SHIFTS);
        }
        net_wait_turn();
    }
}

enum status net_dhcp6_dns(struct network *network, struct net_ipv6 *ipv6, deadline_t deadline)
{
    struct exchange exchange = {.count = -1};
    struct udp_pcb *socket = open_socket(network, &exchange);
    if (!socket)
        return fail(E_NET_MEMORY, "no socket for DHCPv6");

    ask_until(network, socket, &exchange, deadline);
    udp_remove(socket);
    if (exchange.count <= 0)
        return fail(E_DHCP_TIMEOUT, "DHCPv6: %s", exchange.count < 0 ? "no server answered" : "the answer names no DNS server");

    memcpy(ipv6->dns, exchange.dns, sizeof ipv6->dns);
    net_dns_set_ipv6(network, DNS_BY_ROUTER, exchange.dns);
    return OK;
}
