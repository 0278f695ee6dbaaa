/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of single fields, which the readers of both tables are made of, and the faults that they record. */
#include "handoff/field_check.h"

#include <stdarg.h>
#include <string.h>

#include "iscsi/iscsi.h"
#include "iscsi/name.h"
#include "platform/bytes.h"
#include "platform/format.h"

/* ---- faults ---- */

void check_begin(struct check *check, const char *table, const uint8_t *bytes, size_t size, struct handoff_faults *faults)
{
    *check = (struct check){.bytes = bytes, .length = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX, .faults = faults};
    faults->table = table;
    faults->count = 0;
    check_enter_structure(check, 0, "header", CHECK_NOT_NUMBERED);
}

void check_enter_structure(struct check *check, uint32_t at, const char *name, int index)
{
    check->at = at;
    if (index == CHECK_NOT_NUMBERED)
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
    check->grave++;
    return false;
}

void handoff_fault_text(const struct handoff_faults *faults, unsigned index, char *to, size_t size)
{
    const struct handoff_fault *fault = &faults->list[index];
    format_text(to, size, "%s, %s: %s at %02xh is %s; allowed: %s", faults->table, fault->structure, fault->field,
                (unsigned)fault->offset, fault->found, fault->allowed);
}

/* ---- numbers ---- */

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

static void format_address(char *text, const uint8_t address[16])
{
    if (handoff_address_is_ipv4(address))
        format_ipv4(text, handoff_address_ipv4(address));
    else
        format_ipv6(text, address);
}

bool check_address(struct check *check, const char *field, size_t offset, const uint8_t address[16], enum check_address kind)
{
    if (handoff_address_is_host(address) || (kind == ADDRESS_OR_NONE && handoff_address_is_none(address)))
        return true;

    char text[FORMAT_ADDRESS_SIZE];
    format_address(text, address);
    return check_fault(check, field, offset, kind == ADDRESS_NEEDED ? "a unicast address" : "a unicast address, or none", "%s",
                       text);
}

bool check_same_version(struct check *check, const char *field, size_t offset, const uint8_t address[16], const uint8_t other[16])
{
    bool ipv4 = handoff_address_is_ipv4(other);
    if (handoff_address_is_none(address) || handoff_address_is_ipv4(address) == ipv4)
        return true;

    char text[FORMAT_ADDRESS_SIZE];
    format_address(text, address);
    return check_fault(check, field, offset, ipv4 ? "an IPv4 address, as the card has" : "an IPv6 address, as the card has", "%s",
                       text);
}

bool check_prefix(struct check *check, size_t offset, uint8_t prefix, const uint8_t address[16])
{
    bool ipv4 = handoff_address_is_ipv4(address);
    return check_number(check, "prefix length", offset, prefix, 0, ipv4 ? 32 : 128, ipv4 ? "0 to 32" : "0 to 128");
}

bool check_mac(struct check *check, const char *field, size_t offset, const uint8_t mac[6])
{
    bool is_group = mac[0] & 1;
    if (!is_group && !bytes_are_zero(mac, 6))
        return true;
    return check_fault(check, field, offset, "a card's own address: no group, not all zero", "%02x:%02x:%02x:%02x:%02x:%02x",
                       mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* ---- strings ---- */

static bool check_characters(struct check *check, const char *field, size_t offset, const char *text, uint32_t length,
                             enum check_text kind)
{
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte == 0)
            return check_fault(check, field, offset, "a string without a zero byte", "one with a zero byte as its %u.",
                               (unsigned)i + 1);
        if (kind == TEXT_PRINTABLE && (byte < ' ' || byte == 0x7F))
            return check_fault(check, field, offset, "printable characters", "a string with %02xh as its %u. byte", byte,
                               (unsigned)i + 1);
    }

    size_t wrong = 0;
    if (kind == TEXT_ISCSI_NAME && iscsi_name_error(text, length, &wrong))
        return check_fault(check, field, offset, "a name without blanks and control characters", "wrong from its %u. byte on",
                           (unsigned)wrong + 1);
    return true;
}

const char *check_string(struct check *check, const char *field, size_t offset, const struct check_text_place *place,
                         enum check_text kind)
{
    if (place->length == 0)
        return "";

    bool is_name = kind == TEXT_ISCSI_NAME;
    if (!check_number(check, field, offset, place->length, 0, is_name ? ISCSI_NAME_MAX : HANDOFF_TEXT_MAX,
                      is_name ? "a string of at most 223 bytes" : "a string of at most 255 bytes"))
        return "";

    if (place->start < place->low || place->start >= place->high || place->length >= place->high - place->start) {
        check_fault(check, field, offset, "a place for strings inside the table", "%u bytes at %u", (unsigned)place->length,
                    (unsigned)place->start);
        return "";
    }

    const char *text = (const char *)check->bytes + place->start;
    if (text[place->length]) {
        if (kind == TEXT_SECRET) /* when the length is wrong, this is a byte of the secret */
            check_fault(check, field, offset, "a NUL behind the string", "another byte");
        else
            check_fault(check, field, offset, "a NUL behind the string", "%02xh", (uint8_t)text[place->length]);
        return "";
    }
    return check_characters(check, field, offset, text, place->length, kind) ? text : "";
}
