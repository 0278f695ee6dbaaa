/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of settings: the parsers that loader/settings.def names, whose contract is setting_parser (loader/setting.h). */
#include <string.h>

#include "iscsi/lun.h"
#include "iscsi/name.h"
#include "loader/setting.h"
#include "loader/text.h"
#include "loader/value.h"
#include "platform/bytes.h"

#define BAUD_MIN      300
#define BAUD_MAX      115200 /* what a port divides its speeds from, and the default */
#define RETRIES_MAX   10000
#define RETRY_DELAY_S 10
#define SECONDS_MAX   3600

/* ---- forms that several settings have ---- */

/*
 * Stores which of `names`, each with a NUL behind it, the value is, in any case. They stand in the order of the enum at `to`,
 * whose values are 0 and up.
 */
static enum status parse_choice(void *to, const char *names, const char *value, size_t length)
{
    for (unsigned index = 0; *names; index++, names += strlen(names) + 1) {
        if (!text_is(value, length, names))
            continue;
        memcpy(to, &index, sizeof index);
        return OK;
    }
    return E_SETTING_VALUE;
}

enum status value_parse_yes_or_no(void *to, const char *value, size_t length)
{
    unsigned choice;
    enum status status = parse_choice(&choice, "no\0yes\0", value, length);
    if (status == OK)
        *(bool *)to = choice;
    return status;
}

enum status value_parse_seconds(void *to, const char *value, size_t length)
{
    uint32_t seconds;
    if (!parse_in_range(value, length, 1, SECONDS_MAX, &seconds))
        return E_SETTING_VALUE;
    *(uint32_t *)to = seconds * 1000;
    return OK;
}

/* ---- the target ---- */

enum status value_parse_root(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    size_t wrong;
    enum status status = root_path_parse(&settings->root, value, length, &wrong);
    if (status != OK && !memchr(value, '@', length)) /* before it may be a secret, which is not shown */
        settings_mark(settings, value, length, wrong);
    return status;
}

enum status value_parse_lun(void *to, const char *value, size_t length)
{
    uint8_t lun[8];
    size_t wrong;
    if (!lun_parse(value, length, lun, &wrong))
        return E_SETTING_VALUE;
    memcpy(to, lun, sizeof lun);
    return OK;
}

enum status value_parse_initiator(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    size_t wrong;
    const char *why = iscsi_name_error(value, length, &wrong);
    if (why) {
        settings_mark(settings, value, length, wrong);
        return fail(E_INITIATOR_NAME, "character %u: %s", (unsigned)wrong + 1, why);
    }
    memcpy(settings->initiator, value, length);
    settings->initiator[length] = '\0';
    return OK;
}

/*
 * The last colon divides: names often are iSCSI names, which have colons, and secrets seldom do. Without one all is the name;
 * settings_finish() then misses the secret.
 */
enum status value_parse_chap(void *to, const char *value, size_t length)
{
    size_t name_length = length, secret_at = length;
    for (size_t i = 0; i < length; i++) {
        if (value[i] == ':') {
            name_length = i;
            secret_at = i + 1;
        }
    }

    struct iscsi_chap chap;
    if (!text_copy(chap.name, sizeof chap.name, value, name_length) ||
        !text_copy(chap.secret, sizeof chap.secret, value + secret_at, length - secret_at))
        return E_SETTING_VALUE;
    *(struct iscsi_chap *)to = chap;
    bytes_wipe(&chap, sizeof chap);
    return OK;
}

enum status value_parse_digests(void *to, const char *value, size_t length)
{
    return parse_choice(to, "auto\0none\0header\0data\0both\0", value, length);
}

enum status value_parse_hostname(void *to, const char *value, size_t length)
{
    char text[HOSTNAME_SIZE];
    if (!length || !text_is_printable(value, length) || !text_copy(text, sizeof text, value, length))
        return E_SETTING_VALUE;
    memcpy(to, text, sizeof text);
    return OK;
}

/* ---- card ---- */

/* As lspci writes it: bb:dd.f, in hexadecimal, perhaps with 0000: before. */
static bool parse_pci(struct settings *settings, const char *value, size_t length)
{
    if (length == 12 && !strncmp(value, "0000:", 5)) {
        value += 5;
        length -= 5;
    }
    if (length != 7 || value[2] != ':' || value[5] != '.')
        return false;

    int digits[5] = {hex_digit(value[0]), hex_digit(value[1]), hex_digit(value[3]), hex_digit(value[4]), hex_digit(value[6])};
    for (unsigned i = 0; i < 5; i++)
        if (digits[i] < 0)
            return false;
    if (digits[2] > 1 || digits[4] > 7)
        return false;

    settings->nic_bus = (uint8_t)(digits[0] << 4 | digits[1]);
    settings->nic_device = (uint8_t)(digits[2] << 4 | digits[3]);
    settings->nic_function = (uint8_t)digits[4];
    return true;
}

enum status value_parse_nic(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    if (text_parse_mac(value, length, settings->nic_mac))
        settings->nic_choice = NIC_BY_MAC;
    else if (parse_pci(settings, value, length))
        settings->nic_choice = NIC_BY_PCI;
    else
        return E_SETTING_VALUE;
    return OK;
}

enum status value_parse_mac(void *to, const char *value, size_t length)
{
    uint8_t mac[NIC_MAC_LENGTH];
    if (!text_parse_mac(value, length, mac) || mac[0] & 1 || bytes_are_zero(mac, sizeof mac))
        return E_SETTING_VALUE;
    memcpy(to, mac, sizeof mac);
    return OK;
}

enum status value_parse_mtu(void *to, const char *value, size_t length)
{
    uint32_t mtu;
    if (!parse_in_range(value, length, NIC_MTU_MIN, NIC_MTU_MAX, &mtu))
        return E_SETTING_VALUE;
    *(uint16_t *)to = (uint16_t)mtu;
    return OK;
}

enum status value_parse_vlan(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    const char *rest;
    size_t rest_length, id_length = first_part(value, length, &rest, &rest_length);
    uint32_t vlan, priority = 0;
    if (!parse_in_range(value, id_length, 1, 4094, &vlan) || (rest && !parse_in_range(rest, rest_length, 0, 7, &priority)))
        return E_SETTING_VALUE;
    settings->vlan = (uint16_t)vlan;
    settings->vlan_priority = (uint8_t)priority;
    return OK;
}

enum status value_parse_rings(void *to, const char *value, size_t length)
{
    uint32_t rings;
    if (!parse_in_range(value, length, 8, 4096, &rings) || rings & (rings - 1))
        return E_SETTING_VALUE;
    *(uint16_t *)to = (uint16_t)rings;
    return OK;
}

/* ---- booting ---- */

enum status value_parse_drive(void *to, const char *value, size_t length)
{
    uint32_t drive;
    if (!text_parse_number(value, length, 0xFF, &drive) || drive < DRIVE_MIN)
        return E_SETTING_VALUE;
    *(uint8_t *)to = (uint8_t)drive;
    return OK;
}

enum status value_parse_boot(void *to, const char *value, size_t length)
{
    return parse_choice(to, "yes\0no\0auto\0", value, length);
}

/* Each path begins at the root of its file system; UEFI has no names longer than the whole list may be. */
enum status value_parse_file(void *to, const char *value, size_t length)
{
    char *files = to;
    if (!length || length > BOOT_FILES_MAX)
        return E_SETTING_VALUE;

    for (size_t i = 0, start = 0; i <= length; i++) {
        if (i < length && value[i] != ',') {
            if (value[i] < ' ' || value[i] > '~')
                return E_SETTING_VALUE;
            continue;
        }
        if (i - start < 2 || (value[start] != '\\' && value[start] != '/'))
            return E_SETTING_VALUE;
        start = i + 1;
    }

    memcpy(files, value, length);
    files[length] = '\0';
    return OK;
}

enum status value_parse_retry(void *to, const char *value, size_t length)
{
    struct settings *settings = to;
    const char *rest;
    size_t rest_length, count_length = first_part(value, length, &rest, &rest_length);
    uint32_t retries, delay_ms = RETRY_DELAY_S * 1000;
    if (!parse_in_range(value, count_length, 0, RETRIES_MAX, &retries) ||
        (rest && value_parse_seconds(&delay_ms, rest, rest_length) != OK))
        return E_SETTING_VALUE;
    settings->retries = retries;
    settings->retry_delay_ms = delay_ms;
    return OK;
}

/* ---- what the operating system is told ---- */

enum status value_parse_handoff(void *to, const char *value, size_t length)
{
    return parse_choice(to, "yes\0secrets\0no\0", value, length);
}

enum status value_parse_ibft_gateway(void *to, const char *value, size_t length)
{
    return parse_choice(to, "auto\0always\0never\0", value, length);
}

/* ---- for the home ---- */

enum status value_parse_serial(void *to, const char *value, size_t length)
{
    struct home_options *home = to;
    const char *rest;
    size_t rest_length, port_length = first_part(value, length, &rest, &rest_length);
    uint32_t port = 1, baud = 0;
    bool automatic = text_is(value, length, "auto"), off = text_is(value, length, "off");
    if (!automatic && !off && !parse_in_range(value, port_length, 1, 4, &port))
        return E_SETTING_VALUE;
    if (rest && (!parse_in_range(rest, rest_length, BAUD_MIN, BAUD_MAX, &baud) || BAUD_MAX % baud))
        return E_SETTING_VALUE;

    home->serial_port = off ? 0 : (uint8_t)port;
    home->serial_asked = !automatic && !off;
    home->serial_baud = baud;
    return OK;
}

enum status value_parse_log(void *to, const char *value, size_t length)
{
    return parse_choice(to, "error\0warning\0info\0debug\0", value, length);
}
