/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields and options of a DHCP message. */
#include "net/dhcp_options.h"

#include <string.h>

#include "platform/format.h"

#define OP_REQUEST     1
#define OP_REPLY       2
#define HTYPE_ETHERNET 1
#define SNAME_LENGTH   64
#define FILE_LENGTH    128
#define OPTION_PAD     0
#define OPTION_END     255
#define OVERLOAD_FILE  1
#define OVERLOAD_SNAME 2

#define ENCAPSULATED_MAX 1024 /* of option 175 */
#define SCHEME           "iscsi:"

/* How long an option is: `size` bytes, or, of a list, any number of such pieces but none. 0: any length. And whose it is. */
struct allowed {
    uint8_t code, size;
    bool list;
    bool by_proxy;
    const char *name;
};

static const struct allowed known[] = {
#define EXACTLY(n)                                       n, false
#define LIST_OF(n)                                       n, true
#define ANY                                              0, false
#define LEASE                                            false
#define SETTING                                          true
#define MESSAGE                                          false
#define SENT                                             false
#define NOBODY                                           false
#define FILE                                             false
#define DHCP_OPTION(name, code, asked, used_by, allowed) {code, allowed, used_by, #name},
#include "net/dhcp_options.def"
#undef DHCP_OPTION
#undef LEASE
#undef SETTING
#undef MESSAGE
#undef SENT
#undef NOBODY
#undef FILE
#undef EXACTLY
#undef LIST_OF
#undef ANY
};

static const struct allowed any_length;

/* An option where it lies. */
struct option {
    uint8_t code, length;
    const uint8_t *value;
};

/* Where the next option is looked for. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool broken; /* an option exceeds its field: */
    uint8_t broken_code;
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
        cursor->broken_code = cursor->at[0];
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

static const struct allowed *find_allowed(uint8_t code)
{
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == code)
            return &known[i];
    return &any_length;
}

static bool is_fixed(const struct allowed *allowed)
{
    return allowed->size && !allowed->list;
}

/* What was found of an option. */
struct found {
    int total; /* bytes; -1: none yet */
    struct option first;
};

static bool begins_root_path(const struct option *option)
{
    return option->code == DHCP_ROOT_PATH && option->length >= sizeof SCHEME - 1 &&
           !memcmp(option->value, SCHEME, sizeof SCHEME - 1);
}

/*
 * Servers give an option twice, too, from their own settings and from a relay's or a class's: what repeats the first part, or
 * begins another root path (`iscsi:`), is no part of it. What has a fixed size never is.
 */
static bool is_another(const struct option *option, const struct allowed *allowed, const struct found *found)
{
    const struct option *first = &found->first;
    return found->total >= 0 &&
           (is_fixed(allowed) || (option->length == first->length && !memcmp(option->value, first->value, first->length)) ||
            (begins_root_path(option) && begins_root_path(first)));
}

/* Joins what the field holds of option `code` to what was found before. */
static void collect(struct cursor *cursor, const struct allowed *allowed, uint8_t code, uint8_t *to, size_t size,
                    struct found *found)
{
    struct option option;
    while (next_option(cursor, &option)) {
        if (option.code != code || (is_fixed(allowed) && option.length != allowed->size) || is_another(&option, allowed, found))
            continue;
        if (found->total >= 0 && begins_root_path(&option))
            found->total = -1; /* before it stood another system's, as NFS's */
        if (found->total < 0)
            found->first = option;
        found->total = append(to, size, found->total, &option);
    }
}

int dhcp_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size)
{
    const struct allowed *allowed = find_allowed(code);
    if (message->proxy && allowed->by_proxy) {
        int length = dhcp_option_get(message->proxy, code, to, size);
        if (length >= 0)
            return length;
    }

    struct cursor cursor;
    struct found found = {.total = -1};
    for (unsigned i = 0; open_field(message, i, &cursor); i++)
        collect(&cursor, allowed, code, to, size, &found);
    if (!allowed->list)
        return found.total;
    return found.total < allowed->size ? -1 : found.total - found.total % allowed->size;
}

/* Option 175, its parts joined in `bytes`; nothing when there is none. */
static struct cursor open_encapsulated(const struct dhcp_message *message, uint8_t bytes[ENCAPSULATED_MAX])
{
    int length = dhcp_option_get(message, DHCP_IPXE, bytes, ENCAPSULATED_MAX);
    return (struct cursor){.at = bytes, .left = length < 0 ? 0 : length > ENCAPSULATED_MAX ? ENCAPSULATED_MAX : (size_t)length};
}

int dhcp_ipxe_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size)
{
    if (message->proxy) {
        int length = dhcp_ipxe_option_get(message->proxy, code, to, size);
        if (length >= 0)
            return length;
    }

    uint8_t bytes[ENCAPSULATED_MAX];
    struct dhcp_message alone = *message;
    alone.proxy = NULL;
    struct cursor cursor = open_encapsulated(&alone, bytes);
    struct found found = {.total = -1};
    collect(&cursor, &any_length, code, to, size, &found);
    return found.total;
}

static const char *open_message(struct dhcp_message *message, const uint8_t *bytes, size_t length)
{
    static const uint8_t cookie[4] = {99, 130, 83, 99};
    if (length < DHCP_OPTIONS_START)
        return "it is shorter than 240 bytes";
    if (bytes[DHCP_AT_HTYPE] != HTYPE_ETHERNET || bytes[DHCP_AT_HLEN] != NIC_MAC_LENGTH)
        return "its hardware address is not an Ethernet one";
    if (memcmp(bytes + DHCP_AT_COOKIE, cookie, sizeof cookie))
        return "it lacks the magic cookie 63 82 53 63";

    *message = (struct dhcp_message){.bytes = bytes, .length = length};
    uint8_t overload;
    if (dhcp_option_get(message, DHCP_OVERLOAD, &overload, 1) == 1 && overload <= (OVERLOAD_FILE | OVERLOAD_SNAME))
        message->overload = overload;
    return NULL;
}

const char *dhcp_message_open(struct dhcp_message *message, const uint8_t *bytes, size_t length)
{
    return length && bytes[DHCP_AT_OP] != OP_REPLY ? "its op field is not 2 (reply)" : open_message(message, bytes, length);
}

const char *dhcp_request_open(struct dhcp_message *message, const uint8_t *bytes, size_t length)
{
    return length && bytes[DHCP_AT_OP] != OP_REQUEST ? "its op field is not 1 (request)" : open_message(message, bytes, length);
}

/* ---- what was left out ---- */

static void warn_of_length(const struct allowed *allowed, unsigned length)
{
    log_printf(LOG_WARNING, "DHCP: option %u (%s) has %u bytes, %s%u wanted: left out", allowed->code, allowed->name, length,
               allowed->list ? "a multiple of " : "", allowed->size);
}

/* Lists may come in parts, whose lengths mean nothing. */
static void warn_of_list(const struct dhcp_message *message, const struct allowed *allowed)
{
    struct cursor cursor;
    struct found found = {.total = -1};
    for (unsigned i = 0; open_field(message, i, &cursor); i++)
        collect(&cursor, allowed, allowed->code, NULL, 0, &found);
    if (found.total >= 0 && (found.total == 0 || found.total % allowed->size != 0))
        warn_of_length(allowed, (unsigned)found.total);
}

static void warn_of_field(struct cursor *cursor)
{
    struct option option;
    while (next_option(cursor, &option)) {
        const struct allowed *allowed = find_allowed(option.code);
        if (is_fixed(allowed) && option.length != allowed->size)
            warn_of_length(allowed, option.length);
        else if (option.code == DHCP_OVERLOAD && option.value[0] > (OVERLOAD_FILE | OVERLOAD_SNAME))
            log_printf(LOG_WARNING, "DHCP: option 52 (OVERLOAD) is %u, at most 3 wanted: left out", option.value[0]);
    }
    if (cursor->broken)
        log_printf(LOG_WARNING, "DHCP: option %u exceeds the field that it lies in: it and what follows are left out",
                   cursor->broken_code);
}

static void warn_of_encapsulated(const struct dhcp_message *message)
{
    uint8_t bytes[ENCAPSULATED_MAX];
    struct cursor cursor = open_encapsulated(message, bytes);
    struct option option;
    while (next_option(&cursor, &option))
        ;
    if (cursor.broken)
        log_printf(LOG_WARNING, "DHCP: option 175.%u exceeds its option: it and what follows are left out", cursor.broken_code);
}

void dhcp_message_warn(const struct dhcp_message *message)
{
    struct cursor cursor;
    for (unsigned i = 0; open_field(message, i, &cursor); i++)
        warn_of_field(&cursor);
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].list)
            warn_of_list(message, &known[i]);
    warn_of_encapsulated(message);
}
