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
#include "net/dhcp_options.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define ID_ETHERNET 1 /* the type byte of a client identifier that is a MAC address (RFC 2132 section 9.14) */

_Static_assert(LWIP_DHCP_MAX_DNS_SERVERS == DNS_MAX_SERVERS,
               "lwIP 2.1.3 decodes DNS_MAX_SERVERS of them into a table of the other size");

static const uint8_t request_list[] = {
#define ASKED(code) code,
#define UNASKED(code)
#define DHCP_OPTION(name, code, asked, used_by) asked(code)
#include "net/dhcp_options.def"
#undef DHCP_OPTION
#undef ASKED
#undef UNASKED
};

static struct {
    const struct net_dhcp_request *request; /* of the last exchange; renewals say the same */
    struct net_dhcp_request kept;
    uint8_t client_id[255];
    char vendor_class[128];
    udp_recv_fn lwip_receives;
    uint8_t message[1500];   /* the reply being handled: as much as a lease keeps */
    struct net_lease *lease; /* where to keep the acknowledgement; NULL outside net_dhcp() */
    bool bound;
} client;

_Static_assert(sizeof client.message == sizeof client.lease->message, "a reply is kept whole");

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

static void append_client_id(const struct netif *netif, struct dhcp_msg *message, uint16_t *length)
{
    const struct net_dhcp_request *request = client.request;
    uint8_t mac_id[1 + NIC_MAC_LENGTH] = {ID_ETHERNET};

    memcpy(mac_id + 1, netif->hwaddr, NIC_MAC_LENGTH);
    if (request->client_id)
        put_option(message, length, DHCP_CLIENT_ID, request->client_id, request->client_id_length);
    else
        put_option(message, length, DHCP_CLIENT_ID, mac_id, sizeof mac_id);
}

/* What a PXE client says of its machine (RFC 4578). */
static void append_machine(struct dhcp_msg *message, uint16_t *length)
{
    const struct net_dhcp_request *request = client.request;
    static const uint8_t undi_2_1[] = {1, 2, 1}; /* section 2.2, as every PXE client says */
    uint8_t architecture[2], uuid[1 + sizeof request->uuid] = {0 /* its type: a GUID */};

    if (request->vendor_class)
        put_option(message, length, DHCP_VENDOR_CLASS, request->vendor_class, (unsigned)strlen(request->vendor_class));

    put_be16(architecture, request->architecture);
    put_option(message, length, DHCP_ARCHITECTURE, architecture, sizeof architecture);
    put_option(message, length, DHCP_INTERFACE, undi_2_1, sizeof undi_2_1);

    memcpy(uuid + 1, request->uuid, sizeof request->uuid);
    if (!bytes_are_zero(request->uuid, sizeof request->uuid))
        put_option(message, length, DHCP_UUID, uuid, sizeof uuid);
}

void net_dhcp_append(const struct netif *netif, struct dhcp_msg *message, uint8_t type, uint16_t *length)
{
    if (!client.request)
        return;
    log_printf(LOG_DEBUG, "DHCP: sending %s",
               type == DHCP_DISCOVER  ? "DISCOVER"
               : type == DHCP_REQUEST ? "REQUEST"
                                      : "a release or refusal");
    append_client_id(netif, message, length);
    if (type != DHCP_DISCOVER && type != DHCP_REQUEST)
        return;

    remove_option(message, length, DHCP_REQUEST_LIST);
    put_option(message, length, DHCP_REQUEST_LIST, request_list, sizeof request_list);
    append_machine(message, length);
}

/* ---- what comes ---- */

/* RFC 2131 sections 2 and 4.1, as far as lwIP takes it on trust. */
static bool open_reply(struct dhcp_message *reply, unsigned length)
{
    uint8_t type;

    return !dhcp_message_open(reply, client.message, length) && dhcp_option_get(reply, DHCP_MESSAGE_TYPE, &type, 1) == 1 &&
           (type == DHCP_NAK || net_ipv4_usable(client.message + DHCP_AT_YIADDR));
}

/* Stands before lwIP's own receive function; the datagram's checksum was verified. */
static void on_reply(void *argument, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from, uint16_t port)
{
    struct dhcp *dhcp = netif_dhcp_data(&network.netif);
    uint8_t before = dhcp ? dhcp->state : DHCP_STATE_OFF;
    struct dhcp_message reply;

    if (packet->tot_len > sizeof client.message ||
        pbuf_copy_partial(packet, client.message, packet->tot_len, 0) != packet->tot_len ||
        !open_reply(&reply, packet->tot_len)) {
        pbuf_free(packet);
        return;
    }

    client.lwip_receives(argument, pcb, packet, from, port);
    if (!client.lease || !dhcp || before == DHCP_STATE_BOUND || dhcp->state != DHCP_STATE_BOUND)
        return;
    net_lease_read(client.lease, &reply);
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
static void shorten_repetition(struct dhcp *dhcp)
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

/* Sets what the lease says as if it had been given by hand: with the same checks. */
static enum status set_lease(struct net_lease *lease)
{
    if (lease->ipv4.mtu > network.nic->mtu)
        lease->ipv4.mtu = 0;
    log_printf(LOG_DEBUG, "DHCP: bound by %u.%u.%u.%u for %u s", lease->server[0], lease->server[1], lease->server[2],
               lease->server[3], (unsigned)lease->seconds);
    return net_set_ipv4(&lease->ipv4);
}

enum status net_dhcp(const struct net_dhcp_request *request, struct net_lease *lease, deadline_t deadline)
{
    memset(lease, 0, sizeof *lease);
    keep_request(request);
    client.lease = lease;
    client.bound = false;
    if (dhcp_start(&network.netif) != ERR_OK) {
        client.lease = NULL;
        return fail(E_NET_MEMORY, "no memory for a DHCP exchange");
    }
    watch_replies();

    struct dhcp *dhcp = netif_dhcp_data(&network.netif);
    while (!client.bound && !deadline_passed(deadline)) {
        shorten_repetition(dhcp);
        net_wait_turn();
    }
    client.lease = NULL;
    if (client.bound)
        return set_lease(lease);

    dhcp_stop(&network.netif);
    return fail(E_DHCP_TIMEOUT, "%u requests sent", dhcp->tries);
}
