/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps that open a card and wait for its link. */
#include <string.h>

#include "cache/cache.h"
#include "loader/story.h"
#include "platform/bytes.h"
#include "platform/format.h"
#include "platform/frame.h"

#define MINIMUM_RINGS 64
#define TX_BUFFERS    128
#define IPV6_MTU_MIN  1280u /* RFC 8200 section 5 */

/* What the arena has to keep for others than card, network, session and disk: alignment, tables, and the home's own pieces. */
#define ARENA_RESERVE (64 * KIB)

/* ---- which ---- */

static bool is_at(const struct pci_device *device, uint8_t bus, uint8_t number, uint8_t function)
{
    return !device->segment && device->bus == bus && device->device == number && device->function == function;
}

struct pci_device *story_card_at(const struct story *story, unsigned index)
{
    const struct machine *machine = story->machine;
    const struct settings *settings = &story->settings;
    if (settings->nic_choice == NIC_BY_PCI) {
        for (unsigned i = 0; i < machine->nic_count; i++)
            if (is_at(&machine->nics[i], settings->nic_bus, settings->nic_device, settings->nic_function))
                return index ? NULL : &machine->nics[i];
        return NULL;
    }

    if (settings->nic_choice == NIC_ANY && machine->boot_nic && nic_probe(machine->boot_nic))
        return index ? NULL : machine->boot_nic;
    return index < machine->nic_count ? &machine->nics[index] : NULL;
}

enum status story_no_card(const struct story *story)
{
    const struct machine *machine = story->machine;
    const struct settings *settings = &story->settings;
    char others[128] = "";
    size_t length = 0;
    for (unsigned i = 0; i < machine->other_nic_count && length < sizeof others; i++) {
        const struct pci_device *card = &machine->other_nics[i];
        length += format_text(others + length, sizeof others - length, "%s%04x:%04x at %02x:%02x.%x",
                              i ? ", " : "; without a driver: ", card->vendor_id, card->device_id, card->bus, card->device,
                              card->function);
    }

    if (settings->nic_choice == NIC_BY_PCI)
        return fail(E_NIC_NOT_FOUND, "no card that sanstrap drives is at %02x:%02x.%x%s", settings->nic_bus, settings->nic_device,
                    settings->nic_function, others);
    if (machine->boot_nic)
        return fail(E_NIC_NONE, "the card that loaded sanstrap is %04x:%04x%s", machine->boot_nic->vendor_id,
                    machine->boot_nic->device_id, others);
    return fail(E_NIC_NONE, "no PCI device is one of them%s", others);
}

/* ---- memory ---- */

/* A full segment takes one receive buffer; an eighth of the ring stays free for everything else that arrives. */
static uint32_t window_for(uint16_t rings, uint16_t mtu)
{
    return (uint32_t)(rings - rings / 8) * TCP_FULL_SEGMENT(mtu);
}

uint32_t story_read_ahead(const struct story *story)
{
    uint32_t half = (uint32_t)(story->machine->arena->size / 2), wanted = story->settings.read_ahead;
    if (story->settings.origin[SETTING_READ_AHEAD] != FROM_DEFAULT || wanted <= half)
        return wanted;
    return half < CACHE_MEMORY_MIN ? 0 : half;
}

static bool fits(const struct story *story, const struct nic_config *config)
{
    const struct arena *arena = story->machine->arena;
    uint64_t wanted = (uint64_t)nic_arena_size(story->card, config) +
                      net_arena_size(&(struct net_config){.window = window_for(config->rx_buffers, config->mtu)}) +
                      iscsi_session_size(&iscsi_profile_large) + scsi_disk_size(&iscsi_profile_large) + story_read_ahead(story) +
                      ARENA_RESERVE;
    return wanted <= arena->size - arena->used;
}

/*
 * A jumbo MTU may come with the ROM's lease. One of our own exchange comes after the card was opened, and can then only lower it:
 * whoever wants jumbo frames there sets mtu=. IPv6 has the card's: one that is too small for it is left to the lease, for IPv4.
 */
static uint16_t card_mtu(const struct story *story)
{
    struct dhcp_message message;
    uint8_t option[2];
    if (story->settings.origin[SETTING_MTU] == FROM_DEFAULT && story_open_rom_answer(story, &message) &&
        dhcp_option_get(&message, DHCP_MTU, option, sizeof option) == sizeof option) {
        uint16_t mtu = get_be16(option);
        if (mtu >= IPV6_MTU_MIN && nic_mtu_is_valid(mtu))
            return mtu;
    }
    return story->settings.mtu;
}

/* ---- open ---- */

enum status story_open_card(struct story *story)
{
    const struct settings *settings = &story->settings;
    const struct pci_device *card = story->card;
    struct nic_config config = {.arena = story->machine->arena,
                                .rx_buffers = settings->rings,
                                .tx_buffers = TX_BUFFERS,
                                .mtu = card_mtu(story),
                                .mac = settings->origin[SETTING_MAC] == FROM_DEFAULT ? NULL : settings->mac};
    while (settings->origin[SETTING_RINGS] == FROM_DEFAULT && config.rx_buffers > MINIMUM_RINGS && !fits(story, &config))
        config.rx_buffers /= 2;

    memset(&story->nic, 0, sizeof story->nic);
    enum status status = nic_open(&story->nic, story->card, &config);
    if (status != OK)
        return status;

    story->nic_open = true;
    story->window = window_for(config.rx_buffers, story->nic.mtu); /* which may be less than was asked for */
    const uint8_t *mac = story->nic.mac;
    if (settings->nic_choice == NIC_BY_MAC && memcmp(mac, settings->nic_mac, NIC_MAC_LENGTH))
        return fail(E_NIC_NOT_FOUND, "no card has the MAC address %02x:%02x:%02x:%02x:%02x:%02x", settings->nic_mac[0],
                    settings->nic_mac[1], settings->nic_mac[2], settings->nic_mac[3], settings->nic_mac[4], settings->nic_mac[5]);

    char vlan[32] = "";
    if (settings->vlan)
        format_text(vlan, sizeof vlan, ", VLAN %u, priority %u", settings->vlan, settings->vlan_priority);
    screen_line(&story->screen, "NIC", "%s at %02x:%02x.%x, MAC %02x:%02x:%02x:%02x:%02x:%02x%s%s", story->nic.model, card->bus,
                card->device, card->function, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], config.mac ? " (command line)" : "",
                vlan);
    return OK;
}

/* ---- link ---- */

enum status story_wait_for_link(struct story *story)
{
    struct nic_link link;
    nic_link(&story->nic, &link);

    deadline_t deadline = deadline_after_ms(story->settings.link_timeout_ms);
    if (!link.up)
        screen_wait(&story->screen, "Link", "waiting for the link (N stops),", deadline);
    while (!link.up) {
        if (deadline_passed(deadline))
            return fail(E_LINK_DOWN, "%s has had no link for %u s", story->nic.model,
                        (unsigned)story->settings.link_timeout_ms / 1000);

        int key = story->machine->read_key();
        if (key == KEY_ESCAPE || key == 'n' || key == 'N')
            return fail(E_CANCELLED, "while waiting for the link");

        platform_idle();
        screen_turn(&story->screen);
        nic_link(&story->nic, &link);
    }

    screen_line(&story->screen, "Link", "%u Mbit/s, %s duplex", link.megabits, link.full_duplex ? "full" : "half");
    return OK;
}
