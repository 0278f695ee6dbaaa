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

static void on_found(const char *name, const ip_addr_t *address, void *argument)
{
    (void)name;
    if ((uint32_t)(uintptr_t)argument != lookup.current)
        return;
    lookup.done = true;
    lookup.found = address != NULL;
    if (address)
        lookup.address = *address;
}

ip_addr_t net_to_lwip(const struct net_address *address)
{
    ip_addr_t result = {0};

    if (address->family == 6) {
        IP_SET_TYPE_VAL(result, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&result)->addr, address->bytes, 16);
    } else {
        IP_SET_TYPE_VAL(result, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(&result)->addr, address->bytes, 4);
    }
    return result;
}

static struct net_address from_lwip(const ip_addr_t *address)
{
    struct net_address result = {.family = IP_IS_V6(address) ? 6 : 4};

    if (result.family == 6)
        memcpy(result.bytes, ip_2_ip6(address)->addr, 16);
    else
        memcpy(result.bytes, &ip_2_ip4(address)->addr, 4);
    return result;
}

/* An answer must be an address that a target can have. */
static bool usable(const struct net_address *address)
{
    return address->family == 6 ? address->bytes[0] != 0xFF && (address->bytes[0] | address->bytes[1]) != 0
                                : net_ipv4_usable(address->bytes);
}

static bool any_server(void)
{
    for (unsigned i = 0; i < DNS_MAX_SERVERS; i++) {
        if (!ip_addr_isany(dns_getserver((uint8_t)i)))
            return true;
    }
    return false;
}

static enum status ask(const char *host, deadline_t deadline)
{
    uint8_t family = ip4_addr_isany(netif_ip4_addr(&network.netif)) ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_IPV4_IPV6;
    err_t error;

    lookup.done = lookup.found = false;
    lookup.current++;
    do {
        /* Both slots may still belong to queries that were given up; they time out. */
        error = dns_gethostbyname_addrtype(host, &lookup.address, on_found, (void *)(uintptr_t)lookup.current, family);
        if (error == ERR_MEM)
            net_wait_turn();
    } while (error == ERR_MEM && !deadline_passed(deadline));
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
    enum status status;

    if (net_parse_address(host, address))
        return OK;
    if (strnlen(host, DNS_MAX_NAME_LENGTH) == 0 || strnlen(host, DNS_MAX_NAME_LENGTH) >= DNS_MAX_NAME_LENGTH)
        return fail(E_RESOLVE, "a host name has 1 to %u characters", DNS_MAX_NAME_LENGTH - 1);
    if (!any_server())
        return fail(E_RESOLVE, "\"%s\": no DNS server is set", host);
    status = ask(host, deadline);
    if (status != OK)
        return status;
    *address = from_lwip(&lookup.address);
    if (!usable(address))
        return fail(E_RESOLVE, "\"%s\": the DNS server's answer is no host's address", host);
    return OK;
}
