/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/value.h"

#include <string.h>

#include "iscsi/lun.h"
#include "loader/netmask.h"
#include "loader/text.h"

/* Splits at the first comma: the part before it, and the rest, which is NULL when there is no comma. */
static size_t first_part(const char *value, size_t length, const char **rest, size_t *rest_length)
{
    const char *comma = memchr(value, ',', length);
    *rest = comma ? comma + 1 : NULL;
    *rest_length = comma ? (size_t)(value + length - *rest) : 0;
    return comma ? (size_t)(comma - value) : length;
}

static bool parse_address(const char *value, size_t length, struct net_address *address)
{
    char text[46];
    return copy_text(text, sizeof text, value, length) && net_parse_address(text, address);
}

/* The index of the name that the value is, in any case; `count` when it is none. */
static unsigned which_of(const char *const *names, unsigned count, const char *value, size_t length)
{
    unsigned index = 0;
    while (index < count && !text_is(value, length, names[index]))
        index++;
    return index;
}

static const char *take_yes_or_no(bool *yes, const char *value, size_t length)
{
    static const char *const names[] = {"no", "yes"};
    unsigned index = which_of(names, 2, value, length);
    if (index == 2)
        return "yes or no";
    *yes = index;
    return NULL;
}

/* ---- target ---- */

const char *take_lun(struct settings *settings, const char *value, size_t length)
{
    uint8_t lun[8];
    size_t wrong;
    if (!lun_parse(value, length, lun, &wrong))
        return "at most four groups of one to four hexadecimal digits between dashes";
    memcpy(settings->lun, lun, sizeof lun);
    return NULL;
}

/* The last colon divides: names often are iSCSI names, which have colons, and secrets seldom do. */
static const char *take_pair(struct iscsi_chap *chap, const char *value, size_t length)
{
    struct iscsi_chap pair = {.name = ""};
    size_t name_length = length;
    while (name_length && value[name_length - 1] != ':')
        name_length--;
    size_t secret_at = name_length;
    if (name_length)
        name_length--;
    else
        name_length = secret_at = length;
    if (!copy_text(pair.name, sizeof pair.name, value, name_length) ||
        !copy_text(pair.secret, sizeof pair.secret, value + secret_at, length - secret_at))
        return "<user name>:<secret>, each of at most 255 bytes";
    *chap = pair;
    return NULL;
}

const char *take_chap(struct settings *settings, const char *value, size_t length)
{
    return take_pair(&settings->chap, value, length);
}

const char *take_mutual(struct settings *settings, const char *value, size_t length)
{
    return take_pair(&settings->mutual, value, length);
}

/* ---- addresses ---- */

/* <address>/<prefix length> of one family. */
static bool parse_prefixed(const char *value, size_t length, uint8_t family, struct net_address *address, uint32_t *prefix)
{
    const char *slash = memchr(value, '/', length);
    if (!slash)
        return false;
    size_t address_length = (size_t)(slash - value);
    return parse_address(value, address_length, address) && address->family == family &&
           parse_decimal(slash + 1, length - address_length - 1, family == 4 ? 32 : 128, prefix) && *prefix;
}

const char *take_ip(struct settings *settings, const char *value, size_t length)
{
    struct net_address address;
    uint32_t prefix;
    if (text_is(value, length, "dhcp")) {
        settings->ipv4 = IPV4_DHCP;
    } else if (text_is(value, length, "off")) {
        settings->ipv4 = IPV4_OFF;
    } else if (parse_prefixed(value, length, 4, &address, &prefix)) {
        settings->ipv4 = IPV4_STATIC;
        memcpy(settings->static_ipv4.address, address.bytes, 4);
        netmask_of(prefix, settings->static_ipv4.netmask);
    } else {
        return "dhcp, off, or an address with its prefix length such as 192.0.2.10/24";
    }
    return NULL;
}

const char *take_ip6(struct settings *settings, const char *value, size_t length)
{
    struct net_address address;
    uint32_t prefix;
    if (text_is(value, length, "auto")) {
        settings->ipv6 = IPV6_AUTO;
    } else if (text_is(value, length, "off")) {
        settings->ipv6 = IPV6_OFF;
    } else if (parse_prefixed(value, length, 6, &address, &prefix)) {
        settings->ipv6 = IPV6_STATIC;
        memcpy(settings->static_ipv6.address, address.bytes, 16);
        settings->static_ipv6.prefix_length = (uint8_t)prefix;
    } else {
        return "auto, off, or an address with its prefix length such as 2001:db8::10/64";
    }
    return NULL;
}

const char *take_gateway(struct settings *settings, const char *value, size_t length)
{
    struct net_ipv4 ipv4 = settings->static_ipv4;
    struct net_ipv6 ipv6 = settings->static_ipv6;
    while (value) {
        const char *rest;
        size_t rest_length;
        struct net_address address;
        if (!parse_address(value, first_part(value, length, &rest, &rest_length), &address))
            return "an IPv4 address, an IPv6 address, or one of each with a comma between";
        if (address.family == 4)
            memcpy(ipv4.gateway, address.bytes, 4);
        else
            memcpy(ipv6.gateway, address.bytes, 16);
        value = rest;
        length = rest_length;
    }
    settings->static_ipv4 = ipv4;
    settings->static_ipv6 = ipv6;
    return NULL;
}

const char *take_dns(struct settings *settings, const char *value, size_t length)
{
    struct net_ipv4 ipv4 = settings->static_ipv4;
    struct net_ipv6 ipv6 = settings->static_ipv6;
    unsigned count4 = 0, count6 = 0;
    memset(ipv4.dns, 0, sizeof ipv4.dns);
    memset(ipv6.dns, 0, sizeof ipv6.dns);
    while (value) {
        const char *rest;
        size_t rest_length;
        struct net_address address;
        if (!parse_address(value, first_part(value, length, &rest, &rest_length), &address))
            return "addresses with commas between, at most two of each IP version";
        unsigned *count = address.family == 4 ? &count4 : &count6;
        if (*count == NET_DNS_SERVERS)
            return "addresses with commas between, at most two of each IP version";
        if (address.family == 4)
            memcpy(ipv4.dns[count4], address.bytes, 4);
        else
            memcpy(ipv6.dns[count6], address.bytes, 16);
        ++*count;
        value = rest;
        length = rest_length;
    }
    settings->static_ipv4 = ipv4;
    settings->static_ipv6 = ipv6;
    return NULL;
}

const char *take_hostname(struct settings *settings, const char *value, size_t length)
{
    char text[sizeof settings->hostname];
    if (!length || !is_printable(value, length) || !copy_text(text, sizeof text, value, length))
        return "a name of 1 to 63 printable bytes";
    memcpy(settings->hostname, text, sizeof text);
    return NULL;
}

/* ---- boot ---- */

const char *take_drive(struct settings *settings, const char *value, size_t length)
{
    uint32_t drive;
    if (!parse_number(value, length, 0xFF, &drive) || drive < 0x80)
        return "a drive number of 0x80 to 0xFF";
    settings->boot.drive = (uint8_t)drive;
    return NULL;
}

const char *home_boot(struct home_options *home, const char *value, size_t length)
{
    bool yes = !home->hook_only;
    const char *why = take_yes_or_no(&yes, value, length);
    home->hook_only = !yes;
    return why;
}

const char *take_boot(struct settings *settings, const char *value, size_t length)
{
    const char *why = home_boot(&settings->home, value, length);
    settings->boot.hook_only = settings->home.hook_only;
    return why;
}

/* Each path begins at the root of its file system; UEFI has no names longer than the whole list may be. */
const char *take_file(struct settings *settings, const char *value, size_t length)
{
    static const char expected[] = "paths such as \\EFI\\BOOT\\BOOTX64.EFI with commas between, 255 bytes at most";
    if (!length || length > BOOT_FILES_MAX)
        return expected;
    for (size_t i = 0, start = 0; i <= length; i++) {
        if (i < length && value[i] != ',') {
            if (value[i] < ' ' || value[i] > '~')
                return expected;
            continue;
        }
        if (i - start < 2 || (value[start] != '\\' && value[start] != '/'))
            return expected;
        start = i + 1;
    }
    memcpy(settings->boot.files, value, length);
    settings->boot.files[length] = '\0';
    return NULL;
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

const char *take_nic(struct settings *settings, const char *value, size_t length)
{
    if (parse_mac(value, length, settings->nic_mac))
        settings->nic_choice = NIC_BY_MAC;
    else if (parse_pci(settings, value, length))
        settings->nic_choice = NIC_BY_PCI;
    else
        return "a MAC address such as 52:54:00:12:34:56, or a PCI address such as 02:00.0";
    return NULL;
}

const char *take_mac(struct settings *settings, const char *value, size_t length)
{
    static const uint8_t none[NIC_MAC_LENGTH];
    uint8_t mac[NIC_MAC_LENGTH];
    if (!parse_mac(value, length, mac) || mac[0] & 1 || !memcmp(mac, none, sizeof mac))
        return "the MAC address of a single card, such as 52:54:00:12:34:56";
    memcpy(settings->mac, mac, sizeof mac);
    return NULL;
}

const char *take_mtu(struct settings *settings, const char *value, size_t length)
{
    uint32_t mtu;
    if (!parse_decimal(value, length, 9000, &mtu) || mtu < 576)
        return "a number of 576 to 9000";
    settings->mtu = (uint16_t)mtu;
    return NULL;
}

const char *take_vlan(struct settings *settings, const char *value, size_t length)
{
    const char *rest;
    size_t rest_length;
    uint32_t vlan, priority = 0;
    size_t id_length = first_part(value, length, &rest, &rest_length);
    if (!parse_decimal(value, id_length, 4094, &vlan) || !vlan || (rest && !parse_decimal(rest, rest_length, 7, &priority)))
        return "a VLAN of 1 to 4094, perhaps with the priority of what we send, 0 to 7: 5,3";
    settings->vlan = (uint16_t)vlan;
    settings->vlan_priority = (uint8_t)priority;
    return NULL;
}

const char *take_rings(struct settings *settings, const char *value, size_t length)
{
    uint32_t rings;
    if (!parse_decimal(value, length, 4096, &rings) || rings < 8 || rings & (rings - 1))
        return "a power of two of 8 to 4096";
    settings->rings = (uint16_t)rings;
    return NULL;
}

/* ---- for the home ---- */

const char *home_memory(struct home_options *home, const char *value, size_t length)
{
    uint32_t number;
    unsigned shift = 0;
    char unit = length ? lower_case(value[length - 1]) : '\0';
    if (unit == 'k')
        shift = 10;
    else if (unit == 'm')
        shift = 20;
    if (shift)
        length--;
    if (!parse_number(value, length, (64u << 20) >> shift, &number) || number << shift < 1u << 20)
        return "1M to 64M";
    home->memory = number << shift;
    return NULL;
}

const char *home_serial(struct home_options *home, const char *value, size_t length)
{
    const char *rest;
    size_t rest_length;
    uint32_t port = 0, baud = DEFAULT_SERIAL_BAUD;
    size_t port_length = first_part(value, length, &rest, &rest_length);
    bool off = text_is(value, length, "off");
    if (!off && (!parse_decimal(value, port_length, 4, &port) || !port))
        return "off, or a port of 1 to 4, perhaps with its speed: 1,115200";
    if (rest && (!parse_decimal(rest, rest_length, 115200, &baud) || baud < 300 || 115200 % baud))
        return "a speed of 300 to 115200 that divides 115200";
    home->serial_port = (uint8_t)port;
    home->serial_baud = baud;
    return NULL;
}

const char *home_log(struct home_options *home, const char *value, size_t length)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    unsigned level = which_of(names, LOG_DEBUG + 1, value, length);
    if (level > LOG_DEBUG)
        return "error, warning, info or debug";
    home->log = (enum log_level)level;
    return NULL;
}

const char *take_memory(struct settings *settings, const char *value, size_t length)
{
    return home_memory(&settings->home, value, length);
}

const char *take_serial(struct settings *settings, const char *value, size_t length)
{
    return home_serial(&settings->home, value, length);
}

const char *take_log(struct settings *settings, const char *value, size_t length)
{
    return home_log(&settings->home, value, length);
}

/* ---- time ---- */

static const char *take_seconds(uint32_t *milliseconds, const char *value, size_t length)
{
    uint32_t seconds;
    if (!parse_decimal(value, length, 3600, &seconds) || !seconds)
        return "a number of seconds, 1 to 3600";
    *milliseconds = seconds * 1000;
    return NULL;
}

const char *take_link_timeout(struct settings *settings, const char *value, size_t length)
{
    return take_seconds(&settings->link_timeout_ms, value, length);
}

const char *take_dhcp_timeout(struct settings *settings, const char *value, size_t length)
{
    return take_seconds(&settings->dhcp_timeout_ms, value, length);
}

const char *take_timeout(struct settings *settings, const char *value, size_t length)
{
    return take_seconds(&settings->login_timeout_ms, value, length);
}

const char *take_recovery(struct settings *settings, const char *value, size_t length)
{
    return take_seconds(&settings->recovery_ms, value, length);
}

const char *take_retry(struct settings *settings, const char *value, size_t length)
{
    const char *rest;
    size_t rest_length;
    uint32_t retries, delay_ms = DEFAULT_RETRY_DELAY_MS;
    size_t count_length = first_part(value, length, &rest, &rest_length);
    if (!parse_decimal(value, count_length, 10000, &retries) || (rest && take_seconds(&delay_ms, rest, rest_length)))
        return "how often, 0 to 10000, perhaps with the seconds before each: 5,10";
    settings->retries = retries;
    settings->retry_delay_ms = delay_ms;
    return NULL;
}

/* ---- what the operating system is told ---- */

const char *take_handoff(struct settings *settings, const char *value, size_t length)
{
    static const char *const names[] = {[HANDOFF_YES] = "yes", [HANDOFF_WITH_SECRETS] = "secrets", [HANDOFF_NO] = "no"};
    unsigned choice = which_of(names, HANDOFF_NO + 1, value, length);
    if (choice > HANDOFF_NO)
        return "yes, no or secrets";
    settings->handoff = (enum handoff_choice)choice;
    return NULL;
}

const char *take_ibft_gateway(struct settings *settings, const char *value, size_t length)
{
    static const char *const names[] = {
        [IBFT_GATEWAY_AUTO] = "auto", [IBFT_GATEWAY_ALWAYS] = "always", [IBFT_GATEWAY_NEVER] = "never"};
    unsigned choice = which_of(names, IBFT_GATEWAY_NEVER + 1, value, length);
    if (choice > IBFT_GATEWAY_NEVER)
        return "auto, always or never";
    settings->ibft_gateway = (enum ibft_gateway)choice;
    return NULL;
}

const char *take_firmware_ibft(struct settings *settings, const char *value, size_t length)
{
    return take_yes_or_no(&settings->firmware_ibft, value, length);
}
