/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields and options of a DHCP message. */
#include "net/dhcp_options.h"

#include <string.h>

#define OP_REPLY       2
#define HTYPE_ETHERNET 1
#define SNAME_LENGTH   64
#define FILE_LENGTH    128
#define OPTION_PAD     0
#define OPTION_END     255
#define OVERLOAD_FILE  1
#define OVERLOAD_SNAME 2

/* An option where it lies. */
struct option {
    uint8_t code, length;
    const uint8_t *value;
};

/* Where the next option is looked for. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool broken; /* an option exceeds its field */
};

static bool next_option(struct cursor *cursor, struct option *option)
{
    while (cursor->left && *cursor->at == OPTION_PAD) {
        cursor->at++;
        cursor->left--;
    }

    if (!cursor->left || *cursor->at == OPTION_END)
        return false;
    if (cursor->left < 2 || cursor->at[1] > cursor->left - 2) {
        cursor->broken = true;
        return false;
    }

    *option = (struct option){.code = cursor->at[0], .length = cursor->at[1], .value = cursor->at + 2};
    cursor->at += 2 + option->length;
    cursor->left -= 2u + option->length;
    return true;
}

/* The `index`-th field, in the order that RFC 3396 section 5 joins them: options, file, sname. False behind the last. */
static bool open_field(const struct dhcp_message *message, unsigned index, struct cursor *cursor)
{
    const struct cursor fields[] = {
        {.at = message->bytes + DHCP_OPTIONS_START, .left = message->length - DHCP_OPTIONS_START},
        {.at = message->bytes + DHCP_AT_FILE, .left = message->overload & OVERLOAD_FILE ? FILE_LENGTH : 0},
        {.at = message->bytes + DHCP_AT_SNAME, .left = message->overload & OVERLOAD_SNAME ? SNAME_LENGTH : 0},
    };
    if (index >= sizeof fields / sizeof fields[0])
        return false;
    *cursor = fields[index];
    return true;
}

static int append(uint8_t *to, size_t size, int total, const struct option *option)
{
    size_t stored = total < 0 ? 0 : (size_t)total;
    if (stored < size) {
        size_t room = size - stored;
        memcpy(to + stored, option->value, option->length < room ? option->length : room);
    }
    return (int)(stored + option->length);
}

/* Joins what the field holds of option `code` to the `total` bytes found before; -1: none yet. */
static int collect(struct cursor *cursor, uint8_t code, uint8_t *to, size_t size, int total)
{
    struct option option;
    while (next_option(cursor, &option))
        if (option.code == code)
            total = append(to, size, total, &option);
    return total;
}

int dhcp_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size)
{
    struct cursor cursor;
    int total = -1;
    for (unsigned i = 0; open_field(message, i, &cursor); i++)
        total = collect(&cursor, code, to, size, total);
    return total;
}

int dhcp_ipxe_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size)
{
    uint8_t encapsulated[1024];
    int length = dhcp_option_get(message, DHCP_IPXE, encapsulated, sizeof encapsulated);
    if (length < 0)
        return -1;

    struct cursor cursor = {.at = encapsulated, .left = (size_t)length};
    if (cursor.left > sizeof encapsulated)
        cursor.left = sizeof encapsulated;
    return collect(&cursor, code, to, size, -1);
}

const char *dhcp_message_open(struct dhcp_message *message, const uint8_t *bytes, size_t length)
{
    static const uint8_t cookie[4] = {99, 130, 83, 99};
    if (length < DHCP_OPTIONS_START)
        return "it is shorter than 240 bytes";
    if (bytes[DHCP_AT_OP] != OP_REPLY)
        return "its op field is not 2 (reply)";
    if (bytes[DHCP_AT_HTYPE] != HTYPE_ETHERNET || bytes[DHCP_AT_HLEN] != NIC_MAC_LENGTH)
        return "its hardware address is not an Ethernet one";
    if (memcmp(bytes + DHCP_AT_COOKIE, cookie, sizeof cookie))
        return "it lacks the magic cookie 63 82 53 63";

    *message = (struct dhcp_message){.bytes = bytes, .length = length};
    uint8_t overload;
    if (dhcp_option_get(message, DHCP_OVERLOAD, &overload, 1) == 1)
        message->overload = overload & (OVERLOAD_FILE | OVERLOAD_SNAME);

    struct cursor cursor;
    for (unsigned i = 0; open_field(message, i, &cursor); i++) {
        struct option option;
        while (next_option(&cursor, &option))
            ;
        if (cursor.broken)
            return "an option exceeds the field that it lies in";
    }
    return NULL;
}
