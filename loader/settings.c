/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/settings.h"

#include <string.h>

#include "iscsi/name.h"
#include "loader/command_line.h"
#include "loader/initiator_name.h"
#include "loader/text.h"

const char *origin_text(enum origin origin)
{
    switch (origin) {
    case FROM_COMMAND_LINE:
        return "command line";
    case FROM_FIRMWARE_IBFT:
        return "firmware's iBFT";
    case FROM_DHCP:
        return "DHCP";
    case FROM_DEFAULT:
        break;
    }
    return "default";
}

static void set_defaults(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->boot.drive = DEFAULT_DRIVE;
    settings->mtu = DEFAULT_MTU;
    settings->rings = DEFAULT_RINGS;
    settings->link_timeout_ms = DEFAULT_LINK_TIMEOUT_MS;
    settings->dhcp_timeout_ms = DEFAULT_DHCP_TIMEOUT_MS;
    settings->login_timeout_ms = DEFAULT_LOGIN_TIMEOUT_MS;
    settings->recovery_ms = DEFAULT_RECOVERY_MS;
    settings->retries = DEFAULT_RETRIES;
    settings->retry_delay_ms = DEFAULT_RETRY_DELAY_MS;
}

enum status settings_begin(struct settings *settings, const char *command_line)
{
    set_defaults(settings);
    loader_home_options(command_line, &settings->home);
    return command_line_parse(settings, command_line);
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

enum status settings_set_root(struct settings *settings, const char *text, size_t length)
{
    size_t wrong;
    enum status status = root_path_parse(&settings->root, text, length, &wrong);
    if (status != OK)
        settings_mark(settings, text, length, wrong);
    return status;
}

enum status settings_set_initiator(struct settings *settings, const char *text, size_t length)
{
    size_t wrong;
    const char *why = iscsi_name_error(text, length, &wrong);
    if (why) {
        settings_mark(settings, text, length, wrong);
        return fail(E_INITIATOR_NAME, "character %u: %s", (unsigned)wrong + 1, why);
    }
    memcpy(settings->initiator, text, length);
    settings->initiator[length] = '\0';
    return OK;
}

/* ---- DHCP ---- */

/* Some servers count a string's NUL, or pad it. */
static size_t trimmed(const char *text, size_t length)
{
    while (length && (text[length - 1] == '\0' || text[length - 1] == ' '))
        length--;
    return length;
}

static bool open_to_dhcp(const struct settings *settings, enum setting setting)
{
    return settings->origin[setting] <= FROM_DHCP;
}

bool dhcp_has_root_path(const struct dhcp_message *message)
{
    char start[8];
    int length = dhcp_option_get(message, DHCP_ROOT_PATH, (uint8_t *)start, sizeof start);
    return length >= (int)sizeof start && root_path_is_iscsi(start, sizeof start);
}

static enum status root_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    char text[576];
    int length = dhcp_option_get(message, DHCP_ROOT_PATH, (uint8_t *)text, sizeof text);
    if (length <= 0 || !open_to_dhcp(settings, SETTING_ROOT))
        return OK;
    if ((size_t)length > sizeof text)
        return fail(E_DHCP_MESSAGE, "option 17 (root path) has %d bytes, more than %u", length, (unsigned)sizeof text);
    settings->origin[SETTING_ROOT] = FROM_DHCP;
    return settings_set_root(settings, text, trimmed(text, (size_t)length));
}

static enum status initiator_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    char text[ISCSI_NAME_MAX + 32];
    int length = dhcp_option_get(message, DHCP_INITIATOR_IQN, (uint8_t *)text, sizeof text);
    if (length <= 0 || !open_to_dhcp(settings, SETTING_INITIATOR))
        return OK;
    if ((size_t)length > sizeof text)
        return fail(E_INITIATOR_NAME, "option 203 has %d bytes, a name at most %u", length, ISCSI_NAME_MAX);
    settings->origin[SETTING_INITIATOR] = FROM_DHCP;
    return settings_set_initiator(settings, text, trimmed(text, (size_t)length));
}

static void hostname_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    char text[sizeof settings->hostname];
    int length = dhcp_option_get(message, DHCP_HOST_NAME, (uint8_t *)text, sizeof text);
    if (length <= 0 || (size_t)length > sizeof text || !open_to_dhcp(settings, SETTING_HOSTNAME))
        return;
    size_t used = trimmed(text, (size_t)length);
    if (is_printable(text, used) && copy_text(settings->hostname, sizeof settings->hostname, text, used))
        settings->origin[SETTING_HOSTNAME] = FROM_DHCP;
}

static enum status drive_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    uint8_t drive;
    int length = dhcp_ipxe_option_get(message, IPXE_SAN_DRIVE, &drive, 1);
    if (length < 0 || !open_to_dhcp(settings, SETTING_DRIVE))
        return OK;
    if (length != 1 || drive < 0x80)
        return fail(E_SETTING_VALUE, "DHCP option 175.189 (drive) is one byte of 80h to FFh; found %d bytes, first %02xh", length,
                    length ? drive : 0);
    settings->boot.drive = drive;
    settings->origin[SETTING_DRIVE] = FROM_DHCP;
    return OK;
}

static enum status chap_text_from_dhcp(const struct dhcp_message *message, uint8_t code, char to[ISCSI_SECRET_MAX + 1])
{
    char text[ISCSI_SECRET_MAX + 1];
    int length = dhcp_ipxe_option_get(message, code, (uint8_t *)text, sizeof text);
    if (length < 0)
        return OK;
    if ((size_t)length > sizeof text || !copy_text(to, ISCSI_SECRET_MAX + 1, text, trimmed(text, (size_t)length)))
        return fail(E_SETTING_VALUE, "DHCP option 175.%u is longer than %u bytes or holds a zero byte", code, ISCSI_SECRET_MAX);
    return OK;
}

static enum status chap_from_dhcp(struct settings *settings, enum setting setting, struct iscsi_chap *chap,
                                  const struct dhcp_message *message, uint8_t name_code, uint8_t secret_code)
{
    if (!open_to_dhcp(settings, setting))
        return OK;
    enum status status = chap_text_from_dhcp(message, name_code, chap->name);
    if (status == OK)
        status = chap_text_from_dhcp(message, secret_code, chap->secret);
    if (chap->name[0] || chap->secret[0])
        settings->origin[setting] = FROM_DHCP;
    return status;
}

enum status settings_from_dhcp(struct settings *settings, const struct dhcp_message *message)
{
    hostname_from_dhcp(settings, message);
    enum status status = root_from_dhcp(settings, message);
    if (status == OK)
        status = initiator_from_dhcp(settings, message);
    if (status == OK)
        status = drive_from_dhcp(settings, message);
    if (status == OK)
        status = chap_from_dhcp(settings, SETTING_CHAP, &settings->chap, message, IPXE_USERNAME, IPXE_PASSWORD);
    if (status == OK)
        status =
            chap_from_dhcp(settings, SETTING_MUTUAL, &settings->mutual, message, IPXE_REVERSE_USERNAME, IPXE_REVERSE_PASSWORD);
    return status;
}

/* ---- the whole ---- */

static enum status check_chap(const struct settings *settings)
{
    const struct iscsi_chap *chap = &settings->chap, *mutual = &settings->mutual;
    if (!chap->name[0] != !chap->secret[0])
        return fail(E_CHAP_INCOMPLETE, "the CHAP %s is missing (%s)", chap->name[0] ? "secret" : "user name",
                    origin_text(settings->origin[SETTING_CHAP]));
    if (!mutual->name[0] != !mutual->secret[0])
        return fail(E_CHAP_INCOMPLETE, "the target's CHAP %s is missing (%s)", mutual->name[0] ? "secret" : "user name",
                    origin_text(settings->origin[SETTING_MUTUAL]));
    if (mutual->name[0] && !chap->name[0])
        return fail(E_CHAP_INCOMPLETE, "the target is to prove itself, but there is no user name and secret of our own");
    return OK;
}

enum status settings_finish(struct settings *settings, const uint8_t mac[NIC_MAC_LENGTH])
{
    if (settings->origin[SETTING_ROOT] == FROM_DEFAULT)
        return fail(E_ROOT_PATH_MISSING, "%s",
                    settings->ipv4 == IPV4_DHCP ? "neither the command line nor the DHCP server's answer holds one"
                                                : "the command line holds none, and DHCP was not asked");
    if (settings->origin[SETTING_INITIATOR] == FROM_DEFAULT)
        make_initiator_name(settings->initiator, settings->hostname, mac);
    if (settings->origin[SETTING_LUN] == FROM_DEFAULT)
        memcpy(settings->lun, settings->root.lun, sizeof settings->lun);
    return check_chap(settings);
}

void settings_for_iscsi(const struct settings *settings, struct iscsi_settings *iscsi)
{
    memset(iscsi, 0, sizeof *iscsi);
    memcpy(iscsi->initiator_name, settings->initiator, sizeof iscsi->initiator_name);
    memcpy(iscsi->target_name, settings->root.target, sizeof iscsi->target_name);
    memcpy(iscsi->host, settings->root.server, sizeof iscsi->host);
    iscsi->port = settings->root.port;
    iscsi->portal_group = 0xFFFF;
    memcpy(iscsi->lun, settings->lun, sizeof iscsi->lun);
    iscsi->chap = settings->chap;
    iscsi->mutual_chap = settings->mutual;
    iscsi->login_timeout_ms = settings->login_timeout_ms;
    iscsi->recovery_timeout_ms = settings->recovery_ms;
}
