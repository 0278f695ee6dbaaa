/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings from an iBFT that a card's option ROM or another loader left, and from the path by which the firmware booted. */
#include <string.h>

#include "loader/netmask.h"
#include "loader/setting.h"
#include "loader/text.h"

static bool set_by_ibft(struct settings *settings, enum setting setting)
{
    return setting_note_origin(settings, setting, FROM_FIRMWARE_IBFT);
}

static struct net_address address_of(const uint8_t bytes[16])
{
    struct net_address address = {.family = 0};
    if (handoff_address_is_ipv4(bytes)) {
        address.family = 4;
        memcpy(address.bytes, bytes + 12, 4);
    } else if (!bytes_are_zero(bytes, 16)) {
        address.family = 6;
        memcpy(address.bytes, bytes, 16);
    }
    return address;
}

static const struct handoff_target *boot_target(const struct handoff *ibft)
{
    for (unsigned i = 0; i < ibft->target_count; i++)
        if (ibft->targets[i].boot)
            return &ibft->targets[i];
    return &ibft->targets[0];
}

static void store_target(struct settings *settings, const struct handoff_target *target)
{
    struct net_address address = address_of(target->address);
    struct root_path *root = &settings->root;
    if (!set_by_ibft(settings, SETTING_ROOT))
        return;
    memset(root, 0, sizeof *root);
    net_format_address(&address, root->server);
    root->server_is_ipv6 = address.family == 6;
    root->port = target->port;
    memcpy(root->lun, target->lun, sizeof root->lun);
    text_copy(root->target, sizeof root->target, target->name, strlen(target->name));
}

static void store_chap(struct settings *settings, enum setting setting, struct iscsi_chap *chap, const struct handoff_chap *from)
{
    if (!from->name[0] || !set_by_ibft(settings, setting))
        return;
    text_copy(chap->name, sizeof chap->name, from->name, strlen(from->name));
    text_copy(chap->secret, sizeof chap->secret, from->secret, strlen(from->secret));
}

/* ---- the card and its address ---- */

static void store_ipv4(struct settings *settings, const struct handoff_address *from, enum origin origin)
{
    struct net_ipv4 *ipv4 = &settings->static_ipv4;
    if (!setting_note_origin(settings, SETTING_IP, origin))
        return;
    settings->ipv4 = from->origin == ISDH_ORIGIN_DHCP ? IPV4_DHCP : IPV4_STATIC;
    if (settings->ipv4 == IPV4_DHCP)
        return;

    memcpy(ipv4->address, from->address + 12, 4);
    netmask_of(from->prefix, ipv4->netmask);
    if (setting_note_origin(settings, SETTING_GATEWAY, origin))
        memcpy(ipv4->gateway, from->gateway + 12, 4);
    if (setting_note_origin(settings, SETTING_DNS, origin))
        for (unsigned i = 0; i < NET_DNS_SERVERS; i++)
            if (handoff_address_is_ipv4(from->dns[i]))
                memcpy(ipv4->dns[i], from->dns[i] + 12, 4);
}

static void store_ipv6(struct settings *settings, const struct handoff_address *from, enum origin origin)
{
    struct net_ipv6 *ipv6 = &settings->static_ipv6;
    if (!setting_note_origin(settings, SETTING_IP6, origin))
        return;
    settings->ipv6 = from->origin == ISDH_ORIGIN_ROUTER ? IPV6_AUTO : IPV6_STATIC;
    /* An iBFT has its target with it. A path has none, and EDK2's HTTP boot calls an address of DHCPv6 static. */
    if (origin == FROM_FIRMWARE_IBFT && settings->origin[SETTING_IP] == FROM_DEFAULT &&
        setting_note_origin(settings, SETTING_IP, origin))
        settings->ipv4 = IPV4_OFF;
    if (settings->ipv6 == IPV6_AUTO)
        return;

    memcpy(ipv6->address, from->address, 16);
    ipv6->prefix_length = from->prefix;
    if (setting_note_origin(settings, SETTING_GATEWAY, origin) && !handoff_address_is_none(from->gateway))
        memcpy(ipv6->gateway, from->gateway, 16);
    if (setting_note_origin(settings, SETTING_DNS, origin))
        for (unsigned i = 0; i < NET_DNS_SERVERS; i++)
            if (!handoff_address_is_ipv4(from->dns[i]))
                memcpy(ipv6->dns[i], from->dns[i], 16);
}

static void store_card(struct settings *settings, const struct handoff *ibft, const struct handoff_address *from)
{
    if (settings->nic_choice == NIC_ANY && set_by_ibft(settings, SETTING_NIC)) {
        settings->nic_choice = NIC_BY_MAC;
        memcpy(settings->nic_mac, ibft->nics[from->nic].mac, sizeof settings->nic_mac);
    }

    if (set_by_ibft(settings, SETTING_VLAN)) {
        settings->vlan = from->vlan;
        settings->vlan_priority = from->vlan_priority;
    }
    if (from->hostname[0] && set_by_ibft(settings, SETTING_HOSTNAME) &&
        !text_copy(settings->hostname, sizeof settings->hostname, from->hostname, strlen(from->hostname)))
        settings->origin[SETTING_HOSTNAME] = FROM_DEFAULT;

    if (handoff_address_is_ipv4(from->address))
        store_ipv4(settings, from, FROM_FIRMWARE_IBFT);
    else
        store_ipv6(settings, from, FROM_FIRMWARE_IBFT);
}

enum status settings_from_ibft(struct settings *settings, const struct handoff *ibft)
{
    if (!ibft->target_count)
        return OK;
    const struct handoff_target *target = boot_target(ibft);
    if (set_by_ibft(settings, SETTING_INITIATOR)) {
        enum status status = value_parse_initiator(settings, ibft->initiator, strlen(ibft->initiator));
        if (status != OK)
            return status;
    }

    store_target(settings, target);
    store_chap(settings, SETTING_CHAP, &settings->chap, &target->chap);
    store_chap(settings, SETTING_MUTUAL, &settings->mutual, &target->reverse);
    store_card(settings, ibft, &ibft->addresses[target->ip]);
    return OK;
}

void settings_from_boot_path(struct settings *settings, const struct handoff_address *path)
{
    if (path->vlan && setting_note_origin(settings, SETTING_VLAN, FROM_BOOT_PATH))
        settings->vlan = path->vlan;
    if (!path->prefix)
        return;
    if (handoff_address_is_ipv4(path->address))
        store_ipv4(settings, path, FROM_BOOT_PATH);
    else
        store_ipv6(settings, path, FROM_BOOT_PATH);
}
