/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether text is an iSCSI name, and if not, where it stops being one. */
#include "iscsi/name.h"

#include "iscsi/iscsi.h"
#include "platform/characters.h"

#define PREFIX_LENGTH   4 /* "iqn." and its like */
#define IQN_MONTH       9 /* where in "iqn.yyyy-mm." */
#define EUI_DIGITS      16
#define NAA_DIGITS_LONG 32

bool iscsi_is_authority_character(char character)
{
    char lower = lower_case(character);
    return (lower >= 'a' && lower <= 'z') || is_digit(lower) || lower == '-' || lower == '.';
}

/* RFC 3722 section 6 forbids ASCII's controls, space and most symbols. UTF-8's bytes are left to the target. */
static bool is_name_character(char character)
{
    return iscsi_is_authority_character(character) || character == ':' || character == '_' || (unsigned char)character >= 0x80;
}

static const char *iqn_error(const char *name, size_t length, size_t *wrong)
{
    static const char date[] = "0000-00.";
    size_t at = PREFIX_LENGTH;

    for (size_t i = 0; date[i]; i++, at++) {
        *wrong = at;
        if (at >= length || (date[i] == '0' ? !is_digit(name[at]) : name[at] != date[i]))
            return "after iqn. comes a date of the form yyyy-mm and a dot";
    }
    unsigned month = (unsigned)(name[IQN_MONTH] - '0') * 10 + (unsigned)(name[IQN_MONTH + 1] - '0');
    *wrong = IQN_MONTH;
    if (month < 1 || month > 12)
        return "the month of an iqn. name is 01 to 12";

    *wrong = at;
    if (at >= length || name[at] == ':' || name[at] == '.')
        return "the naming authority (a reversed domain) is missing";
    for (; at < length && name[at] != ':'; at++) {
        *wrong = at;
        if (!iscsi_is_authority_character(name[at]))
            return "the naming authority has letters, digits, dots and dashes";
    }

    for (; at < length; at++) {
        *wrong = at;
        if (!is_name_character(name[at]))
            return "this character is not allowed in an iSCSI name";
    }
    return NULL;
}

static const char *hex_name_error(const char *name, size_t length, size_t *wrong, bool long_form)
{
    for (size_t at = PREFIX_LENGTH; at < length; at++) {
        *wrong = at;
        if (hex_digit(name[at]) < 0)
            return "a hexadecimal digit is due here";
    }

    *wrong = length;
    if (length == PREFIX_LENGTH + EUI_DIGITS || (long_form && length == PREFIX_LENGTH + NAA_DIGITS_LONG))
        return NULL;
    return long_form ? "a naa. name has 16 or 32 hexadecimal digits" : "an eui. name has 16 hexadecimal digits";
}

/* `prefix` in lower case. */
static bool has_type(const char *name, size_t length, const char *prefix)
{
    for (size_t i = 0; i < PREFIX_LENGTH; i++)
        if (i >= length || lower_case(name[i]) != prefix[i])
            return false;
    return true;
}

const char *iscsi_name_error(const char *name, size_t length, size_t *wrong)
{
    *wrong = 0;
    if (length > ISCSI_NAME_MAX) {
        *wrong = ISCSI_NAME_MAX;
        return "an iSCSI name has at most 223 bytes";
    }
    if (has_type(name, length, "iqn."))
        return iqn_error(name, length, wrong);
    if (has_type(name, length, "eui."))
        return hex_name_error(name, length, wrong, false);
    if (has_type(name, length, "naa."))
        return hex_name_error(name, length, wrong, true);
    return "an iSCSI name begins with iqn., eui. or naa.";
}
