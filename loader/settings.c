/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of all settings, and what becomes of them once all sources were asked. */
#include "loader/setting.h"

#include <stddef.h>
#include <string.h>

#include "iscsi/name.h"
#include "loader/command_line.h"
#include "loader/initiator_name.h"
#include "platform/format.h"

const char *settings_origin_text(enum origin origin)
{
    switch (origin) {
    case FROM_COMMAND_LINE:
        return "command line";
    case FROM_FILE:
        return "sanstrap.conf";
    case FROM_FIRMWARE_IBFT:
        return "firmware's iBFT";
    case FROM_BOOT_PATH:
        return "firmware's boot path";
    case FROM_DHCP_TEXT:
        return "DHCP option 224";
    case FROM_DHCP:
        return "DHCP";
    case FROM_DEFAULT:
        break;
    }
    return "default";
}

/* ---- the table ---- */

#define NO_DHCP                         .dhcp = {NULL, 0, 0}
#define TOO_EARLY                       .dhcp = {NULL, 1, 0}
#define FROM_LEASE(code)                .dhcp = {NULL, code, 0}
#define FROM_DHCP(reader, code, second) .dhcp = {reader, code, second}
#define AT(member)                      offsetof(struct settings, member)
#define WHOLE                           0

const struct setting_row setting_rows[SETTING_COUNT] = {
#define SETTING(symbol, name, parser, where, preset, form, dhcp, help) {name, preset, form, help, parser, dhcp, where},
#include "loader/settings.def"
#undef SETTING
};

/* Names that people know from elsewhere (iPXE, dracut), each before ours. */
static const char aliases[] = "netroot\0root\0root-path\0root\0rd.iscsi.initiator\0initiator\0initiator-iqn\0initiator\0"
                              "san-drive\0drive\0san-filename\0file\0";

const struct setting_row *setting_named(const char *name)
{
    for (const char *alias = aliases; *alias;) {
        const char *ours = alias + strlen(alias) + 1;
        if (!strcmp(alias, name))
            name = ours;
        alias = ours + strlen(ours) + 1;
    }

    for (const struct setting_row *row = setting_rows; row < setting_rows + SETTING_COUNT; row++)
        if (!strcmp(row->name, name))
            return row;
    return NULL;
}

enum status setting_store(struct settings *settings, const struct setting_row *row, const char *value, size_t length)
{
    enum status status = row->parse(setting_member(settings, row), value, length);
    if (status != E_SETTING_VALUE)
        return status;
    if (row->parse != value_parse_chap) /* a secret is not shown */
        settings_mark(settings, value, length, 0);
    return fail(E_SETTING_VALUE, "%s= takes %s", row->name, row->form);
}

void settings_set_defaults(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (const struct setting_row *row = setting_rows; row < setting_rows + SETTING_COUNT; row++)
        if (row->preset[0])
            row->parse(setting_member(settings, row), row->preset, strlen(row->preset));
}

/* pxelinux's ip= repeats the lease that it has: it stands for an exchange of our own only where DHCP has nothing else to say. */
static void leave_target_to_dhcp(struct settings *settings)
{
    if (!settings->ip_is_lease || settings->origin[SETTING_ROOT] != FROM_DEFAULT)
        return;
    settings->ipv4 = IPV4_DHCP;
    settings->origin[SETTING_IP] = FROM_DEFAULT;
    if (settings->gateway_by_ip)
        settings->origin[SETTING_GATEWAY] = FROM_DEFAULT;
}

enum status settings_begin(struct settings *settings, const char *command_line)
{
    settings_set_defaults(settings);
    return command_line_store(settings, command_line, FROM_COMMAND_LINE);
}

static enum status store_lines(struct settings *settings, const struct settings_file *file)
{
    if (!file || !file->name[0])
        return OK;
    if (file->wrong)
        return fail(E_SETTINGS_FILE, "%s, line %u: %s", file->name, file->lines, file->wrong);

    const char *line = file->bytes;
    for (unsigned number = 1; number <= file->lines; number++, line += strlen(line) + 1) {
        enum status status = command_line_store(settings, line, FROM_FILE);
        if (status == OK)
            continue;
        char why[192];
        format_text(why, sizeof why, "%s", failure_detail(status));
        return fail(E_SETTINGS_FILE, "%s, line %u: %s", file->name, number, why);
    }
    return OK;
}

enum status settings_from_file(struct settings *settings, const struct settings_file *file)
{
    enum status status = store_lines(settings, file);
    leave_target_to_dhcp(settings);
    return status;
}

void settings_mark(struct settings *settings, const char *text, size_t length, size_t offset)
{
    struct text_mark *mark = &settings->mark;
    size_t start = offset > MARK_LENGTH / 2 ? offset - MARK_LENGTH / 2 : 0;
    size_t shown = 0;
    for (; shown < MARK_LENGTH && start + shown < length; shown++) {
        char character = text[start + shown];
        mark->text[shown] = character >= ' ' && character <= '~' ? character : '?';
    }
    mark->text[shown] = '\0';
    mark->offset = (unsigned)(offset - start);
}

/* ---- the whole ---- */

static enum status check_chap(const struct settings *settings)
{
    const struct iscsi_chap *chap = &settings->chap, *mutual = &settings->mutual;
    if (!chap->name[0] != !chap->secret[0])
        return fail(E_CHAP_INCOMPLETE, "the CHAP %s is missing (%s)", chap->name[0] ? "secret" : "user name",
                    settings_origin_text(settings->origin[SETTING_CHAP]));
    if (!mutual->name[0] != !mutual->secret[0])
        return fail(E_CHAP_INCOMPLETE, "the target's CHAP %s is missing (%s)", mutual->name[0] ? "secret" : "user name",
                    settings_origin_text(settings->origin[SETTING_MUTUAL]));
    if (mutual->name[0] && !chap->name[0])
        return fail(E_CHAP_INCOMPLETE, "the target is to prove itself, but there is no user name and secret of our own");
    return OK;
}

/* What is no name by the RFC may be the target's all the same. */
static void warn_of_name(const char *what, const char *name)
{
    size_t wrong;
    const char *why = iscsi_name_oddity(name, strlen(name), &wrong);
    if (why)
        log_printf(LOG_WARNING, "%s name %s, character %u: %s; it is sent as it stands", what, name, (unsigned)wrong + 1, why);
}

enum status settings_finish(struct settings *settings, const uint8_t mac[NIC_MAC_LENGTH])
{
    if (settings->origin[SETTING_ROOT] == FROM_DEFAULT)
        return fail(E_ROOT_PATH_MISSING, "%s",
                    settings->ipv4 == IPV4_DHCP
                        ? "neither the command line nor sanstrap.conf nor the DHCP server's answer holds one"
                        : "the settings hold none, and DHCP was not asked");
    if (settings->origin[SETTING_INITIATOR] == FROM_DEFAULT)
        initiator_name_make(settings->initiator, settings->hostname, mac);
    if (settings->origin[SETTING_LUN] == FROM_DEFAULT)
        memcpy(settings->lun, settings->root.lun, sizeof settings->lun);
    warn_of_name("Target", settings->root.target);
    warn_of_name("Initiator", settings->initiator);
    return check_chap(settings);
}

#define ISID_RANDOM  0x80 /* T field, RFC 7143 section 11.12.5; 00b is the OUI format */
#define MAC_IS_LOCAL 0x02

/*
 * The same at each start, and another for each card. The OUI format has the 22 bits of an OUI, without those for group and local
 * addresses, and 24 bits more: a card's MAC. One that was made up has no OUI: it goes where random bits belong, which are 40.
 */
static void make_isid(uint8_t isid[6], const uint8_t mac[NIC_MAC_LENGTH])
{
    memcpy(isid, mac, 6);
    isid[0] = mac[0] >> 2;
    if (mac[0] & MAC_IS_LOCAL) {
        isid[0] = ISID_RANDOM;
        isid[1] ^= mac[0];
    }
}

void settings_for_iscsi(const struct settings *settings, const uint8_t mac[NIC_MAC_LENGTH], struct iscsi_settings *iscsi)
{
    memset(iscsi, 0, sizeof *iscsi);
    memcpy(iscsi->initiator_name, settings->initiator, sizeof iscsi->initiator_name);
    memcpy(iscsi->target_name, settings->root.target, sizeof iscsi->target_name);
    memcpy(iscsi->host, settings->root.server, sizeof iscsi->host);
    iscsi->port = settings->root.port;
    iscsi->portal_group = 0xFFFF;
    memcpy(iscsi->lun, settings->lun, sizeof iscsi->lun);

    make_isid(iscsi->isid, mac);
    iscsi->chap = settings->chap;
    iscsi->mutual_chap = settings->mutual;
    iscsi->digests = settings->digests;
    iscsi->login_timeout_ms = settings->login_timeout_ms;
    iscsi->recovery_timeout_ms = settings->recovery_ms;
}
