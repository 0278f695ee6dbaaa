/* SPDX-License-Identifier: BSD-2-Clause */
#include "handoff/check.h"

#include <stdarg.h>
#include <string.h>

#include "iscsi/iscsi.h"
#include "iscsi/name.h"
#include "platform/format.h"

void check_begin(struct check *check, const char *table, const uint8_t *bytes, size_t size, struct handoff_faults *faults)
{
    *check = (struct check){.bytes = bytes, .length = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX, .faults = faults};
    faults->table = table;
    faults->count = 0;
    check_structure(check, 0, "header", -1);
}

void check_structure(struct check *check, uint32_t at, const char *name, int index)
{
    check->at = at;
    if (index < 0)
        format_text(check->structure, sizeof check->structure, "%s", name);
    else
        format_text(check->structure, sizeof check->structure, "%s %d", name, index);
}

bool check_fault(struct check *check, const char *field, size_t offset, const char *allowed, const char *format, ...)
{
    struct handoff_faults *faults = check->faults;
    if (faults->count < HANDOFF_FAULTS) {
        struct handoff_fault *fault = &faults->list[faults->count];
        va_list arguments;
        va_start(arguments, format);
        format_text_va(fault->found, sizeof fault->found, format, arguments);
        va_end(arguments);
        memcpy(fault->structure, check->structure, sizeof fault->structure);
        fault->field = field;
        fault->offset = check->at + (uint32_t)offset;
        fault->allowed = allowed;
    }
    faults->count++;
    return false;
}

void handoff_fault_text(const struct handoff_faults *faults, unsigned index, char *to, size_t size)
{
    const struct handoff_fault *fault = &faults->list[index];
    format_text(to, size, "%s, %s: %s at %02xh is %s; allowed: %s", faults->table, fault->structure, fault->field,
                (unsigned)fault->offset, fault->found, fault->allowed);
}

enum status handoff_fail(const struct handoff_faults *faults)
{
    char text[160];
    handoff_fault_text(faults, 0, text, sizeof text);
    return fail(E_HANDOFF_INVALID, "%s", text);
}

bool check_number(struct check *check, const char *field, size_t offset, uint32_t value, uint32_t least, uint32_t most,
                  const char *allowed)
{
    return (value >= least && value <= most) || check_fault(check, field, offset, allowed, "%u", (unsigned)value);
}

bool check_zeros(struct check *check, const char *field, size_t offset, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return check_fault(check, field, offset + i, "0", "%02xh", bytes[i]);
    return true;
}

bool check_flags(struct check *check, size_t offset, uint32_t flags, uint32_t known)
{
    return !(flags & ~known) || check_fault(check, "flags", offset, "the flags that are defined", "%02xh", (unsigned)flags);
}

/* ---- addresses ---- */

const uint8_t handoff_no_address[16];
static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

bool handoff_is_ipv4(const uint8_t address[16])
{
    return !memcmp(address, mapped, sizeof mapped);
}

bool handoff_is_none(const uint8_t address[16])
{
    return !memcmp(address, handoff_no_address, 16) || (handoff_is_ipv4(address) && !memcmp(address + 12, handoff_no_address, 4));
}

static void format_address(char *text, const uint8_t address[16])
{
    if (handoff_is_ipv4(address))
        format_ipv4(text, address + 12);
    else
        format_ipv6(text, address);
}

/* ::/96 is the form that RFC 4291 (2.5.5.1) has given up: what is found of it is an IPv4 address that lacks its ffff. */
bool handoff_is_host(const uint8_t address[16])
{
    if (handoff_is_ipv4(address))
        return address[12] != 0 && address[12] != 127 && address[12] < 224;
    return memcmp(address, handoff_no_address, 12) && address[0] != 0xFF;
}

bool check_address(struct check *check, const char *field, size_t offset, const uint8_t address[16], enum check_address kind)
{
    char text[FORMAT_ADDRESS_SIZE];
    if (handoff_is_host(address) || (kind == ADDRESS_OR_NONE && handoff_is_none(address)))
        return true;
    format_address(text, address);
    return check_fault(check, field, offset, kind == ADDRESS_NEEDED ? "a unicast address" : "a unicast address, or none", "%s",
                       text);
}

bool check_same_version(struct check *check, const char *field, size_t offset, const uint8_t address[16], const uint8_t other[16])
{
    char text[FORMAT_ADDRESS_SIZE];
    if (handoff_is_none(address) || handoff_is_ipv4(address) == handoff_is_ipv4(other))
        return true;
    format_address(text, address);
    return check_fault(check, field, offset,
                       handoff_is_ipv4(other) ? "an IPv4 address, as the card has" : "an IPv6 address, as the card has", "%s",
                       text);
}

bool check_prefix(struct check *check, size_t offset, uint8_t prefix, const uint8_t address[16])
{
    bool ipv4 = handoff_is_ipv4(address);
    return check_number(check, "prefix length", offset, prefix, 0, ipv4 ? 32 : 128, ipv4 ? "0 to 32" : "0 to 128");
}

bool check_mac(struct check *check, const char *field, size_t offset, const uint8_t mac[6])
{
    if (!(mac[0] & 1) && memcmp(mac, handoff_no_address, 6))
        return true;
    return check_fault(check, field, offset, "a card's own address: no group, not all zero", "%02x:%02x:%02x:%02x:%02x:%02x",
                       mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* ---- strings ---- */

static bool string_is_sound(struct check *check, const char *field, size_t offset, const char *text, uint32_t length,
                            enum check_text kind)
{
    size_t wrong = 0;
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte == 0)
            return check_fault(check, field, offset, "a string without a zero byte", "one with a zero byte as its %u.",
                               (unsigned)i + 1);
        if (kind == TEXT_PRINTABLE && (byte < ' ' || byte == 0x7F))
            return check_fault(check, field, offset, "printable characters", "a string with %02xh as its %u. byte", byte,
                               (unsigned)i + 1);
    }
    if (kind == TEXT_ISCSI_NAME && iscsi_name_error(text, length, &wrong))
        return check_fault(check, field, offset, "a name without blanks and control characters", "wrong from its %u. byte on",
                           (unsigned)wrong + 1);
    return true;
}

const char *check_string(struct check *check, const char *field, size_t offset, const struct text_place *place,
                         enum check_text kind)
{
    uint32_t most = kind == TEXT_ISCSI_NAME ? ISCSI_NAME_MAX : HANDOFF_TEXT_MAX;
    if (place->length == 0)
        return "";
    if (!check_number(check, field, offset, place->length, 0, most,
                      kind == TEXT_ISCSI_NAME ? "a string of at most 223 bytes" : "a string of at most 255 bytes"))
        return "";
    if (place->start < place->low || place->start >= place->high || place->length >= place->high - place->start) {
        check_fault(check, field, offset, "a place for strings inside the table", "%u bytes at %u", (unsigned)place->length,
                    (unsigned)place->start);
        return "";
    }
    const char *text = (const char *)check->bytes + place->start;
    if (text[place->length]) {
        if (kind == TEXT_SECRET) /* what is there may be of it */
            check_fault(check, field, offset, "a NUL behind the string", "another byte");
        else
            check_fault(check, field, offset, "a NUL behind the string", "%02xh", (uint8_t)text[place->length]);
        return "";
    }
    return string_is_sound(check, field, offset, text, place->length, kind) ? text : "";
}
