/* SPDX-License-Identifier: BSD-2-Clause */
/* What the operating system is told of how it was booted; and what somebody before us told it. */
#include "handoff/handoff.h"

#include <string.h>

#include "loader/netmask.h"
#include "loader/story.h"
#include "loader/text.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define PCI_BAR0       0x10
#define BAR_TYPE_MASK  0x7u
#define BAR_MEMORY_64  0x4u
#define BAR_FLAGS      0xFu
#define PRODUCER       "sanstrap " SANSTRAP_VERSION
#define LEASE_FOR_EVER 0xFFFFFFFFu

/* Pieces of text and numbers that struct handoff points to, beside those of the story. */
struct description {
    struct handoff handoff;
    struct iscsi_session_info session;
    struct net_address target;
    uint16_t target_port;
};

static void put_ipv4(uint8_t to[16], const uint8_t from[4])
{
    memset(to, 0, 16);
    if (bytes_are_zero(from, 4))
        return;
    to[10] = to[11] = 0xFF;
    memcpy(to + 12, from, 4);
}

/* ---- the card and its address ---- */

static uint64_t registers_of(const struct pci_device *device)
{
    uint32_t low = platform_pci_read32(device, PCI_BAR0);
    uint64_t high = (low & BAR_TYPE_MASK) == BAR_MEMORY_64 ? platform_pci_read32(device, PCI_BAR0 + 4) : 0;
    return high << 32 | (low & ~BAR_FLAGS);
}

static void describe_card(struct story *story, struct handoff_nic *to)
{
    const struct pci_device *device = story->card;
    struct nic_link link;
    nic_link(&story->nic, &link);

    *to = (struct handoff_nic){.segment = device->segment,
                               .bus = device->bus,
                               .device = device->device,
                               .function = device->function,
                               .vendor_id = device->vendor_id,
                               .device_id = device->device_id,
                               .subsystem_vendor_id = device->subsystem_vendor_id,
                               .subsystem_id = device->subsystem_id,
                               .registers = registers_of(device),
                               .link_megabits = link.megabits,
                               .driver = story->nic.model};
    memcpy(to->mac, story->nic.mac, sizeof to->mac);
}

/* Its gateway is the one that leads to the target, which is what whoever reads it wants to reach. */
static void describe_ipv4(const struct story *story, const struct net_address *target, struct handoff_address *to)
{
    const struct net_ipv4 *ipv4 = &story->ipv4;
    const uint8_t *gateway = net_gateway_to(ipv4, target->bytes);
    put_ipv4(to->address, ipv4->address);
    if (gateway)
        put_ipv4(to->gateway, gateway);
    for (unsigned i = 0; i < NET_DNS_SERVERS; i++)
        put_ipv4(to->dns[i], ipv4->dns[i]);
    to->prefix = (uint8_t)prefix_of(ipv4->netmask);
    to->origin = ISDH_ORIGIN_MANUAL;
    if (ipv4->mtu && ipv4->mtu < to->mtu)
        to->mtu = ipv4->mtu;

    if (story->settings.ipv4 == IPV4_STATIC)
        return;
    to->origin = ISDH_ORIGIN_DHCP;
    put_ipv4(to->dhcp_server, story->lease.server);
    to->lease_seconds = story->lease.seconds;
    to->lease_acquired = story->lease.acquired;
}

static void describe_ipv6(const struct story *story, struct handoff_address *to)
{
    const struct net_ipv6 *ipv6 = &story->ipv6;
    memcpy(to->address, ipv6->address, sizeof to->address);
    memcpy(to->gateway, ipv6->gateway, sizeof to->gateway);
    memcpy(to->dns, ipv6->dns, sizeof to->dns);
    to->prefix = ipv6->prefix_length;
    to->origin = story->settings.ipv6 == IPV6_STATIC ? ISDH_ORIGIN_MANUAL : ISDH_ORIGIN_ROUTER;
}

/* What no host can be is no server, and no reason not to boot: we do not ask it either. */
static void leave_out_unusable(uint8_t server[16])
{
    if (!handoff_address_is_host(server))
        memset(server, 0, 16);
}

static void describe_address(const struct story *story, const struct net_address *target, struct handoff_address *to)
{
    *to = (struct handoff_address){.vlan = story->settings.vlan,
                                   .vlan_priority = story->settings.vlan_priority,
                                   .mtu = story->nic.mtu,
                                   .lease_seconds = LEASE_FOR_EVER,
                                   .hostname = story->settings.hostname};
    net_next_hop(story->stream, to->next_hop);

    if (target->family == 4)
        describe_ipv4(story, target, to);
    else
        describe_ipv6(story, to);

    for (unsigned i = 0; i < NET_DNS_SERVERS; i++)
        leave_out_unusable(to->dns[i]);
    leave_out_unusable(to->dhcp_server);
}

/* ---- the target ---- */

/*
 * The portal as it was set: a redirection counts for one login alone (RFC 7143 section 11.13), and tomorrow's may lead elsewhere.
 * A host that was set by its name is told by the address at which it answered, as neither tables nor device paths hold names.
 */
void story_find_portal(const struct story *story, struct net_address *address, uint16_t *port)
{
    *port = story->settings.root.port;
    if (!net_parse_address(story->settings.root.server, address))
        net_named_peer(story->stream, address);
}

static void describe_disk(const struct disk *disk, struct handoff_target *to)
{
    to->read_only = disk->read_only;
    to->block_size = disk->block_size;
    to->block_count = disk->block_count;
    to->wwid_type = disk->wwid_type;
    to->wwid_length = disk->wwid_length;
    to->wwid = disk->wwid;
    to->serial = disk->serial;
    to->vendor = disk->vendor;
    to->product = disk->product;
    to->revision = disk->revision;
}

static void describe_session(const struct iscsi_session_info *info, struct handoff_target *to)
{
    memcpy(to->isid, info->isid, sizeof to->isid);
    to->tsih = info->tsih;
    to->session_flags =
        (info->immediate_data ? ISDH_SESSION_IMMEDIATE_DATA : 0) | (info->initial_r2t ? ISDH_SESSION_INITIAL_R2T : 0) |
        (info->header_digest ? ISDH_SESSION_HEADER_DIGEST : 0) | (info->data_digest ? ISDH_SESSION_DATA_DIGEST : 0);
    to->max_burst = info->max_burst;
    to->first_burst = info->first_burst;
    to->max_send_segment = info->max_send_segment;
    to->max_receive_segment = info->max_receive_segment;
}

static void describe_target(const struct story *story, const struct description *from, struct handoff_target *to)
{
    const struct settings *settings = &story->settings;
    *to = (struct handoff_target){.boot = true,
                                  .port = from->target_port,
                                  .portal_group = from->session.settings->portal_group,
                                  .name = settings->root.target,
                                  .chap = {settings->chap.name, settings->chap.secret},
                                  .reverse = {settings->mutual.name, settings->mutual.secret}};
    memcpy(to->lun, settings->lun, sizeof to->lun);

    if (from->target.family == 4)
        put_ipv4(to->address, from->target.bytes);
    else
        memcpy(to->address, from->target.bytes, sizeof to->address);

    describe_disk(scsi_disk_contract(story->disk), to);
    describe_session(&from->session, to);
}

/* ---- the tables ---- */

static void describe(struct story *story, struct description *description)
{
    const struct machine *machine = story->machine;
    struct handoff *handoff = &description->handoff;
    iscsi_session_info(story->session, &description->session);
    story_find_portal(story, &description->target, &description->target_port);

    handoff->initiator = story->settings.initiator;
    handoff->nic_count = handoff->address_count = handoff->target_count = 1;
    describe_card(story, &handoff->nics[0]);
    describe_address(story, &description->target, &handoff->addresses[0]);
    describe_target(story, description, &handoff->targets[0]);

    handoff->generation = 1;
    memcpy(handoff->boot_id, story->boot_id, sizeof handoff->boot_id);
    handoff->producer = PRODUCER;
    handoff->ticks_per_ms = platform_ticks_per_ms();
    handoff->now = platform_ticks();
    if (machine->recorder) {
        handoff->log_address = machine->recorder_address;
        handoff->log_size = (uint32_t)machine->recorder_size;
    }
}

enum status story_make_tables(struct story *story)
{
    const struct settings *settings = &story->settings;
    struct arena *arena = story->machine->arena;
    struct boot_tables *tables = &story->settings.boot.tables;
    if (settings->handoff == HANDOFF_NO)
        return OK;

    struct description *description = arena_take(arena, sizeof *description, 16);
    uint8_t *ibft = arena_take(arena, IBFT_SIZE_MAX, 16), *isdh = arena_take(arena, ISDH_SIZE_MAX, 16);
    if (!description || !ibft || !isdh)
        return fail(E_LOADER_MEMORY, "the tables take %u bytes", (unsigned)(sizeof *description + IBFT_SIZE_MAX + ISDH_SIZE_MAX));
    describe(story, description);

    struct isdh_options options = {.acpi = story->machine->acpi_tables, .secrets = settings->handoff == HANDOFF_WITH_SECRETS};
    enum status status = ibft_write(&description->handoff, settings->ibft_gateway, ibft, IBFT_SIZE_MAX, &tables->ibft_length);
    if (status == OK)
        status = isdh_write(&description->handoff, &options, isdh, ISDH_SIZE_MAX, &tables->isdh_length);
    tables->ibft = ibft;
    tables->isdh = isdh;
    return status;
}

/* ---- the firmware's iBFT ---- */

static void show_faults(struct story *story, const struct handoff_faults *faults, bool used)
{
    if (used)
        screen_line(&story->screen, "Warning", "The firmware's iBFT is used, though not all of it is right");
    else
        screen_line(&story->screen, "Warning", "%s (S%u)", status_what(E_IBFT_INVALID), E_IBFT_INVALID);

    char text[200];
    for (unsigned i = 0; i < faults->count && i < HANDOFF_FAULTS; i++) {
        handoff_fault_text(faults, i, text, sizeof text);
        screen_line(&story->screen, "", "%s", text);
    }
    if (faults->count > HANDOFF_FAULTS)
        screen_line(&story->screen, "", "and %u more", faults->count - HANDOFF_FAULTS);
}

enum status story_take_firmware_ibft(struct story *story)
{
    const struct machine *machine = story->machine;
    if (!story->settings.firmware_ibft)
        return OK;

    size_t size;
    const uint8_t *ibft = machine->firmware_ibft ? machine->firmware_ibft(&size) : NULL;
    if (!ibft) {
        screen_line(&story->screen, "iBFT", "the firmware left none");
        return OK;
    }

    struct handoff handoff;
    struct handoff_faults faults;
    bool used = ibft_read_leniently(ibft, size, &handoff, &faults);
    if (faults.count)
        show_faults(story, &faults, used);
    return used ? settings_from_ibft(&story->settings, &handoff) : OK;
}
