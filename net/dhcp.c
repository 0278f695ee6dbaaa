/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states of a DHCP client (RFC 2131) of our own, as lwIP's counts time in ticks that stand still between calls and reads what
 * no check has seen. A lease lives by platform_ticks(); whoever wakes late finds the state that the clock says.
 */
#include <string.h>

#include "net/dhcp_build.h"
#include "net/dhcp_client.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define REQUESTS_MAX    4          /* that an offer is worth */
#define FIRST_WAIT_MS   1000       /* RFC 2131 4.1 says 4 s; most of what is lost is lost to a port that comes up */
#define LAST_WAIT_MS    8000       /* while a machine waits for its first address, */
#define LOST_WAIT_MS    64000      /* and when one is only to be had again (RFC 2131 4.1) */
#define REFUSED_WAIT_MS 1000       /* a server that refuses what it offers is not asked as fast as it answers */
#define SPARE_WAIT_MS   4000       /* servers look for another owner of what they offer: dnsmasq for 3 s */
#define DECLINE_WAIT_MS 10000      /* RFC 2131 3.1.5 */
#define PROBE_MS        10         /* in which whoever has the offered address answers, while the server thinks */
#define SETTLE_MS       100        /* that a pause waits for an answer: it would be lost */
#define RENEW_WAIT_S    60u        /* between two renewals, RFC 2131 4.4.5; a 16th of a lease when that is less */
#define LONGEST_S       100000000u /* three years: ticks cannot overflow */

static deadline_t after_seconds(uint32_t seconds)
{
    return platform_ticks() + (uint64_t)smaller_of(seconds, LONGEST_S) * 1000 * platform_ticks_per_ms();
}

/* ---- what is sent ---- */

static uint16_t seconds_since_start(struct dhcp_client *client)
{
    uint64_t seconds = (platform_ticks() - client->began) / (1000 * platform_ticks_per_ms());
    return (uint16_t)(seconds < 0xFFFF ? seconds : 0xFFFF);
}

/*
 * `to`: NULL for all. Who asks for an offer says the seconds of the DISCOVER before, however long that is ago, so that relays and
 * servers that wait for them pass it on as they did that (RFC 2131 3.1, step 3).
 */
static void send_draft(struct dhcp_client *client, struct dhcp_draft *draft, const uint8_t *to)
{
    draft->xid = client->xid;
    if (draft->type == DHCP_TYPE_DISCOVER || draft->in_use)
        client->seconds = seconds_since_start(client);
    draft->seconds = client->seconds;
    draft->mac = client->network->netif.hwaddr;
    draft->request = &client->request;
    draft->hostname = client->network->hostname;
    draft->message_size = (uint16_t)smaller_of(client->network->nic->mtu, sizeof client->message);

    client->asked = platform_ticks();
    client->tries++;
    if (net_dhcp_socket_send(client->network, draft, to)) /* else it is repeated in time */
        client->sent++;
}

static void wait_ms(struct dhcp_client *client, uint32_t milliseconds)
{
    client->next = deadline_after_ms(milliseconds);
}

/* Twice as long after each try, and up to a quarter more or less: machines that start together must not stay together. */
static void wait_longer(struct dhcp_client *client)
{
    uint32_t most = client->lost ? LOST_WAIT_MS : LAST_WAIT_MS, wait = FIRST_WAIT_MS;
    for (unsigned i = 1; i < client->tries && wait < most; i++)
        wait *= 2;

    uint32_t random;
    platform_random(&random, sizeof random);
    wait_ms(client, wait - wait / 4 + random % (wait / 2));
}

static void discover(struct dhcp_client *client)
{
    struct dhcp_draft draft = {.type = DHCP_TYPE_DISCOVER, .requested = client->lost ? client->in_use.address : NULL};
    log_printf(LOG_DEBUG, "DHCP: sending DISCOVER");
    send_draft(client, &draft, NULL);
    wait_longer(client);
    if (client->has_spare && client->next > client->spare_until)
        client->next = client->spare_until;
}

void net_dhcp_begin(struct dhcp_client *client)
{
    platform_random(client->xid, sizeof client->xid);
    client->state = SELECTING;
    client->has_spare = false;
    client->tries = 0;
}

static void request_offered(struct dhcp_client *client)
{
    struct dhcp_draft draft = {.type = DHCP_TYPE_REQUEST, .requested = client->offered, .server = client->server};
    log_printf(LOG_DEBUG, "DHCP: sending REQUEST");
    send_draft(client, &draft, NULL);
    wait_longer(client);
}

/* ---- whether the address is free ---- */

static bool is_in_use_by_us(struct dhcp_client *client, const uint8_t address[4])
{
    return client->lost && !memcmp(address, client->in_use.address, 4);
}

/* ---- what is dropped ---- */

/* `what` of `from`, an address, is not taken: `why`. */
static void drop(struct dhcp_client *client, enum dhcp_telling telling, const char *what, const uint8_t from[4], const char *why)
{
    char text[FORMAT_ADDRESS_SIZE];
    format_ipv4(text, from);
    client->dropped++;
    log_printf(LOG_DEBUG, "DHCP: %s %s %s", what, text, why);
    if (client->dropped > 1 && telling < client->telling)
        return;
    client->telling = telling;
    format_text(client->why, sizeof client->why, "%s %s %s", what, text, why);
}

/* ---- the lease ---- */

static void log_address(struct dhcp_client *client, enum log_level level, const char *what)
{
    char text[FORMAT_ADDRESS_SIZE];
    format_ipv4(text, client->in_use.address);
    log_printf(level, "DHCP: %s %s", text, what);
}

void net_dhcp_bind(struct dhcp_client *client, const struct dhcp_message *ack, unsigned age)
{
    struct dhcp_times times = net_lease_times(ack);
    uint64_t late = platform_ticks() - client->asked;

    dhcp_option_get(ack, DHCP_SERVER_ID, client->server, sizeof client->server);
    client->next = after_seconds(times.renew / age) - late;
    client->rebind_at = after_seconds(times.rebind) - late;
    client->expire_at = after_seconds(times.expire) - late;
    client->wait_s = smaller_of(RENEW_WAIT_S, times.expire / 16 + 1);
    client->state = BOUND;
    client->has_lease = true;
    client->lost = false;
    log_printf(LOG_DEBUG, "DHCP: bound by %u.%u.%u.%u for %u s", client->server[0], client->server[1], client->server[2],
               client->server[3], (unsigned)times.expire);
}

/*
 * RFC 2131 4.4.5 would have us stop using the address. A disk under a running OS loader would be gone with it, so it stays in use
 * until a server gives another one.
 */
static void lose(struct dhcp_client *client, const char *how)
{
    if (!client->lost)
        log_address(client, LOG_WARNING, how);
    client->lost = true;
    client->began = platform_ticks();
    net_dhcp_begin(client);
}

enum status net_dhcp_use(struct dhcp_client *client, struct net_ipv4 *ipv4)
{
    net_lease_override(ipv4, &client->request.by_hand, client->network->nic->mtu);
    enum status status = client->request.by_hand.gateway ? net_check_gateway(ipv4) : OK;
    if (status == OK)
        status = net_use_ipv4(client->network, ipv4);
    if (status == OK)
        client->in_use = *ipv4;
    return status;
}

/* A later lease than the first. One for the address in use changes its times only. */
static void take_again(struct dhcp_client *client, const struct dhcp_message *ack)
{
    struct net_ipv4 ipv4;
    net_lease_addresses(&ipv4, ack, true);
    if (!memcmp(ipv4.address, client->in_use.address, 4)) {
        net_dhcp_bind(client, ack, 1);
        log_address(client, LOG_INFO, "is leased again");
        return;
    }

    enum status status = net_dhcp_use(client, &ipv4);
    if (status != OK) {
        log_printf(LOG_WARNING, "DHCP: the new address is not taken: %s", status_what(status));
        net_dhcp_begin(client);
        wait_ms(client, LOST_WAIT_MS);
        return;
    }
    net_dhcp_bind(client, ack, 1);
    log_address(client, LOG_WARNING, "is our address from now on: connections begin anew");
}

/* ---- what comes ---- */

static void choose(struct dhcp_client *client, const uint8_t address[4], const uint8_t server[4])
{
    memcpy(client->offered, address, 4);
    memcpy(client->server, server, 4);
    client->has_spare = false;
    client->tries = 0;
    if (!is_in_use_by_us(client, client->offered))
        net_arp_probe(client->network, client->offered); /* whoever has it has answered before the server has */
}

static void take_offer(struct dhcp_client *client, const uint8_t address[4], const uint8_t server[4])
{
    choose(client, address, server);
    client->state = REQUESTING;
    request_offered(client);
}

static void check_address(struct dhcp_client *client, uint64_t probed)
{
    client->state = CHECKING;
    client->next = probed + PROBE_MS * platform_ticks_per_ms();
}

/* RFC 2131 4.4.1: offers may be collected. Somebody's other server is often the faster one, and knows nothing of us. */
static void keep_spare(struct dhcp_client *client, const uint8_t address[4], const uint8_t server[4])
{
    if (client->has_spare)
        return;
    client->has_spare = true;
    memcpy(client->spare, address, 4);
    memcpy(client->spare_server, server, 4);
    client->spare_until = deadline_after_ms(SPARE_WAIT_MS);
    log_printf(LOG_INFO, "DHCP: what %u.%u.%u.%u offers lacks an iSCSI root path: others are waited for", server[0], server[1],
               server[2], server[3]);
}

/* Of a server that says what to boot, and leaves addresses to another one. Once it has spoken, any address will do. */
static void keep_proxy(struct dhcp_client *client, const struct dhcp_message *offer, const uint8_t server[4])
{
    memcpy(client->lease->proxy, offer->bytes, offer->length);
    client->lease->proxy_length = (uint16_t)offer->length;
    log_printf(LOG_INFO, "DHCP: the root path is what %u.%u.%u.%u says, a ProxyDHCP server", server[0], server[1], server[2],
               server[3]);
    if (client->has_spare)
        take_offer(client, client->spare, client->spare_server);
}

static bool has_root(const struct dhcp_client *client, const struct dhcp_message *offer)
{
    return !client->request.has_root || client->request.has_root(offer);
}

/* `committed`: it is an acknowledgement already (RFC 4039), as good as any other once it says what to boot from. */
static void on_offer(struct dhcp_client *client, const struct dhcp_message *offer, const uint8_t server[4], bool has_server,
                     bool committed)
{
    struct net_ipv4 ipv4;
    net_lease_addresses(&ipv4, offer, false);
    bool is_proxy = bytes_are_zero(ipv4.address, 4) && client->lease && client->request.has_root;
    if (is_proxy && has_root(client, offer)) {
        keep_proxy(client, offer, server);
        return;
    }
    if (!has_server) {
        drop(client, UNREADABLE, "the offer of", ipv4.address, "has no server identifier");
        return;
    }
    if (!net_ipv4_is_host(&ipv4)) {
        drop(client, UNUSABLE, "the offer of", ipv4.address, "is no address for a host");
        return;
    }

    if (!(client->lease && client->lease->proxy_length) && !has_root(client, offer)) {
        keep_spare(client, ipv4.address, server);
    } else if (committed) {
        choose(client, ipv4.address, server);
        check_address(client, platform_ticks());
    } else {
        take_offer(client, ipv4.address, server);
    }
}

static void on_ack(struct dhcp_client *client, const struct dhcp_message *ack, const uint8_t server[4])
{
    const uint8_t *address = ack->bytes + DHCP_AT_YIADDR;
    const uint8_t *wanted = client->state == EXTENDING ? client->in_use.address : client->offered;
    struct net_ipv4 ipv4;
    net_lease_addresses(&ipv4, ack, false);

    if (client->state == REQUESTING && memcmp(server, client->server, 4) != 0)
        drop(client, UNUSABLE, "the acknowledgement of", server, "is by a server that was not asked");
    else if (memcmp(address, wanted, 4) != 0)
        drop(client, UNUSABLE, "the acknowledgement of", address, "is of another address than was asked for");
    else if (!net_ipv4_is_host(&ipv4))
        drop(client, UNUSABLE, "the acknowledgement of", address, "is no address for a host");
    else if (client->state == EXTENDING)
        net_dhcp_bind(client, ack, 1);
    else
        check_address(client, client->asked);
}

static void on_nak(struct dhcp_client *client, const uint8_t server[4])
{
    if (client->state == REQUESTING && memcmp(server, client->server, 4) != 0)
        return;
    drop(client, REFUSED, "the server", server, "refused what was asked for");
    if (client->state == EXTENDING)
        lose(client, "was taken back by the DHCP server; it stays in use, and is asked for again");
    else
        net_dhcp_begin(client);
    wait_ms(client, REFUSED_WAIT_MS);
}

static void handle(struct dhcp_client *client, const struct dhcp_message *reply, const uint8_t from[4])
{
    if (memcmp(reply->bytes + DHCP_AT_XID, client->xid, 4) != 0 ||
        memcmp(reply->bytes + DHCP_AT_CHADDR, client->network->netif.hwaddr, NIC_MAC_LENGTH) != 0) {
        drop(client, NOT_FOR_US, "the answer of", from, "is to somebody else");
        return;
    }
    uint8_t type;
    if (dhcp_option_get(reply, DHCP_MESSAGE_TYPE, &type, 1) != 1) {
        drop(client, UNREADABLE, "the answer of", from, "does not say what it is (option 53)");
        return;
    }

    uint8_t server[4];
    memcpy(server, client->server, sizeof server);
    bool has_server = dhcp_option_get(reply, DHCP_SERVER_ID, server, sizeof server) == 4;
    bool committed = type == DHCP_TYPE_ACK && dhcp_option_get(reply, DHCP_RAPID_COMMIT, NULL, 0) == 0;
    if (client->state == SELECTING && (type == DHCP_TYPE_OFFER || committed))
        on_offer(client, reply, server, has_server, committed);
    else if (type == DHCP_TYPE_ACK && client->state != SELECTING)
        on_ack(client, reply, server);
    else if (type == DHCP_TYPE_NAK && client->state != SELECTING)
        on_nak(client, server);
}

void net_dhcp_heard(struct network *network, const struct pbuf *packet, const uint8_t from[4])
{
    struct dhcp_client *client = network->dhcp;
    if (!client || (client->state != SELECTING && client->state != REQUESTING && client->state != EXTENDING))
        return;
    if (packet->tot_len > sizeof client->message) {
        drop(client, UNREADABLE, "the answer of", from, "is longer than 1500 bytes");
        return;
    }

    client->message_length = pbuf_copy_partial(packet, client->message, packet->tot_len, 0);
    struct dhcp_message reply;
    const char *why = dhcp_message_open(&reply, client->message, client->message_length);
    if (why)
        drop(client, UNREADABLE, "the answer of", from, why);
    else
        handle(client, &reply, from);
}

/* ---- the turn ---- */

/* Half the time that is left, but not more often than every wait_s (RFC 2131 4.4.5). */
static void extend(struct dhcp_client *client)
{
    bool rebinding = deadline_passed(client->rebind_at);
    struct dhcp_draft draft = {.type = DHCP_TYPE_REQUEST, .in_use = client->in_use.address};
    if (client->state == BOUND) {
        client->began = platform_ticks();
        platform_random(client->xid, sizeof client->xid);
    }
    client->state = EXTENDING;
    log_printf(LOG_DEBUG, "DHCP: sending REQUEST, to %s the lease", rebinding ? "rebind" : "renew");
    send_draft(client, &draft, rebinding ? NULL : client->server);

    deadline_t target = rebinding ? client->expire_at : client->rebind_at, least = after_seconds(client->wait_s);
    client->next = platform_ticks() + (target - platform_ticks()) / 2;
    if (client->next < least)
        client->next = least;
    if (client->next > target)
        client->next = target;
}

/* True when somebody has answered the probe: the address is given back (RFC 2131 3.1.5). */
static bool decline(struct dhcp_client *client)
{
    uint8_t owner[NIC_MAC_LENGTH];
    if (is_in_use_by_us(client, client->offered) || !net_arp_owner(client->network, client->offered, owner))
        return false;

    char why[48];
    format_text(why, sizeof why, "is in use by %02x:%02x:%02x:%02x:%02x:%02x", owner[0], owner[1], owner[2], owner[3], owner[4],
                owner[5]);
    drop(client, REFUSED, "the offered address", client->offered, why);
    log_printf(LOG_WARNING, "DHCP: %s", client->why);

    struct dhcp_draft draft = {.type = DHCP_TYPE_DECLINE, .requested = client->offered, .server = client->server};
    send_draft(client, &draft, NULL);
    net_dhcp_begin(client);
    wait_ms(client, DECLINE_WAIT_MS);
    return true;
}

/* The ACK of the first lease is left in client->message for net_dhcp(). */
static void finish_check(struct dhcp_client *client)
{
    bool taken = decline(client);
    net_arp_probe_end(client->network);
    if (taken)
        return;

    struct dhcp_message ack;
    (void)dhcp_message_open(&ack, client->message, client->message_length);
    if (client->has_lease)
        take_again(client, &ack);
    else
        net_dhcp_bind(client, &ack, 1);
}

void net_dhcp_turn(struct network *network)
{
    struct dhcp_client *client = network->dhcp;
    if (!client || !deadline_passed(client->next))
        return;

    if (client->state == CHECKING)
        finish_check(client);
    else if (client->state == REQUESTING && client->tries < REQUESTS_MAX)
        request_offered(client);
    else if (client->state == REQUESTING)
        net_dhcp_begin(client);
    else if (client->has_spare && deadline_passed(client->spare_until))
        take_offer(client, client->spare, client->spare_server);
    else if (client->state == SELECTING)
        discover(client);
    else if (deadline_passed(client->expire_at))
        lose(client, "is leased no longer: its time is over; it stays in use, and is asked for again");
    else
        extend(client);
}

void net_dhcp_settle(struct network *network)
{
    const struct dhcp_client *client = network->dhcp;
    while (client && (client->state == CHECKING || (client->state != BOUND && client->tries &&
                                                    !deadline_passed(client->asked + SETTLE_MS * platform_ticks_per_ms()))))
        net_wait_turn();
}
