/* SPDX-License-Identifier: BSD-2-Clause */
/* The step that gets addresses: the ROM's lease, a DHCP exchange, settings, and IPv6 beside them. */
#include <string.h>

#include "loader/netmask.h"
#include "loader/story.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define USER_CLASS    "sanstrap"
#define IPV6_WAIT_MS  10000
#define DHCP6_WAIT_MS 5000
#define NAME_WAIT_MS  5000 /* for what DNS says of the target's name */

/* ---- the ROM's lease ---- */

/*
 * With vlan= the ROM's answer is left alone: it does not say from which network it came, most ROMs send untagged, and an address
 * or an MTU of the wrong network would be taken without complaint and then reach nobody. An exchange of our own is right in any
 * case, and costs a second.
 */
bool story_open_rom_answer(const struct story *story, struct dhcp_message *message)
{
    const struct machine *machine = story->machine;
    return machine->cached_ack && story->card == machine->boot_nic && !story->settings.vlan &&
           !dhcp_message_open(message, machine->cached_ack, machine->cached_ack_length);
}

/* True when the ROM's DHCPACK is for this card and comes with a root path, so that its lease serves; `message` then reads it. */
static bool open_rom_lease(const struct story *story, struct dhcp_message *message, struct dhcp_message *proxy)
{
    uint8_t type;
    return story->rom_lease != ROM_LEASE_REFUSED && story_open_rom_answer(story, message) &&
           !settings_open_rom_answers(story->machine, message, proxy) && message->length <= sizeof story->lease.message &&
           !memcmp(message->bytes + DHCP_AT_CHADDR, story->nic.mac, NIC_MAC_LENGTH) &&
           !bytes_are_zero(message->bytes + DHCP_AT_YIADDR, 4) && dhcp_option_get(message, DHCP_MESSAGE_TYPE, &type, 1) == 1 &&
           type == DHCP_TYPE_ACK && settings_dhcp_has_root(message);
}

/* ---- IPv4 ---- */

static void show_ipv4(struct story *story, const struct net_ipv4 *ipv4, const char *origin)
{
    struct net_address address = {.family = 4}, gateway = {.family = 4};
    memcpy(address.bytes, ipv4->address, 4);
    memcpy(gateway.bytes, ipv4->gateway, 4);

    char text[46], gateway_text[46] = "none";
    net_format_address(&address, text);
    if (!bytes_are_zero(ipv4->gateway, 4))
        net_format_address(&gateway, gateway_text);
    screen_line(&story->screen, "Address", "%s/%u, gateway %s%s (%s)", text, prefix_of(ipv4->netmask), gateway_text,
                ipv4->route_count ? " and routes" : "", origin);
}

static struct net_overrides set_by_hand(const struct settings *settings)
{
    const struct net_ipv4 *ipv4 = &settings->static_ipv4; /* whoever set an IPv6 gateway has said nothing of its own */
    struct net_overrides by_hand = {.gateway = settings->origin[SETTING_GATEWAY] > FROM_DHCP && !bytes_are_zero(ipv4->gateway, 4),
                                    .dns =
                                        settings->origin[SETTING_DNS] > FROM_DHCP && !bytes_are_zero(ipv4->dns, sizeof ipv4->dns),
                                    .mtu = settings->origin[SETTING_MTU] > FROM_DHCP,
                                    .ipv4 = settings->static_ipv4};
    by_hand.ipv4.mtu = settings->mtu;
    return by_hand;
}

static struct net_dhcp_request who_asks(const struct story *story)
{
    const struct machine *machine = story->machine;
    struct net_dhcp_request request = {.architecture = machine->architecture, .by_hand = set_by_hand(&story->settings)};
    memcpy(request.uuid, machine->uuid, sizeof request.uuid);
    if (story->settings.origin[SETTING_ROOT] <= FROM_DHCP)
        request.has_root = settings_dhcp_has_root;
    return request;
}

/*
 * The client identifier that the ROM has used (RFC 2131 4.2: always the same one): as its DISCOVER has it, else as the server has
 * said it again (RFC 6842). Returns its length; 0 for none, when servers go by the MAC address.
 */
static uint8_t find_rom_client_id(const struct story *story, const struct dhcp_message *ack, uint8_t id[255])
{
    const struct machine *machine = story->machine;
    struct dhcp_message message = *ack;
    if (machine->cached_discover && !dhcp_request_open(&message, machine->cached_discover, machine->cached_discover_length) &&
        memcmp(message.bytes + DHCP_AT_CHADDR, story->nic.mac, NIC_MAC_LENGTH) != 0)
        message = *ack;
    int length = dhcp_option_get(&message, DHCP_CLIENT_ID, id, 255);
    return (uint8_t)(length > 0 && length <= 255 ? length : 0);
}

/* An option of the lease's, or one that was asked for in vain. A ROM whose DISCOVER nobody keeps is taken to have asked. */
static bool rom_has_asked_for(const struct story *story, const struct dhcp_message *ack, uint8_t code)
{
    const struct machine *machine = story->machine;
    struct dhcp_message discover;
    if (dhcp_option_get(ack, code, NULL, 0) >= 0 || !machine->cached_discover ||
        dhcp_request_open(&discover, machine->cached_discover, machine->cached_discover_length) ||
        memcmp(discover.bytes + DHCP_AT_CHADDR, story->nic.mac, NIC_MAC_LENGTH) != 0)
        return true;

    uint8_t list[255];
    int length = dhcp_option_get(&discover, DHCP_REQUEST_LIST, list, sizeof list);
    return length > 0 && memchr(list, code, smaller_of((uint32_t)length, sizeof list));
}

/*
 * Servers say little that is not asked for, and of ROMs only iPXE asks for what names us and our account: another's lease lacks
 * them, though it holds the root path.
 */
static bool rom_lease_is_whole(const struct story *story, const struct dhcp_message *ack)
{
    return rom_has_asked_for(story, ack, DHCP_INITIATOR_IQN) && rom_has_asked_for(story, ack, DHCP_IPXE);
}

/* The lease is renewed in the ROM's name. */
static enum status use_rom_lease(struct story *story, struct dhcp_message *message)
{
    uint8_t client_id[255];
    struct net_dhcp_request request = who_asks(story);
    request.client_id = client_id;
    request.client_id_length = find_rom_client_id(story, message, client_id);

    net_lease_read(&story->lease, message);
    enum status status = net_adopt_lease(story->network, &request, &story->lease);
    if (status != OK)
        return status;
    story->ipv4 = story->lease.ipv4;
    story->rom_lease = ROM_LEASE_USED;
    show_ipv4(story, &story->lease.ipv4, "the boot ROM's DHCP lease");
    return settings_from_dhcp(&story->settings, message);
}

static enum status lease_by_dhcp(struct story *story, struct dhcp_message *message)
{
    struct net_dhcp_request request = who_asks(story);
    request.user_class = USER_CLASS;
    deadline_t deadline = deadline_after_ms(story->settings.dhcp_timeout_ms);
    screen_wait(&story->screen, "Address", "asking for one by DHCP,", deadline);
    enum status status = net_dhcp(story->network, &request, &story->lease, deadline);
    screen_wait_end(&story->screen);
    if (status != OK)
        return status;

    story->ipv4 = story->lease.ipv4;
    show_ipv4(story, &story->lease.ipv4, "DHCP");

    const char *why = dhcp_message_open(message, story->lease.message, story->lease.message_length);
    if (why)
        return fail(E_DHCP_MESSAGE, "%s", why);
    struct dhcp_message proxy;
    if (!dhcp_message_open(&proxy, story->lease.proxy, story->lease.proxy_length))
        message->proxy = &proxy;
    return settings_from_dhcp(&story->settings, message);
}

/* A server may have less for us than for the ROM, whose class it knows, or nothing: then the ROM's is what there is. */
static enum status lease_by_dhcp_or_rom(struct story *story, struct dhcp_message *rom)
{
    struct dhcp_message message;
    enum status status = lease_by_dhcp(story, &message);
    bool lacks_root = status == OK && story->settings.origin[SETTING_ROOT] == FROM_DEFAULT;
    if (status != E_DHCP_TIMEOUT && !lacks_root)
        return status;

    log_printf(LOG_WARNING, "DHCP: %s; the boot ROM's lease is used",
               lacks_root ? "no iSCSI root path for us" : failure_detail(status));
    return lacks_root ? settings_from_dhcp(&story->settings, rom) : use_rom_lease(story, rom);
}

static enum status get_ipv4(struct story *story)
{
    struct settings *settings = &story->settings;
    if (settings->ipv4 == IPV4_STATIC) {
        settings->static_ipv4.mtu = settings->origin[SETTING_MTU] > FROM_DHCP ? settings->mtu : 0;
        story->ipv4 = settings->static_ipv4;
        enum status status = net_set_ipv4(story->network, &story->ipv4);
        if (status == OK)
            show_ipv4(story, &settings->static_ipv4, settings_origin_text(settings->origin[SETTING_IP]));
        return status;
    }

    struct dhcp_message message, proxy;
    if (!open_rom_lease(story, &message, &proxy))
        return lease_by_dhcp(story, &message);
    if (!rom_lease_is_whole(story, &message))
        return lease_by_dhcp_or_rom(story, &message);
    enum status status = use_rom_lease(story, &message);
    if (status != E_ADDRESS_INVALID)
        return status;
    log_printf(LOG_WARNING, "DHCP: the boot ROM's lease is not used: %s", failure_detail(status));
    return lease_by_dhcp(story, &message);
}

/* ---- IPv6 ---- */

static bool target_has_name(const struct settings *settings)
{
    struct net_address address;
    return settings->root.server[0] && !net_parse_address(settings->root.server, &address);
}

/* The network forms addresses, and leaves it to DHCPv6 to say who knows names. */
static void get_dns_for_ipv6(struct story *story)
{
    deadline_t deadline = deadline_after_ms(DHCP6_WAIT_MS);
    screen_wait(&story->screen, "Address", "asking for DNS servers by DHCPv6,", deadline);
    enum status status = net_dhcp6_dns(story->network, &story->ipv6, deadline);
    screen_wait_end(&story->screen);
    if (status != OK)
        log_printf(LOG_WARNING, "IPv6: no DNS server is known (%s)", failure_detail(status));
}

static bool knows_dns_server(const struct story *story)
{
    return !bytes_are_zero(story->ipv4.dns, sizeof story->ipv4.dns) || !bytes_are_zero(story->ipv6.dns, sizeof story->ipv6.dns);
}

static enum status get_ipv6(struct story *story)
{
    struct net_ipv6 ipv6 = story->settings.static_ipv6;
    bool by_hand = story->settings.ipv6 == IPV6_STATIC;
    deadline_t deadline = deadline_after_ms(IPV6_WAIT_MS);
    screen_wait(&story->screen, "Address", by_hand ? "checking that the IPv6 address is free," : "waiting for an IPv6 router,",
                deadline);
    enum status status =
        by_hand ? net_set_ipv6(story->network, &ipv6, deadline) : net_autoconfigure_ipv6(story->network, &ipv6, deadline);
    screen_wait_end(&story->screen);
    if (status != OK)
        return status;
    story->ipv6 = ipv6;

    struct net_address address = {.family = 6};
    char text[46];
    memcpy(address.bytes, ipv6.address, sizeof ipv6.address);
    net_format_address(&address, text);
    screen_line(&story->screen, "Address", "%s/%u (%s)", text, ipv6.prefix_length,
                by_hand ? settings_origin_text(story->settings.origin[SETTING_IP6]) : "router advertisement");
    if (!by_hand && target_has_name(&story->settings) && !knows_dns_server(story))
        get_dns_for_ipv6(story);
    return OK;
}

/* On a network of IPv6 alone nobody leases addresses, or says what the target is. */
static bool can_do_without_ipv4(const struct settings *settings)
{
    struct net_address address = {0};
    return settings->ipv6 != IPV6_OFF && settings->origin[SETTING_ROOT] > FROM_DHCP &&
           (!net_parse_address(settings->root.server, &address) || address.family == 6);
}

static enum status get_ipv6_alone(struct story *story)
{
    char why[160];
    format_text(why, sizeof why, "%s", failure_detail(E_DHCP_TIMEOUT));
    screen_line(&story->screen, "Address", "no DHCP server gave one; trying IPv6");
    enum status status = get_ipv6(story);
    return status == E_IPV6_NO_ROUTER ? fail(E_DHCP_TIMEOUT, "%s; no IPv6 router, either", why) : status;
}

static enum net_name ask_for_ipv4(struct story *story)
{
    deadline_t deadline = deadline_after_ms(NAME_WAIT_MS);
    screen_wait(&story->screen, "Address", "asking DNS for the target's,", deadline);
    enum net_name said = net_ask_ipv4(story->network, story->settings.root.server, deadline);
    screen_wait_end(&story->screen);
    return said;
}

/*
 * A name may lead to addresses of either kind. A router is waited for only when this one has none of IPv4, or when nobody says:
 * the servers may be what the router names.
 */
static enum status get_ipv6_for_name(struct story *story)
{
    bool has_ipv4 = !bytes_are_zero(story->ipv4.address, sizeof story->ipv4.address);
    enum net_name said = has_ipv4 ? ask_for_ipv4(story) : NET_NAME_LACKS_IPV4;
    if (said == NET_NAME_HAS_IPV4 || said == NET_NAME_UNKNOWN)
        return OK;

    enum status status = get_ipv6(story);
    if (status != E_IPV6_NO_ROUTER || !has_ipv4)
        return status;
    if (said == NET_NAME_LACKS_IPV4)
        return fail(E_IPV6_NO_ROUTER, "\"%s\" has no IPv4 address; no IPv6 prefix was advertised in time",
                    story->settings.root.server);
    log_printf(LOG_WARNING, "Neither DNS nor an IPv6 router has answered");
    return OK; /* the login asks again, and says what is wrong */
}

/* ---- both ---- */

enum status story_get_address_for(struct story *story, const char *portal, enum status status)
{
    bool bracketed = portal[0] == '[';
    const char *end = strchr(portal, bracketed ? ']' : ':');
    if (!end)
        return status;

    char host[sizeof story->settings.root.server];
    struct net_address address;
    format_text(host, sizeof host, "%.*s", (int)(end - portal) - bracketed, portal + bracketed);
    bool is_name = !net_parse_address(host, &address);
    if ((is_name && !strcmp(host, story->settings.root.server)) || is_name != (status == E_RESOLVE))
        return status; /* get_ipv6_for_name() has done what can be done */

    bool ipv6 = bracketed || (is_name && !bytes_are_zero(story->ipv4.address, sizeof story->ipv4.address));
    if (ipv6 && story->settings.ipv6 == IPV6_WHEN_NEEDED && bytes_are_zero(story->ipv6.address, sizeof story->ipv6.address))
        return get_ipv6(story);
    if (!ipv6 && story->settings.ipv4 == IPV4_DHCP && bytes_are_zero(story->ipv4.address, sizeof story->ipv4.address))
        return get_ipv4(story);
    return status;
}

/* With an IPv6 target and an IPv6 setting on the command line nothing is left for DHCP to say, unless it is asked for. */
static bool wants_ipv4(const struct settings *settings)
{
    if (settings->ipv4 == IPV4_OFF)
        return false;
    return settings->origin[SETTING_IP] != FROM_DEFAULT || settings->origin[SETTING_IP6] == FROM_DEFAULT ||
           settings->origin[SETTING_ROOT] <= FROM_DHCP || !settings->root.server_is_ipv6;
}

static bool wants_ipv6(const struct settings *settings)
{
    return settings->ipv6 == IPV6_AUTO || settings->ipv6 == IPV6_STATIC ||
           (settings->ipv6 == IPV6_WHEN_NEEDED && settings->root.server_is_ipv6);
}

enum status story_get_addresses(struct story *story)
{
    const struct settings *settings = &story->settings;
    struct net_config config = {.nic = &story->nic,
                                .arena = story->machine->arena,
                                .window = story->window,
                                .hostname = settings->hostname[0] ? settings->hostname : NULL,
                                .vlan = settings->vlan,
                                .vlan_priority = settings->vlan_priority};
    /* What an attempt before, or another card, has had is not this one's. */
    memset(&story->lease, 0, sizeof story->lease);
    memset(&story->ipv4, 0, sizeof story->ipv4);
    memset(&story->ipv6, 0, sizeof story->ipv6);
    enum status status = net_open(&story->network, &config);
    if (status != OK)
        return status;

    if (wants_ipv4(settings))
        status = get_ipv4(story);
    if (status == E_DHCP_TIMEOUT && can_do_without_ipv4(settings))
        return get_ipv6_alone(story);
    if (status == OK && wants_ipv6(settings))
        return get_ipv6(story);
    if (status == OK && settings->ipv6 == IPV6_WHEN_NEEDED && target_has_name(settings))
        return get_ipv6_for_name(story);
    return status;
}
