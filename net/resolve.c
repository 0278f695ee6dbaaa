/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names to addresses, by lwIP's DNS client. */
#include <string.h>

#include "lwip/dns.h"
#include "net/internal.h"
#include "net/resolve.h"

/* One lookup at a time. A late answer to one that was given up finds another number in `current` and is ignored. */
static struct {
    uint32_t current;
    bool done, found;
    ip_addr_t address;
} lookup;

static void on_dns_answer(const char *name, const ip_addr_t *address, void *argument)
{
    (void)name;
    if ((uint32_t)(uintptr_t)argument != lookup.current)
        return;
    lookup.done = true;
    lookup.found = address != NULL;
    if (address)
        lookup.address = *address;
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

/* Asks the servers for `host` until one answers or `deadline` passes. The answer is in `lookup`. */
static enum status query_dns(const char *host, deadline_t deadline)
{
    uint8_t family = ip4_addr_isany(netif_ip4_addr(&network.netif)) ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_IPV4_IPV6;
    lookup.done = lookup.found = false;
    lookup.current++;

    void *number = (void *)(uintptr_t)lookup.current;
    err_t error = dns_gethostbyname_addrtype(host, &lookup.address, on_dns_answer, number, family);
    /* Both slots may still belong to queries that were given up; they time out. */
    while (error == ERR_MEM && !deadline_passed(deadline)) {
        net_wait_turn();
        error = dns_gethostbyname_addrtype(host, &lookup.address, on_dns_answer, number, family);
    }
    if (error == ERR_OK)
        lookup.done = lookup.found = true;
    else if (error != ERR_INPROGRESS)
        return fail(E_RESOLVE, "\"%s\" cannot be asked for", host);

    while (!lookup.done && !deadline_passed(deadline))
        net_wait_turn();
    if (!lookup.done)
        return fail(E_RESOLVE, "\"%s\": no DNS server answered", host);
    return lookup.found ? OK : fail(E_RESOLVE, "\"%s\": the DNS server knows no address", host);
}

enum status net_resolve(const char *host, struct net_address *address, deadline_t deadline)
{
    if (net_parse_address(host, address))
        return OK;

    if (strnlen(host, DNS_MAX_NAME_LENGTH) == 0 || strnlen(host, DNS_MAX_NAME_LENGTH) >= DNS_MAX_NAME_LENGTH)
        return fail(E_RESOLVE, "a host name has 1 to %u characters", DNS_MAX_NAME_LENGTH - 1);
    if (!dns_server_known())
        return fail(E_RESOLVE, "\"%s\": no DNS server is set", host);

    enum status status = query_dns(host, deadline);
    if (status != OK)
        return status;
    *address = net_from_lwip(&lookup.address);
    if (!answer_usable(address))
        return fail(E_RESOLVE, "\"%s\": the DNS server's answer is no host's address", host);
    return OK;
}
