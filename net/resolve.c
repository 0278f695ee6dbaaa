/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host names to addresses. lwIP's DNS client gives one address a name, asks a second server only after half a minute, and does
 * not say whether there is no answer or no address.
 */
#include "net/resolve.h"

#include <string.h>

#include "lwip/udp.h"
#include "net/internal.h"
#include "platform/bytes.h"
#include "platform/crc32.h"
#include "platform/format.h"

#define QUESTION_MS 1000 /* until it is sent again, to the next server; in later rounds twice and four times that */
#define KNOWN_MS    2000 /* an answer is not waited for longer when addresses are known already */
#define TOLD_MS     5000 /* what was asked for beforehand is not asked for again */
#define FIRST_PORT  1024u
#define PORTS       (65536u - FIRST_PORT)
#define PORT_TRIES  16

/*
 * The address that was tried last, and of which name: the next attempt begins behind it, as it may take connections and then say
 * nothing. One that has served is the first again: mostly it is back soon, and another may be dead.
 */
static struct {
    uint32_t name;
    struct net_address address;
    bool served;
} tried;

/* What net_ask_ipv4() was told last: whoever connects next need not ask. */
static struct net_lookup told;

/* ---- what comes in ---- */

/*
 * AAAA records join the A records of before: each kind keeps half of the places, and what the other leaves of its own.
 * The first ones of this lookup take the place of those of earlier ones.
 */
static void take_addresses(struct net_lookup *lookup, const struct dns_answer *answer)
{
    unsigned before = lookup->found ? lookup->count : 0;
    unsigned added = smaller_of(answer->count, DNS_ADDRESSES - smaller_of(before, DNS_ADDRESSES / 2));
    unsigned kept = smaller_of(before, DNS_ADDRESSES - added);
    if (added == 0)
        return;

    memcpy(lookup->addresses + kept, answer->addresses, added * sizeof *answer->addresses);
    lookup->count = (uint8_t)(kept + added);
    lookup->found = true;
}

static bool has_refused(const struct net_lookup *lookup, const ip_addr_t *server)
{
    unsigned i = 0;
    while (i < lookup->refused && !ip_addr_eq(&lookup->refusing[i], server))
        i++;
    return i < lookup->refused;
}

static void take_message(struct net_lookup *lookup, const ip_addr_t *server, const uint8_t *message, unsigned length)
{
    uint8_t question[DNS_QUESTION_SIZE];
    struct dns_answer answer;
    unsigned question_length = dns_write_question(question, lookup->id, lookup->host, lookup->family);
    if (!dns_read_answer(message, length, question, question_length, &answer))
        return;

    lookup->rcode = answer.rcode;
    if (answer.rcode != DNS_NO_ERROR && answer.rcode != DNS_NO_SUCH_NAME) {
        if (!has_refused(lookup, server) && lookup->refused < DNS_SERVERS_MAX)
            lookup->refusing[lookup->refused++] = *server;
        lookup->ask_again = 0;
        return;
    }
    lookup->answered = lookup->heard = true;
    lookup->unusable |= answer.unusable;
    take_addresses(lookup, &answer);
}

static void on_datagram(void *argument, struct udp_pcb *socket, struct pbuf *packet, const ip_addr_t *from, uint16_t port)
{
    struct net_lookup *lookup = argument;
    (void)socket;
    if (!lookup->answered && port == DNS_PORT && !packet->next && net_is_dns_server(lookup->network, from))
        take_message(lookup, from, packet->payload, packet->len);
    pbuf_free(packet);
}

/* ---- what is asked ---- */

static void close_socket(struct net_lookup *lookup)
{
    if (lookup->socket)
        udp_remove(lookup->socket);
    lookup->socket = NULL;
}

/* A random port for each question, as its number is random: who does not see it must guess both (RFC 5452 9.2). */
static bool open_socket(struct net_lookup *lookup)
{
    if (lookup->socket)
        return true;
    struct udp_pcb *socket = udp_new_ip_type(IPADDR_TYPE_ANY);
    if (!socket)
        return false;

    err_t error = ERR_USE;
    for (unsigned i = 0; i < PORT_TRIES && error == ERR_USE; i++)
        error = udp_bind(socket, IP_ANY_TYPE, (uint16_t)(FIRST_PORT + net_random32() % PORTS));
    if (error != ERR_OK) {
        udp_remove(socket);
        return false;
    }

    udp_bind_netif(socket, &lookup->network->netif);
    udp_recv(socket, on_datagram, lookup);
    lookup->socket = socket;
    return true;
}

static void send_question(struct net_lookup *lookup, const ip_addr_t *server)
{
    uint8_t question[DNS_QUESTION_SIZE];
    unsigned length = dns_write_question(question, lookup->id, lookup->host, lookup->family);
    struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, (uint16_t)length, PBUF_RAM);
    if (!packet)
        return;
    memcpy(packet->payload, question, length);
    (void)udp_sendto(lookup->socket, packet, server, DNS_PORT);
    pbuf_free(packet);
}

/* One server after the other. What was not sent for want of memory or of a way is as good as lost: the next one's turn comes. */
static void ask(struct net_lookup *lookup, const ip_addr_t *servers, unsigned count)
{
    if (!deadline_passed(lookup->ask_again) || !open_socket(lookup))
        return;
    send_question(lookup, &servers[lookup->asked % count]);
    lookup->ask_again = deadline_after_ms(QUESTION_MS << smaller_of(lookup->asked / count / 2, 2));
    lookup->asked++;
}

static void begin_question(struct net_lookup *lookup, uint8_t family)
{
    close_socket(lookup);
    lookup->id = (uint16_t)net_random32();
    lookup->family = family;
    lookup->asked = lookup->refused = 0;
    lookup->answered = false;
    lookup->began = platform_ticks();
    lookup->ask_again = 0;
}

/* ---- how it ends, and begins ---- */

static void end_lookup(struct net_lookup *lookup)
{
    close_socket(lookup);
    lookup->done = true;
    lookup->left = lookup->count;
    lookup->next = 0;
    for (uint8_t i = 0; i < lookup->count && tried.name == lookup->name; i++) {
        if (memcmp(&lookup->addresses[i], &tried.address, sizeof tried.address) == 0)
            lookup->next = (uint8_t)((i + !tried.served) % lookup->count);
    }
    if (lookup->count && !lookup->found)
        log_printf(LOG_WARNING, "DNS: no answer for \"%s\"; its addresses of before are used", lookup->host);
}

/* Once: who comes back has reason to ask anew. With IPv6 in use it is half of the answer. */
static bool take_told(struct net_lookup *lookup)
{
    if (told.name != lookup->name || told.network != lookup->network || !told.count || net_has_ipv6(lookup->network) ||
        deadline_passed(told.began + TOLD_MS * platform_ticks_per_ms()))
        return false;
    lookup->count = told.count;
    memcpy(lookup->addresses, told.addresses, sizeof lookup->addresses);
    told.count = 0;
    lookup->heard = lookup->found = true;
    end_lookup(lookup);
    return true;
}

enum status net_resolve_start(struct net_lookup *lookup, struct network *network, const char *host, bool served)
{
    uint8_t question[DNS_QUESTION_SIZE];
    uint32_t name = crc32(0, host, strlen(host));
    net_resolve_stop(lookup);
    if (dns_write_question(question, 0, host, 4) == 0)
        return fail(E_RESOLVE, "\"%.64s\" is no host name", host);

    if (name != lookup->name)
        lookup->count = 0;
    tried.served |= served;
    lookup->name = name;
    lookup->network = network;
    lookup->host = host;
    lookup->heard = lookup->found = lookup->unusable = lookup->done = false;
    lookup->rcode = DNS_NO_ERROR;
    if (take_told(lookup))
        return OK;
    begin_question(lookup, net_has_ipv4(network) ? 4 : 6);

    ip_addr_t servers[DNS_SERVERS_MAX];
    if (lookup->count == 0 && net_dns_servers(network, servers) == 0)
        return fail(E_RESOLVE, "\"%s\": no DNS server is set", host);
    return OK;
}

/* ---- the turn ---- */

/* Nothing more comes of what is asked for at present. A router may take servers back meanwhile, even the last one. */
static bool question_over(const struct net_lookup *lookup, const ip_addr_t *servers, unsigned count, deadline_t deadline)
{
    while (count && has_refused(lookup, &servers[count - 1]))
        count--;
    return lookup->answered || count == 0 || deadline_passed(deadline) ||
           (lookup->count && deadline_passed(lookup->began + KNOWN_MS * platform_ticks_per_ms()));
}

static enum status why_none(const struct net_lookup *lookup)
{
    if (lookup->unusable)
        return fail(E_RESOLVE, "\"%s\": the DNS server's answer is no host's address", lookup->host);
    if (lookup->rcode != DNS_NO_ERROR && lookup->rcode != DNS_NO_SUCH_NAME)
        return fail(E_RESOLVE, "\"%s\": the DNS server cannot say (RCODE %u)", lookup->host, lookup->rcode);
    if (!lookup->heard)
        return fail(E_RESOLVE, "\"%s\": no DNS server answered", lookup->host);
    return fail(E_RESOLVE, "\"%s\": the DNS server knows no %s", lookup->host,
                lookup->rcode == DNS_NO_SUCH_NAME ? "such name"
                : net_has_ipv6(lookup->network)   ? "address"
                                                  : "IPv4 address");
}

enum status net_resolve_turn(struct net_lookup *lookup, deadline_t deadline)
{
    ip_addr_t servers[DNS_SERVERS_MAX];
    unsigned count = net_dns_servers(lookup->network, servers);

    while (!lookup->done) {
        if (!question_over(lookup, servers, count, deadline)) {
            ask(lookup, servers, count);
            return OK;
        }
        if (lookup->family == 4 && net_has_ipv6(lookup->network) && (lookup->answered || lookup->refused))
            begin_question(lookup, 6);
        else
            end_lookup(lookup);
    }
    return lookup->count ? OK : why_none(lookup);
}

bool net_resolve_next(struct net_lookup *lookup, struct net_address *address)
{
    if (lookup->left == 0)
        return false;
    *address = lookup->addresses[lookup->next];
    lookup->next = (uint8_t)((lookup->next + 1) % lookup->count);
    lookup->left--;
    tried.name = lookup->name;
    tried.address = *address;
    tried.served = false;
    return true;
}

void net_resolve_stop(struct net_lookup *lookup)
{
    close_socket(lookup);
    lookup->left = 0;
}

/* ---- for who decides whether IPv6 is needed ---- */

enum net_name net_ask_ipv4(struct network *network, const char *host, deadline_t deadline)
{
    memset(&told, 0, sizeof told);
    enum status status = net_resolve_start(&told, network, host, false);
    while (status == OK && !told.done) {
        status = net_resolve_turn(&told, deadline);
        if (status == OK && !told.done)
            net_wait_turn();
    }
    net_resolve_stop(&told);

    if (status == OK)
        return NET_NAME_HAS_IPV4;
    if (!told.heard)
        return NET_NAME_UNANSWERED;
    return told.rcode == DNS_NO_SUCH_NAME ? NET_NAME_UNKNOWN : NET_NAME_LACKS_IPV4;
}
