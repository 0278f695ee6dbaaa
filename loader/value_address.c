/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of settings that are addresses; as loader/value.c. */
#include <string.h>

#include "loader/netmask.h"
#include "loader/setting.h"
#include "loader/text.h"
#include "loader/value.h"
#include "platform/bytes.h"
#include "platform/format.h"

static bool parse_address(const char *value, size_t length, struct net_address *address)
{
    char text[FORMAT_ADDRESS_SIZE];
    return text_copy(text, sizeof text, value, length) && net_parse_address(text, address);
}

/* What an IPv4 address has behind it: a prefix length, or a netmask. */
static bool parse_netmask(const char *value, size_t length, uint8_t netmask[4])
{
    struct net_address mask;
    uint32_t prefix;
    if (parse_in_range(value, length, 1, 32, &prefix)) {
        netmask_of(prefix, netmask);
        return true;
    }
    if (!parse_address(value, length, &mask) || mask.family != 4)
        return false;
    netmask_of(prefix_of(mask.bytes), netmask);
    return netmask[0] && !memcmp(netmask, mask.bytes, 4);
}

static bool parse_ipv4(const char *value, size_t length, uint8_t to[4])
{
    struct net_address address;
    if (!parse_address(value, length, &address) || address.family != 4)
        return false;
    memcpy(to, address.bytes, 4);
    return true;
}

static bool asks_for_dhcp(const char *word, size_t length)
{
    return text_is(word, length, "dhcp") || text_is(word, length, "on") || text_is(word, length, "any") ||
           text_is(word, length, "single-dhcp") || text_is(word, length, "either6");
}

/*
 * Gateway, DNS servers and host name of ip= have its origin, and are not stored where a higher one has set them, or gateway= or
 * hostname= of the same has. What is not given leaves what is there.
 */
static void store_linux_ip(struct settings *settings, const struct net_ipv4 *ipv4)
{
    struct net_ipv4 *to = &settings->static_ipv4;
    enum origin *origin = settings->origin, ours = origin[SETTING_IP];
    memcpy(to->address, ipv4->address, 4);
    memcpy(to->netmask, ipv4->netmask, 4);

    bool is_free = bytes_are_zero(to->gateway, 4) || settings->gateway_by_ip;
    if (!bytes_are_zero(ipv4->gateway, 4) && is_free && origin[SETTING_GATEWAY] <= ours) {
        memcpy(to->gateway, ipv4->gateway, 4);
        origin[SETTING_GATEWAY] = ours;
        settings->gateway_by_ip = true;
    }
    if (!bytes_are_zero(ipv4->dns, sizeof ipv4->dns) && origin[SETTING_DNS] <= ours) {
        memcpy(to->dns, ipv4->dns, sizeof to->dns);
        origin[SETTING_DNS] = ours;
    }
}

/*
 * Linux's and dracut's form, of which pxelinux's IPAPPEND writes the first four fields:
 * <client>:<server>:<gateway>:<netmask>:<hostname>:<interface>:<how>:<dns>:<dns>, or <interface>:<how>. Servers and interfaces
 * say nothing here. In the place of DNS servers dracut may have an MTU and a MAC address.
 */
static enum status parse_linux_ip(struct settings *settings, const char *value, size_t length)
{
    enum { CLIENT, SHORT_HOW, GATEWAY, NETMASK, HOST, HOW = 6, DNS };
    struct net_ipv4 ipv4 = {0};
    enum origin *host = &settings->origin[SETTING_HOSTNAME], ours = settings->origin[SETTING_IP];
    const char *rest;
    size_t rest_length;
    bool dhcp = false, has_address = false, has_mask = false, good = true;
    unsigned field = CLIENT;

    for (; value; field++, value = rest, length = rest_length) {
        size_t part = part_before(':', value, length, &rest, &rest_length);
        if (!part)
            continue;
        if (field == SHORT_HOW || field == HOW)
            dhcp = dhcp || asks_for_dhcp(value, part);
        else if (field == CLIENT)
            has_address = parse_ipv4(value, part, ipv4.address);
        else if (field == GATEWAY)
            good = parse_ipv4(value, part, ipv4.gateway);
        else if (field == NETMASK)
            has_mask = parse_netmask(value, part, ipv4.netmask);
        else if (field == HOST && *host < ours)
            *host = text_copy(settings->hostname, sizeof settings->hostname, value, part) ? ours : *host;
        else if (field == DNS || field == DNS + 1)
            parse_ipv4(value, part, ipv4.dns[field - DNS]);
    }

    if (!dhcp && !(good && has_address && has_mask))
        return E_SETTING_VALUE;
    settings->ipv4 = dhcp ? IPV4_DHCP : IPV4_STATIC;
    settings->ip_is_lease = field == HOST;
    if (!dhcp)
        store_linux_ip(settings, &ipv4);
    return OK;
}

enum status value_parse_ip(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    if (asks_for_dhcp(value, length) || text_is(value, length, "off") || text_is(value, length, "none")) {
        settings->ipv4 = asks_for_dhcp(value, length) ? IPV4_DHCP : IPV4_OFF;
        return OK;
    }
    if (memchr(value, ':', length))
        return parse_linux_ip(settings, value, length);

    const char *mask;
    size_t mask_length, address_length = part_before('/', value, length, &mask, &mask_length);
    if (!mask || !parse_netmask(mask, mask_length, settings->static_ipv4.netmask) ||
        !parse_ipv4(value, address_length, settings->static_ipv4.address))
        return E_SETTING_VALUE;
    settings->ipv4 = IPV4_STATIC;
    return OK;
}

enum status value_parse_ip6(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    if (text_is(value, length, "auto") || text_is(value, length, "off")) {
        settings->ipv6 = text_is(value, length, "off") ? IPV6_OFF : IPV6_AUTO;
        return OK;
    }

    struct net_address address;
    uint32_t prefix;
    const char *rest;
    size_t rest_length, address_length = part_before('/', value, length, &rest, &rest_length);
    if (!rest || !parse_address(value, address_length, &address) || address.family != 6 ||
        !parse_in_range(rest, rest_length, 1, 128, &prefix))
        return E_SETTING_VALUE;
    settings->ipv6 = IPV6_STATIC;
    memcpy(settings->static_ipv6.address, address.bytes, 16);
    settings->static_ipv6.prefix_length = (uint8_t)prefix;
    return OK;
}

struct address_list {
    uint8_t ipv4[NET_DNS_SERVERS][4], ipv6[NET_DNS_SERVERS][16];
    unsigned count4, count6;
};

/* Addresses with commas between, at most `most` of each version; those that are not there are all zero. */
static bool parse_addresses(const char *value, size_t length, unsigned most, struct address_list *list)
{
    memset(list, 0, sizeof *list);
    while (value) {
        const char *rest;
        size_t rest_length;
        struct net_address address;
        if (!parse_address(value, first_part(value, length, &rest, &rest_length), &address))
            return false;

        if (address.family == 4 && list->count4 < most)
            memcpy(list->ipv4[list->count4++], address.bytes, 4);
        else if (address.family == 6 && list->count6 < most)
            memcpy(list->ipv6[list->count6++], address.bytes, 16);
        else
            return false;
        value = rest;
        length = rest_length;
    }
    return true;
}

/* gateway= twice sets one of each version, too. */
enum status value_parse_gateway(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    struct address_list list;
    if (!parse_addresses(value, length, 1, &list))
        return E_SETTING_VALUE;

    if (list.count4) {
        memcpy(settings->static_ipv4.gateway, list.ipv4[0], 4);
        settings->gateway_by_ip = false;
    }
    if (list.count6) {
        memcpy(settings->static_ipv6.gateway, list.ipv6[0], 16);
        settings->gateway6_by_ip = false;
    }
    return OK;
}

enum status value_parse_dns(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    struct address_list list;
    if (!parse_addresses(value, length, NET_DNS_SERVERS, &list))
        return E_SETTING_VALUE;
    memcpy(settings->static_ipv4.dns, list.ipv4, sizeof list.ipv4);
    memcpy(settings->static_ipv6.dns, list.ipv6, sizeof list.ipv6);
    return OK;
}
