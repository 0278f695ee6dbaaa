/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses, by lwIP's DNS client. */
#include <string.h>

#include "lwip/dns.h"
#include "net/internal.h"
#include "net/resolve.h"

/* Lookups under way. A late answer to one that was given up finds its number no more and is ignored. */
static struct net_lookup *under_way;
static uint32_t last_number;

static void on_dns_answer(const char *name, const ip_addr_t *address, void *argument)
{
    (void)name;
    for (struct net_lookup *lookup = under_way; lookup; lookup = lookup->next) {
        if (lookup->number != (uint32_t)(uintptr_t)argument)
            continue;
        lookup->done = true;
        lookup->found = address != NULL;
        if (address)
            lookup->address = net_from_lwip(address);
    }
}

/* An answer must be an address that a target can have. */
static bool answer_usable(const struct net_address *address)
{
    return address->family == 6 ? address->bytes[0] != 0xFF && (address->bytes[0] | address->bytes[1]) != 0
                                : net_ipv4_usable(address->bytes);
}

static bool dns_server_known(void)
{
    for (unsigned i = 0; i < DNS_MAX_SERVERS; i++) {
        if (!ip_addr_isany(dns_getserver((uint8_t)i)))
            return true;
    }
    return false;
}

static enum status query_dns(struct net_lookup *lookup)
{
    uint8_t family =
        ip4_addr_isany(netif_ip4_addr(&lookup->network->netif)) ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_IPV4_IPV6;
    ip_addr_t address;
    err_t error = dns_gethostbyname_addrtype(lookup->host, &address, on_dns_answer, (void *)(uintptr_t)lookup->number, family);

    /* Both slots may still belong to queries that were given up; they time out. */
    if (error == ERR_MEM)
        return OK;
    lookup->asked = true;
    if (error == ERR_OK) {
        lookup->done = lookup->found = true;
        lookup->address = net_from_lwip(&address);
    } else if (error != ERR_INPROGRESS) {
        return fail(E_RESOLVE, "\"%s\" cannot be asked for", lookup->host);
    }
    return OK;
}

enum status net_resolve_start(struct net_lookup *lookup, const struct network *network, const char *host)
{
    net_resolve_stop(lookup);
    memset(lookup, 0, sizeof *lookup);
    lookup->network = network;
    lookup->host = host;
    if (net_parse_address(host, &lookup->address)) {
        lookup->asked = lookup->done = lookup->found = true;
        return OK;
    }
    if (strnlen(host, DNS_MAX_NAME_LENGTH) == 0 || strnlen(host, DNS_MAX_NAME_LENGTH) >= DNS_MAX_NAME_LENGTH)
        return fail(E_RESOLVE, "a host name has 1 to %u characters", DNS_MAX_NAME_LENGTH - 1);
    if (!dns_server_known())
        return fail(E_RESOLVE, "\"%s\": no DNS server is set", host);

    lookup->number = ++last_number;
    lookup->next = under_way;
    under_way = lookup;
    return OK;
}

enum status net_resolve_turn(struct net_lookup *lookup, deadline_t deadline)
{
    enum status status = lookup->asked ? OK : query_dns(lookup);

    if (status != OK)
        return status;
    if (!lookup->done)
        return deadline_passed(deadline) ? fail(E_RESOLVE, "\"%s\": no DNS server answered", lookup->host) : OK;
    if (!lookup->found)
        return fail(E_RESOLVE, "\"%s\": the DNS server knows no address", lookup->host);
    if (lookup->number && !answer_usable(&lookup->address))
        return fail(E_RESOLVE, "\"%s\": the DNS server's answer is no host's address", lookup->host);
    return OK;
}

void net_resolve_stop(struct net_lookup *lookup)
{
    for (struct net_lookup **place = &under_way; *place; place = &(*place)->next) {
        if (*place == lookup) {
            *place = lookup->next;
            break;
        }
    }
}
