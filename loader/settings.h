/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every value that can be set, and where each came from. A later source never replaces a value of an earlier one:
 * command line, then the firmware's iBFT if it may be used, then DHCP, then the defaults below. docs/settings.md is the user's
 * view of this file.
 */
#ifndef SANSTRAP_SETTINGS_H
#define SANSTRAP_SETTINGS_H

#include "handoff/handoff.h"
#include "net/dhcp_options.h"
#include "loader/loader.h"
#include "loader/root_path.h"

/* ---- defaults ---- */

#define DEFAULT_DRIVE       0x80
#define DEFAULT_MTU         1500
#define DEFAULT_RINGS       512 /* receive buffers; fewer when they do not fit the arena */
#define DEFAULT_MEMORY      (4u << 20)
#define DEFAULT_SERIAL_PORT 1
#define DEFAULT_SERIAL_BAUD 115200
#define DEFAULT_LOG         LOG_WARNING
#define DEFAULT_LINK_TIMEOUT_MS                                                                                                  \
    15000 /* gigabit negotiation takes 2–4 s, a spanning tree port without portfast up to 30 after that */
#define DEFAULT_DHCP_TIMEOUT_MS  30000 /* four transmissions of RFC 2131's back-off */
#define DEFAULT_LOGIN_TIMEOUT_MS 15000
#define DEFAULT_RECOVERY_MS      120000
#define DEFAULT_RETRIES          5
#define DEFAULT_RETRY_DELAY_MS   10000

/* ---- values ---- */

/* In rising precedence. */
enum origin { FROM_DEFAULT, FROM_DHCP, FROM_FIRMWARE_IBFT, FROM_COMMAND_LINE };

enum setting {
    SETTING_ROOT,
    SETTING_LUN,
    SETTING_INITIATOR,
    SETTING_CHAP,
    SETTING_MUTUAL,
    SETTING_IP,
    SETTING_IP6,
    SETTING_GATEWAY,
    SETTING_DNS,
    SETTING_HOSTNAME,
    SETTING_DRIVE,
    SETTING_BOOT,
    SETTING_FILE,
    SETTING_NIC,
    SETTING_MAC,
    SETTING_MTU,
    SETTING_VLAN,
    SETTING_RINGS,
    SETTING_MEMORY,
    SETTING_SERIAL,
    SETTING_LOG,
    SETTING_LINK_TIMEOUT,
    SETTING_DHCP_TIMEOUT,
    SETTING_TIMEOUT,
    SETTING_RECOVERY,
    SETTING_RETRY,
    SETTING_HANDOFF,
    SETTING_IBFT_GATEWAY,
    SETTING_FIRMWARE_IBFT,
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

#define UNKNOWN_MAX    4
#define UNKNOWN_LENGTH 24

struct settings {
    enum origin origin[SETTING_COUNT];

    struct root_path root;
    uint8_t lun[8]; /* lun=, instead of the root path's */
    char initiator[ISCSI_NAME_MAX + 1];
    struct iscsi_chap chap, mutual; /* names are empty when not set */

    enum ipv4_mode ipv4;
    enum ipv6_mode ipv6;
    struct net_ipv4 static_ipv4; /* address and netmask: ip=; gateway and DNS: all zero unless set by hand */
    struct net_ipv6 static_ipv6; /* the same for ip6= */
    char hostname[64];

    struct boot_options boot; /* drive, hook_only and files */
    enum nic_choice nic_choice;
    uint8_t nic_mac[NIC_MAC_LENGTH];
    uint8_t nic_bus, nic_device, nic_function;
    uint8_t mac[NIC_MAC_LENGTH]; /* overrides the card's when SETTING_MAC has an origin above default */
    uint16_t mtu, rings;
    uint16_t vlan;         /* 0: frames are untagged */
    uint8_t vlan_priority; /* IEEE 802.1Q priority code point, 0..7 */
    struct home_options home;

    uint32_t link_timeout_ms, dhcp_timeout_ms, login_timeout_ms, recovery_ms;
    uint32_t retries, retry_delay_ms;

    enum handoff_choice handoff;
    enum ibft_gateway ibft_gateway;
    bool firmware_ibft; /* take settings from an iBFT that is there already */

    struct text_mark mark;                         /* where the last failure of the functions below is; empty text: nowhere */
    char unknown[UNKNOWN_MAX][UNKNOWN_LENGTH + 1]; /* names on the command line that are no settings, the first few */
    unsigned unknown_count;
};

/* "command line", "firmware's iBFT", "DHCP", "default". */
const char *origin_text(enum origin origin);

/* Defaults, then the command line. E_ROOT_PATH_SYNTAX, E_INITIATOR_NAME, E_SETTING_VALUE; detail and mark say where. */
enum status settings_begin(struct settings *settings, const char *command_line);

/* Takes what DHCP sets and the command line did not. The failures are those of settings_begin(). */
enum status settings_from_dhcp(struct settings *settings, const struct dhcp_message *message);

/*
 * Takes what an iBFT sets and the command line did not: names, the target that it booted from (else its first), the card by its
 * MAC address, and what is not to come by DHCP. An iBFT without a target sets nothing.
 */
enum status settings_from_ibft(struct settings *settings, const struct handoff *ibft);

/* True when the message holds an iSCSI root path. */
bool dhcp_has_root_path(const struct dhcp_message *message);

/*
 * What remains to be found out once all sources were asked: whether a root path is there (E_ROOT_PATH_MISSING) and CHAP complete
 * (E_CHAP_INCOMPLETE); makes the initiator name if none was set. `mac` is the card's.
 */
enum status settings_finish(struct settings *settings, const uint8_t mac[NIC_MAC_LENGTH]);

/* The session's settings. */
void settings_for_iscsi(const struct settings *settings, struct iscsi_settings *iscsi);

/* Puts a piece of `text` around `offset` into the mark. */
void settings_mark(struct settings *settings, const char *text, size_t length, size_t offset);

/* Setters shared by the sources: check, store, mark. The origin is the caller's to record. */
enum status settings_set_root(struct settings *settings, const char *text, size_t length);
enum status settings_set_initiator(struct settings *settings, const char *text, size_t length);

#endif
