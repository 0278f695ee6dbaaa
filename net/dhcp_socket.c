/* SPDX-License-Identifier: BSD-2-Clause */
/* The DHCP client's port: lwIP's UDP, which has verified the checksum of what comes. */
#include <string.h>

#include "lwip/udp.h"
#include "net/dhcp_build.h"
#include "net/internal.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define PROXY_PORT  4011 /* of a ProxyDHCP server beside a DHCP server on one machine */

static struct udp_pcb *pcb;
static unsigned users;
static void (*got)(struct network *network, const struct pbuf *packet, const uint8_t from[4]);

static void on_receive(void *argument, struct udp_pcb *unused, struct pbuf *packet, const ip_addr_t *from, uint16_t port)
{
    (void)argument, (void)unused;
    struct net_address sender = net_from_lwip(from);
    if (port == SERVER_PORT || port == PROXY_PORT)
        got(net_of_netif(ip_current_input_netif()), packet, sender.bytes);
    pbuf_free(packet);
}

void net_dhcp_socket_close(void)
{
    if (--users == 0) {
        udp_remove(pcb);
        pcb = NULL;
    }
}

bool net_dhcp_socket_open(void (*on_datagram)(struct network *network, const struct pbuf *packet, const uint8_t from[4]))
{
    if (users) {
        users++;
        return true;
    }
    pcb = udp_new();
    if (!pcb)
        return false;
    users = 1;
    if (udp_bind(pcb, IP4_ADDR_ANY, CLIENT_PORT) != ERR_OK) {
        net_dhcp_socket_close();
        return false;
    }

    got = on_datagram;
    udp_recv(pcb, on_receive, NULL);
    return true;
}

bool net_dhcp_socket_send(struct network *network, const struct dhcp_draft *draft, const uint8_t *to)
{
    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, DHCP_SENT_MAX, PBUF_RAM);
    if (!packet)
        return false;
    pbuf_realloc(packet, (uint16_t)net_dhcp_build(packet->payload, draft));

    struct net_address address = {.family = 4, .bytes = {255, 255, 255, 255}};
    if (to)
        memcpy(address.bytes, to, 4);
    ip_addr_t target = net_to_lwip(&address), source = {0};
    if (draft->in_use)
        ip_addr_copy_from_ip4(source, *netif_ip4_addr(&network->netif));
    bool sent = udp_sendto_if_src(pcb, packet, &target, SERVER_PORT, &network->netif, &source) == ERR_OK;
    pbuf_free(packet);
    return sent;
}
