/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every value that can be set, and where each came from. A later source never replaces a value of an earlier one: command line,
 * then the file sanstrap.conf, then the firmware's iBFT if it may be used, then the firmware's boot path, then the text of DHCP's
 * option 224, then DHCP's other options; what none of them has keeps its default. The table of all is loader/settings.def;
 * docs/settings.md is the user's view of it.
 */
#ifndef SANSTRAP_SETTINGS_H
#define SANSTRAP_SETTINGS_H

#include "handoff/handoff.h"
#include "loader/loader.h"
#include "loader/root_path.h"
#include "net/dhcp_options.h"

/* In rising precedence. */
enum origin { FROM_DEFAULT, FROM_DHCP, FROM_DHCP_TEXT, FROM_BOOT_PATH, FROM_FIRMWARE_IBFT, FROM_FILE, FROM_COMMAND_LINE };

enum setting {
#define SETTING(symbol, name, parser, where, preset, form, dhcp, help) SETTING_##symbol,
#include "loader/settings.def"
#undef SETTING
    SETTING_COUNT
};

enum ipv4_mode { IPV4_DHCP, IPV4_STATIC, IPV4_OFF };
enum ipv6_mode { IPV6_WHEN_NEEDED, IPV6_AUTO, IPV6_STATIC, IPV6_OFF };
enum nic_choice { NIC_ANY, NIC_BY_MAC, NIC_BY_PCI };
enum handoff_choice { HANDOFF_YES, HANDOFF_WITH_SECRETS, HANDOFF_NO }; /* with: the dump driver's table holds CHAP secrets, too */

/* A line of text with the offending character's offset, for a caret on screen. Never holds a secret. */
#define MARK_LENGTH 72
struct text_mark {
    char text[MARK_LENGTH + 1];
    unsigned offset;
};

#define HOSTNAME_SIZE  64   /* with its NUL */
#define DRIVE_MIN      0x80 /* a BIOS's first hard disk */
#define UNKNOWN_MAX    4
#define UNKNOWN_LENGTH 24

struct settings {
    enum origin origin[SETTING_COUNT];

    struct root_path root;
    uint8_t lun[8]; /* lun=, instead of the root path's */
    char initiator[ISCSI_NAME_MAX + 1];
    struct iscsi_chap chap, mutual; /* names are empty when not set */
    enum iscsi_digests digests;

    enum ipv4_mode ipv4;
    bool ip_is_lease;    /* ip= is pxelinux's: the ROM's lease in words */
    bool gateway_by_ip;  /* static_ipv4's stands in ip=, and not in gateway= */
    bool gateway6_by_ip; /* static_ipv6's likewise */
    enum ipv6_mode ipv6;
    struct net_ipv4 static_ipv4; /* address and netmask: ip=; gateway and DNS: all zero unless set by hand */
    struct net_ipv6 static_ipv6; /* the same for ip6= */
    char hostname[HOSTNAME_SIZE];

    struct boot_options boot; /* drive and files */
    enum nic_choice nic_choice;
    uint8_t nic_mac[NIC_MAC_LENGTH];
    uint8_t nic_bus, nic_device, nic_function;
    uint8_t mac[NIC_MAC_LENGTH]; /* overrides the card's when SETTING_MAC has an origin above default */
    uint16_t mtu, rings;
    uint32_t read_ahead;   /* bytes of the cache; 0: none */
    uint16_t vlan;         /* 0: frames are untagged */
    uint8_t vlan_priority; /* IEEE 802.1Q priority code point, 0..7 */
    struct home_options home;

    uint32_t link_timeout_ms, dhcp_timeout_ms, login_timeout_ms, recovery_ms;
    uint32_t retries, retry_delay_ms;

    enum handoff_choice handoff;
    enum ibft_gateway ibft_gateway;
    bool firmware_ibft; /* take settings from an iBFT that is there already */

    bool lenient;                                  /* go on behind what is wrong */
    struct text_mark mark;                         /* where the last failure of the functions below is; empty text: nowhere */
    char unknown[UNKNOWN_MAX][UNKNOWN_LENGTH + 1]; /* names on the command line that are no settings, the first few */
    unsigned unknown_count;
};

/* "command line", "sanstrap.conf", "firmware's iBFT", "firmware's boot path", "DHCP option 224", "DHCP", "default". */
const char *settings_origin_text(enum origin origin);

/*
 * Defaults, then the command line; to be called first. E_ROOT_PATH_SYNTAX, E_INITIATOR_NAME, E_SETTING_VALUE; detail and mark say
 * where. A name that is no setting is noted in `unknown` and no failure.
 */
enum status settings_begin(struct settings *settings, const char *command_line);

/*
 * Takes what the file (or NULL) sets and the command line did not; with it all is known of pxelinux's ip=. E_SETTINGS_FILE for
 * everything that is wrong with it, a name that is no setting included: file, line and word are in the detail.
 */
enum status settings_from_file(struct settings *settings, const struct settings_file *file);

/*
 * Takes what DHCP sets and neither the command line nor the file nor an iBFT did: so it is called after settings_from_ibft(). The
 * failures are those of settings_begin(), and E_DHCP_MESSAGE for a text that is too long.
 */
enum status settings_from_dhcp(struct settings *settings, const struct dhcp_message *message);

/*
 * Takes what an iBFT sets and neither the command line nor the file did: names, the target that it booted from (else its first),
 * the card by its MAC address, and what is not to come by DHCP. An iBFT without a target sets nothing. E_INITIATOR_NAME.
 */
enum status settings_from_ibft(struct settings *settings, const struct handoff *ibft);

/* Takes machine->boot_path for its card: what neither the command line nor an iBFT sets. */
void settings_from_boot_path(struct settings *settings, const struct handoff_address *path);

/*
 * Opens the DHCPACK of the boot ROM's and, as what goes before its settings, what a boot server or a ProxyDHCP server has said to
 * the same card: the first with a root path, else the first without one of any kind; `proxy` has to stay as long as `ack`.
 * NULL, or what is wrong with the DHCPACK.
 */
const char *settings_open_rom_answers(const struct machine *machine, struct dhcp_message *ack, struct dhcp_message *proxy);

/* True when the message holds an iSCSI root path, in option 17 or in the text of option 224. */
bool settings_dhcp_has_root(const struct dhcp_message *message);

/*
 * What remains to be found out once all sources were asked: whether a root path is there (E_ROOT_PATH_MISSING) and CHAP complete
 * (E_CHAP_INCOMPLETE); makes the initiator name if none was set. `mac` is the card's.
 */
enum status settings_finish(struct settings *settings, const uint8_t mac[NIC_MAC_LENGTH]);

/*
 * The session's settings. The ISID follows from `mac`, the card's: after an unclean restart the same nexus comes again, so that
 * the target drops what it still holds of the dead one (RFC 7143, "Conservative Reuse of ISIDs").
 */
void settings_for_iscsi(const struct settings *settings, const uint8_t mac[NIC_MAC_LENGTH], struct iscsi_settings *iscsi);

#endif
