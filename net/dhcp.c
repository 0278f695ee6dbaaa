/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DHCP exchange (RFC 2131) by lwIP's client, with what it lacks: options of ours in what is sent, quick repetition, a check of
 * what comes before lwIP reads it, and the acknowledgement kept whole. Option 175 is asked for and never sent: servers take who
 * sends it for iPXE.
 */
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/iana.h"
#include "lwip/udp.h"
#include "lwip_hooks.h"
#include "net/internal.h"
#include "platform/format.h"

enum {
    OPTION_PAD = 0,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_MTU = 26,
    OPTION_LEASE_TIME = 51,
    OPTION_OVERLOAD = 52,
    OPTION_MESSAGE_TYPE = 53,
    OPTION_SERVER_ID = 54,
    OPTION_REQUEST_LIST = 55,
    OPTION_VENDOR_CLASS = 60,
    OPTION_CLIENT_ID = 61,
    OPTION_ARCHITECTURE = 93,
    OPTION_INTERFACE = 94,
    OPTION_UUID = 97,
    OPTION_END = 255,
};

/* Where the fixed part of a message has its fields (RFC 2131 2). */
#define AT_OP      0
#define AT_HTYPE   1
#define AT_HLEN    2
#define AT_COOKIE  236
#define AT_OPTIONS 240

_Static_assert(LWIP_DHCP_MAX_DNS_SERVERS == DNS_MAX_SERVERS,
               "lwIP 2.1.3 decodes DNS_MAX_SERVERS of them into a table of the other size");

static const uint8_t wanted[] = {1, 3, 6, 12, 15, 17, 26, 28, 43, 54, 60, 66, 67, 119, 175, 203};

static struct {
    const struct net_dhcp_request *request; /* of the last exchange; renewals say the same */
    struct net_dhcp_request kept;
    uint8_t client_id[255];
    char vendor_class[128];
    udp_recv_fn lwip_receives;
    uint8_t message[sizeof((struct net_lease *)0)->message]; /* the reply being handled */
    uint16_t length;
    struct net_lease *lease; /* where to keep the acknowledgement; NULL outside net_dhcp() */
    bool bound;
} client;

/* ---- what is sent ---- */

static void put_option(struct dhcp_msg *message, uint16_t *length, uint8_t code, const void *bytes, unsigned size)
{
    if (size > 255 || *length + 2u + size + 1u > DHCP_OPTIONS_LEN)
        return; /* the option is left out; the end mark needs one byte */
    message->options[(*length)++] = code;
    message->options[(*length)++] = (uint8_t)size;
    memcpy(message->options + *length, bytes, size);
    *length = (uint16_t)(*length + size);
}

/* lwIP's own list is short and fixed: it is taken out, and ours is put at the end. */
static void remove_option(struct dhcp_msg *message, uint16_t *length, uint8_t code)
{
    for (unsigned at = 0; at + 1 < *length;) {
        unsigned size = 2u + message->options[at + 1];

        if (message->options[at] == code && at + size <= *length) {
            memmove(message->options + at, message->options + at + size, *length - at - size);
            *length = (uint16_t)(*length - size);
            return;
        }
        at += size;
    }
}

static bool all_zero(const uint8_t *bytes, unsigned count)
{
    while (count && *bytes == 0) {
        bytes++;
        count--;
    }
    return count == 0;
}

void net_dhcp_append(const struct netif *netif, struct dhcp_msg *message, uint8_t type, uint16_t *length)
{
    const struct net_dhcp_request *request = client.request;
    uint8_t architecture[2], mac_id[1 + NIC_MAC_LENGTH] = {1 /* Ethernet */}, uuid[17] = {0};
    static const uint8_t undi_2_1[] = {1, 2, 1}; /* RFC 4578 2.2, as every PXE client says */

    if (!request)
        return;
    if (request->client_id) {
        put_option(message, length, OPTION_CLIENT_ID, request->client_id, request->client_id_length);
    } else {
        memcpy(mac_id + 1, netif->hwaddr, NIC_MAC_LENGTH);
        put_option(message, length, OPTION_CLIENT_ID, mac_id, sizeof mac_id);
    }
    log_printf(LOG_DEBUG, "DHCP: sending %s",
               type == DHCP_DISCOVER  ? "DISCOVER"
               : type == DHCP_REQUEST ? "REQUEST"
                                      : "a release or refusal");
    if (type != DHCP_DISCOVER && type != DHCP_REQUEST)
        return;
    remove_option(message, length, OPTION_REQUEST_LIST);
    put_option(message, length, OPTION_REQUEST_LIST, wanted, sizeof wanted);
    if (request->vendor_class)
        put_option(message, length, OPTION_VENDOR_CLASS, request->vendor_class, (unsigned)strlen(request->vendor_class));
    architecture[0] = (uint8_t)(request->architecture >> 8);
    architecture[1] = (uint8_t)request->architecture;
    put_option(message, length, OPTION_ARCHITECTURE, architecture, sizeof architecture);
    put_option(message, length, OPTION_INTERFACE, undi_2_1, sizeof undi_2_1);
    if (!all_zero(request->uuid, sizeof request->uuid)) {
        memcpy(uuid + 1, request->uuid, sizeof request->uuid);
        put_option(message, length, OPTION_UUID, uuid, sizeof uuid);
    }
}

/* ---- what comes ---- */

/* Every option lies inside its field. A missing end mark is forgiven. */
static bool field_well_formed(const uint8_t *field, unsigned length)
{
    unsigned at = 0;

    while (at < length && field[at] != OPTION_END) {
        if (field[at] == OPTION_PAD) {
            at++;
            continue;
        }
        if (at + 1 >= length || field[at + 1] > length - at - 2)
            return false;
        at += 2u + field[at + 1];
    }
    return true;
}

/* The value of the first option `code` in the options field, and its size; NULL when there is none. The field is well formed. */
static const uint8_t *find_any(const uint8_t *message, unsigned length, uint8_t code, unsigned *size)
{
    for (unsigned at = AT_OPTIONS; at + 1 < length && message[at] != OPTION_END;) {
        if (message[at] == OPTION_PAD) {
            at++;
            continue;
        }
        *size = message[at + 1];
        if (message[at] == code)
            return message + at + 2;
        at += 2u + *size;
    }
    return NULL;
}

/* The same, NULL also when it has another size than it must have. */
static const uint8_t *find_option(const uint8_t *message, unsigned length, uint8_t code, unsigned wanted_size)
{
    unsigned size;
    const uint8_t *value = find_any(message, length, code, &size);

    return value && size == wanted_size ? value : NULL;
}

/* RFC 2131 2 and 4.1, as far as lwIP takes it on trust. */
static bool reply_well_formed(const uint8_t *message, unsigned length)
{
    static const uint8_t cookie[] = {99, 130, 83, 99};
    const uint8_t *overload, *address;

    if (length < AT_OPTIONS + 3 || message[AT_OP] != DHCP_BOOTREPLY || message[AT_HTYPE] != 1 ||
        message[AT_HLEN] != NIC_MAC_LENGTH || memcmp(message + AT_COOKIE, cookie, sizeof cookie) != 0)
        return false;
    if (!field_well_formed(message + AT_OPTIONS, length - AT_OPTIONS))
        return false;
    if (!find_option(message, length, OPTION_MESSAGE_TYPE, 1))
        return false;
    overload = find_option(message, length, OPTION_OVERLOAD, 1);
    if (overload && (*overload & 1) && !field_well_formed(message + DHCP_FILE_OFS, DHCP_FILE_LEN))
        return false;
    if (overload && (*overload & 2) && !field_well_formed(message + DHCP_SNAME_OFS, DHCP_SNAME_LEN))
        return false;
    address = message + 16;
    return *find_option(message, length, OPTION_MESSAGE_TYPE, 1) == DHCP_NAK || net_ipv4_usable(address);
}

/* Stands before lwIP's own receive function; the datagram's checksum was verified. */
static void on_reply(void *argument, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from, uint16_t port)
{
    struct dhcp *dhcp = netif_dhcp_data(&network.netif);
    uint8_t before = dhcp ? dhcp->state : DHCP_STATE_OFF;

    if (packet->tot_len > sizeof client.message ||
        pbuf_copy_partial(packet, client.message, packet->tot_len, 0) != packet->tot_len ||
        !reply_well_formed(client.message, packet->tot_len)) {
        pbuf_free(packet);
        return;
    }
    client.length = packet->tot_len;
    client.lwip_receives(argument, pcb, packet, from, port);
    if (!client.lease || !dhcp || before == DHCP_STATE_BOUND || dhcp->state != DHCP_STATE_BOUND)
        return;
    memcpy(client.lease->message, client.message, client.length);
    client.lease->message_length = client.length;
    client.bound = true;
}

/* lwIP keeps its socket to itself; it is the one on the client's port. */
static void watch_replies(void)
{
    for (struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next) {
        if (pcb->local_port == LWIP_IANA_PORT_DHCP_CLIENT && pcb->recv != on_reply) {
            client.lwip_receives = pcb->recv;
            pcb->recv = on_reply;
        }
    }
}

/* ---- the exchange ---- */

/* Repetitions after 1, 2, 4, 8 s instead of lwIP's 2, 4, 8, …; the shape of RFC 2131 4.1 for links that come up late. */
static void hurry(struct dhcp *dhcp)
{
    unsigned tries = dhcp->tries < 4 ? dhcp->tries : 4;
    uint16_t most = (uint16_t)((tries ? 1000u << (tries - 1) : 500u) / DHCP_FINE_TIMER_MSECS);

    if ((dhcp->state == DHCP_STATE_SELECTING || dhcp->state == DHCP_STATE_REQUESTING) && dhcp->request_timeout > most)
        dhcp->request_timeout = most;
}

static void keep_request(const struct net_dhcp_request *request)
{
    client.kept = *request;
    if (request->client_id) {
        memcpy(client.client_id, request->client_id, request->client_id_length);
        client.kept.client_id = client.client_id;
    }
    if (request->vendor_class) {
        format_text(client.vendor_class, sizeof client.vendor_class, "%s", request->vendor_class);
        client.kept.vendor_class = client.vendor_class;
    }
    client.request = &client.kept;
}

static uint16_t lease_mtu(const struct net_lease *lease)
{
    const uint8_t *mtu = find_option(lease->message, lease->message_length, OPTION_MTU, 2);
    uint16_t value = mtu ? (uint16_t)(mtu[0] << 8 | mtu[1]) : 0;

    return value >= 576 && value <= network.nic->mtu ? value : 0;
}

static void read_servers(struct net_lease *lease)
{
    unsigned size;
    const uint8_t *dns = find_any(lease->message, lease->message_length, OPTION_DNS, &size);

    for (unsigned i = 0; dns && i < NET_DNS_SERVERS && 4 * (i + 1) <= size; i++)
        memcpy(lease->ipv4.dns[i], dns + 4 * i, 4);
}

/* lwIP takes the first router; one that is not in the network could never be reached, and none may be meant. */
static void read_gateway(struct net_lease *lease)
{
    unsigned size;
    const uint8_t *router = find_any(lease->message, lease->message_length, OPTION_ROUTER, &size);
    const struct net_ipv4 *ipv4 = &lease->ipv4;

    if (!router || size < 4 || !net_ipv4_usable(router) || memcmp(router, ipv4->address, 4) == 0)
        return;
    for (unsigned i = 0; i < 4; i++) {
        if ((router[i] ^ ipv4->address[i]) & ipv4->netmask[i])
            return;
    }
    memcpy(lease->ipv4.gateway, router, 4);
}

/* Completes the lease, and sets it as if it had been given by hand: with the same checks. */
static enum status finish(struct net_lease *lease)
{
    const uint8_t *server = find_option(lease->message, lease->message_length, OPTION_SERVER_ID, 4);
    const uint8_t *seconds = find_option(lease->message, lease->message_length, OPTION_LEASE_TIME, 4);

    memcpy(lease->ipv4.address, &netif_ip4_addr(&network.netif)->addr, 4);
    memcpy(lease->ipv4.netmask, &netif_ip4_netmask(&network.netif)->addr, 4);
    read_gateway(lease);
    read_servers(lease);
    lease->ipv4.mtu = lease_mtu(lease);
    if (server)
        memcpy(lease->server, server, 4);
    if (seconds)
        lease->seconds = (uint32_t)seconds[0] << 24 | (uint32_t)seconds[1] << 16 | (uint32_t)seconds[2] << 8 | seconds[3];
    lease->acquired = platform_ticks();
    log_printf(LOG_DEBUG, "DHCP: bound by %u.%u.%u.%u for %u s", lease->server[0], lease->server[1], lease->server[2],
               lease->server[3], (unsigned)lease->seconds);
    return net_set_ipv4(&lease->ipv4);
}

enum status net_dhcp(const struct net_dhcp_request *request, struct net_lease *lease, deadline_t deadline)
{
    struct dhcp *dhcp;

    memset(lease, 0, sizeof *lease);
    keep_request(request);
    client.lease = lease;
    client.bound = false;
    if (dhcp_start(&network.netif) != ERR_OK) {
        client.lease = NULL;
        return fail(E_NET_MEMORY, "no memory for a DHCP exchange");
    }
    watch_replies();
    dhcp = netif_dhcp_data(&network.netif);
    while (!client.bound && !deadline_passed(deadline)) {
        hurry(dhcp);
        net_wait_turn();
    }
    client.lease = NULL;
    if (client.bound)
        return finish(lease);
    dhcp_stop(&network.netif);
    return fail(E_DHCP_TIMEOUT, "%u requests sent", dhcp->tries);
}
