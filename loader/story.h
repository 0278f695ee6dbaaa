/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot story's steps and what they have come to; private to loader/. It lies in the arena, as its card and session outlive
 * loader_run() with boot=no.
 */
#ifndef SANSTRAP_STORY_H
#define SANSTRAP_STORY_H

#include "loader/screen.h"

/* In the order in which they are gone; of several cards' failures that of the furthest step is shown. */
enum step {
    STEP_COMMAND_LINE,
    STEP_CARD,
    STEP_LINK,
    STEP_ADDRESS,
    STEP_SETTINGS,
    STEP_SESSION,
    STEP_DISK,
    STEP_HANDOFF,
    STEP_BOOT
};

struct story {
    const struct machine *machine;
    struct screen screen;
    uint8_t boot_id[16];
    struct settings given;    /* what is set before any card is asked */
    struct settings settings; /* and with what this card's network says */
    enum step step;

    struct pci_device *card;
    struct nic nic;
    bool nic_open;
    uint32_t window;         /* TCP receive window that the rings can hold */
    struct network *network; /* open, or NULL */
    enum rom_lease { ROM_LEASE_UNUSED, ROM_LEASE_USED, ROM_LEASE_REFUSED /* as it led nowhere */ } rom_lease;
    struct net_lease lease; /* valid when `ipv4` came from the ROM or by DHCP; else zero */
    struct net_ipv4 ipv4;   /* in use; address all zero: none */
    struct net_ipv6 ipv6;
    struct stream *stream;
    struct iscsi_settings iscsi;
    struct iscsi_session *session; /* logged in, or NULL */
    struct scsi_disk *disk;
    struct disk *cache; /* on it; NULL: none */
    enum status cache_status;
    struct disk_request first; /* of `cache`: its first block, which nobody waits for here */
    uint8_t first_block[4096];
};

/* ---- loader.c ---- */

/*
 * Shows `text` and the seconds left until one of `keys` is pressed, any key with NULL: returns it, or 0 when the time is over.
 * The line is cleared then.
 */
int story_wait_for_key(struct story *story, const char *text, const char *keys, uint32_t milliseconds);

/* ---- help.c ---- */

/* Shows every setting with what it is for, what it takes and its default, page by page. */
void story_show_settings(struct story *story);

/* ---- cards.c: which cards, and their link ---- */

/* The `index`-th card to try, NULL behind the last: the one of nic=, else the one that loaded us, else all in PCI order. */
struct pci_device *story_card_at(const struct story *story, unsigned index);

/* There is no such card: the failure, which names the cards that are there. E_NIC_NOT_FOUND with nic= and a place, E_NIC_NONE. */
enum status story_no_card(const struct story *story);

/* Opens story->card with rings that fit the arena. nic_open()'s failures; E_NIC_NOT_FOUND when nic= names another MAC. */
enum status story_open_card(struct story *story);

/* How much memory the cache is to have: half of the arena at most, unless it was asked for. */
uint32_t story_read_ahead(const struct story *story);

/* Waits for the link, counting down. E_LINK_DOWN; E_CANCELLED by Esc or N. */
enum status story_wait_for_link(struct story *story);

/* ---- address.c ---- */

/*
 * Starts the network and gets addresses and what DHCP says: by hand, else the ROM's lease, else a DHCP exchange; then IPv6 when
 * it is set, or the target's address is one, or its name has none of IPv4; and in the place of IPv4 when no DHCP server answers
 * and the target can be reached without. The failures are those of net.h's functions and of settings_from_dhcp(); E_DHCP_MESSAGE.
 */
enum status story_get_addresses(struct story *story);

/*
 * For a login that failed with E_UNREACHABLE or E_RESOLVE, `status`, at `portal`, host:port: the target has sent us to an address
 * of the other kind than is in use, or to a name that has no address of IPv4. Gets one of that kind, if the settings leave it to
 * us; else `status` remains. The failures are those of story_get_addresses().
 */
enum status story_get_address_for(struct story *story, const char *portal, enum status status);

/* True when the ROM's DHCP exchange over this card says something of our network; `message` then reads its answer. */
bool story_open_rom_answer(const struct story *story, struct dhcp_message *message);

/* ---- handoff.c: what the operating system is told ---- */

/* The portal as an OS is told of it, whatever others it has sent us to. */
void story_find_portal(const struct story *story, struct net_address *address, uint16_t *port);

/* Makes the tables from what the story has come to. E_HANDOFF_INVALID, E_HANDOFF_SIZE, E_LOADER_MEMORY. */
enum status story_make_tables(struct story *story);

/* Takes settings from the firmware's iBFT, if they may be; one that is wrong is shown field by field and left alone. */
enum status story_take_firmware_ibft(struct story *story);

#endif
