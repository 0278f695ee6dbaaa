/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routers that advertise themselves, and whether they are there. Anybody can advertise hundreds that are not, and lwIP keeps the
 * few that come first. So an advertisement waits until its sender has answered a solicitation of ours (RFC 4861 7.2): a router
 * that does not is of no use in any case.
 */
#include "lwip/ip6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/prot/ip6.h"
#include "net/internal.h"

#define WAITING           8
#define WAIT_MS           5     /* for which nobody takes another's place: 1600 solicitations a second at most */
#define KEPT_MS           1000  /* for an answer that comes late, while nobody wants the place */
#define SHOWN             4     /* one more than lwIP has places for */
#define ADVERTISEMENT_MAX 1280u /* bytes: what every link carries in one packet */

static struct {
    struct network *network;
    struct pbuf *packet; /* NULL: the place is free */
    deadline_t until;
} waiting[WAITING];

static struct {
    const struct network *network;
    ip6_addr_t router;
} shown[SHOWN];
static unsigned next_shown;

static ip6_addr_t sender(const struct pbuf *packet)
{
    ip6_addr_t from;
    ip6_addr_copy_from_packed(from, ((const struct ip6_hdr *)packet->payload)->src);
    return from;
}

static void free_place(unsigned i)
{
    if (waiting[i].packet)
        pbuf_free(waiting[i].packet);
    waiting[i].packet = NULL;
}

static void let_wait(struct network *network, struct pbuf *packet)
{
    unsigned i = 0;
    while (i < WAITING && waiting[i].packet && !deadline_passed(waiting[i].until))
        i++;
    if (i == WAITING || packet->tot_len > ADVERTISEMENT_MAX || net_heap_left() < net_tuning.heap_reserve + packet->tot_len)
        return;

    free_place(i);
    waiting[i].packet = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
    waiting[i].network = network;
    waiting[i].until = deadline_after_ms(WAIT_MS);
    ip6_addr_t from = sender(packet);
    if (waiting[i].packet)
        nd6_ask_address(&network->netif, &from);
}

bool net_router_shown(struct network *network, struct pbuf *packet)
{
    ip6_addr_t from = sender(packet);
    for (unsigned i = 0; i < SHOWN; i++) {
        if (shown[i].network == network && ip6_addr_eq(&shown[i].router, &from))
            return true;
    }
    if (!ip6_addr_islinklocal(&from) || network->by_hand)
        return network->by_hand;

    network->unshown++;
    let_wait(network, packet);
    return false;
}

void net_router_answers(struct network *network, const ip6_addr_t *router)
{
    bool known = false;
    for (unsigned i = 0; i < WAITING; i++) {
        struct pbuf *packet = waiting[i].packet;
        if (!packet || waiting[i].network != network)
            continue;
        ip6_addr_t from = sender(packet);
        if (!ip6_addr_eq(&from, router))
            continue;

        waiting[i].packet = NULL;
        if (!known) {
            shown[next_shown].network = network;
            shown[next_shown].router = *router;
            next_shown = (next_shown + 1) % SHOWN;
        }
        known = true;
        network->unshown--;
        ip6_input(packet, &network->netif);
    }
}

void net_routers_expire(void)
{
    for (unsigned i = 0; i < WAITING; i++) {
        if (deadline_passed(waiting[i].until + (KEPT_MS - WAIT_MS) * platform_ticks_per_ms()))
            free_place(i);
    }
}

void net_routers_forget(const struct network *network)
{
    for (unsigned i = 0; i < WAITING; i++) {
        if (waiting[i].network == network)
            free_place(i);
    }
    for (unsigned i = 0; i < SHOWN; i++) {
        if (shown[i].network == network)
            shown[i].network = NULL;
    }
}
