/* SPDX-License-Identifier: BSD-2-Clause */
/* How a card comes to its DHCP client, with a first lease of ours or the boot ROM's, and is rid of it. */
#include <string.h>

#include "lwip/mem.h"
#include "net/dhcp_build.h"
#include "net/dhcp_client.h"
#include "net/internal.h"

static void keep_request(struct dhcp_client *client, const struct net_dhcp_request *request)
{
    client->request = *request;
    if (request->client_id) {
        memcpy(client->client_id, request->client_id, request->client_id_length);
        client->request.client_id = client->client_id;
    }
}

void net_dhcp_stop(struct network *network)
{
    if (network->dhcp) {
        net_dhcp_socket_close();
        mem_free(network->dhcp);
    }
    network->dhcp = NULL;
}

static enum status start(struct network *network, const struct net_dhcp_request *request)
{
    net_dhcp_stop(network);
    struct dhcp_client *client = mem_malloc(sizeof *client);
    if (!client || !net_dhcp_socket_open(net_dhcp_heard)) {
        if (client)
            mem_free(client);
        return fail(E_NET_MEMORY, "no memory for a DHCP exchange");
    }

    memset(client, 0, sizeof *client);
    network->dhcp = client;
    client->network = network;
    keep_request(client, request);
    client->began = client->asked = platform_ticks();
    return OK;
}

static enum status fail_timeout(struct dhcp_client *client)
{
    enum status status = fail(E_DHCP_TIMEOUT, "%u requests sent, no answer", client->sent);
    if (client->dropped)
        status = fail(E_DHCP_TIMEOUT, "%u requests sent, %u answers dropped: %s", client->sent, client->dropped, client->why);
    net_dhcp_stop(client->network);
    return status;
}

enum status net_dhcp(struct network *network, const struct net_dhcp_request *request, struct net_lease *lease,
                     deadline_t deadline)
{
    memset(lease, 0, sizeof *lease);
    enum status status = start(network, request);
    if (status != OK)
        return status;

    struct dhcp_client *client = network->dhcp;
    netif_set_addr(&network->netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4);
    client->lease = lease;
    net_dhcp_begin(client);
    client->next = platform_ticks();
    while (!client->has_lease && !deadline_passed(deadline))
        net_wait_turn();
    if (!client->has_lease)
        return fail_timeout(client);

    client->lease = NULL;
    struct dhcp_message ack;
    (void)dhcp_message_open(&ack, client->message, client->message_length);
    net_lease_read(lease, &ack);
    memcpy(lease->server, client->server, sizeof lease->server);
    status = net_dhcp_use(client, &lease->ipv4);
    if (status != OK)
        net_dhcp_stop(network);
    return status;
}

enum status net_adopt_lease(struct network *network, const struct net_dhcp_request *request, struct net_lease *lease)
{
    struct dhcp_message ack;
    if (dhcp_message_open(&ack, lease->message, lease->message_length))
        return fail(E_INVALID_ARGUMENT, "a lease without its acknowledgement");
    enum status status = start(network, request);
    if (status != OK)
        return status;

    struct dhcp_client *client = network->dhcp;
    status = net_dhcp_use(client, &lease->ipv4);
    if (status == OK)
        net_dhcp_bind(client, &ack, 2);
    else
        net_dhcp_stop(network);
    return status;
}
