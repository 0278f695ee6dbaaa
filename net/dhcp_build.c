/* SPDX-License-Identifier: BSD-2-Clause */
/* What a DHCP client sends. Option 175 is asked for and never sent: servers take who sends it for iPXE. */
#include "net/dhcp_build.h"

#include <string.h>

#include "platform/bytes.h"
#include "platform/format.h"

#define OP_REQUEST       1
#define HTYPE_ETHERNET   1
#define ID_ETHERNET      1   /* the type byte of a client identifier that is a MAC address (RFC 2132 section 9.14) */
#define LENGTH_MIN       300 /* RFC 1542 2.1 and RFC 951: relays and old servers drop what is shorter */
#define OPTION_END       255
#define PXE_CLASS_LENGTH 32

static const uint8_t request_list[] = {
#define ASKED(code) code,
#define UNASKED(code)
#define DHCP_OPTION(name, code, asked, used_by, allowed) asked(code)
#include "net/dhcp_options.def"
#undef DHCP_OPTION
#undef ASKED
#undef UNASKED
};

struct message {
    uint8_t *bytes;
    unsigned length;
};

static void put_option(struct message *message, enum dhcp_option code, const void *value, size_t size)
{
    if (size > 255 || message->length + 2u + size + 1u > DHCP_SENT_MAX)
        return; /* the end mark needs one byte */
    message->bytes[message->length++] = (uint8_t)code;
    message->bytes[message->length++] = (uint8_t)size;
    memcpy(message->bytes + message->length, value, size);
    message->length += (unsigned)size;
}

static void put_header(struct message *message, const struct dhcp_draft *draft)
{
    static const uint8_t cookie[4] = {99, 130, 83, 99};
    uint8_t *bytes = message->bytes;

    memset(bytes, 0, DHCP_SENT_MAX);
    bytes[DHCP_AT_OP] = OP_REQUEST;
    bytes[DHCP_AT_HTYPE] = HTYPE_ETHERNET;
    bytes[DHCP_AT_HLEN] = NIC_MAC_LENGTH;
    memcpy(bytes + DHCP_AT_XID, draft->xid, 4);
    put_be16(bytes + DHCP_AT_SECS, draft->seconds);
    if (draft->in_use)
        memcpy(bytes + DHCP_AT_CIADDR, draft->in_use, 4);
    memcpy(bytes + DHCP_AT_CHADDR, draft->mac, NIC_MAC_LENGTH);
    memcpy(bytes + DHCP_AT_COOKIE, cookie, sizeof cookie);
    message->length = DHCP_OPTIONS_START;
}

static void put_client_id(struct message *message, const struct dhcp_draft *draft)
{
    const struct net_dhcp_request *request = draft->request;
    uint8_t mac_id[1 + NIC_MAC_LENGTH] = {ID_ETHERNET};

    memcpy(mac_id + 1, draft->mac, NIC_MAC_LENGTH);
    if (!request->client_id)
        put_option(message, DHCP_CLIENT_ID, mac_id, sizeof mac_id);
    else if (request->client_id_length)
        put_option(message, DHCP_CLIENT_ID, request->client_id, request->client_id_length);
}

/*
 * What a PXE client says of its machine (RFC 4578): servers are set up to answer nobody else. A user class is sent bare, as iPXE
 * does, since servers compare it with a text, not with RFC 3004's list.
 */
static void put_machine(struct message *message, const struct net_dhcp_request *request)
{
    static const uint8_t undi_2_1[] = {1, 2, 1}; /* section 2.2, as every PXE client says */
    uint8_t architecture[2], uuid[1 + sizeof request->uuid] = {0 /* its type: a GUID */};

    char class[PXE_CLASS_LENGTH + 1];
    format_text(class, sizeof class, "PXEClient:Arch:%05u:UNDI:002001", request->architecture);
    put_option(message, DHCP_VENDOR_CLASS, class, PXE_CLASS_LENGTH);
    if (request->user_class)
        put_option(message, DHCP_USER_CLASS, request->user_class, strlen(request->user_class));

    put_be16(architecture, request->architecture);
    put_option(message, DHCP_ARCHITECTURE, architecture, sizeof architecture);
    put_option(message, DHCP_INTERFACE, undi_2_1, sizeof undi_2_1);

    memcpy(uuid + 1, request->uuid, sizeof request->uuid);
    if (!bytes_are_zero(request->uuid, sizeof request->uuid))
        put_option(message, DHCP_UUID, uuid, sizeof uuid);
}

/* What DISCOVER and REQUEST say, and a refusal must not. */
static void put_wishes(struct message *message, const struct dhcp_draft *draft)
{
    uint8_t size[2];
    put_be16(size, draft->message_size);
    put_option(message, DHCP_MESSAGE_SIZE, size, sizeof size);
    if (draft->hostname[0])
        put_option(message, DHCP_HOST_NAME, draft->hostname, strlen(draft->hostname));
    put_option(message, DHCP_REQUEST_LIST, request_list, sizeof request_list);
    if (draft->type == DHCP_TYPE_DISCOVER)
        put_option(message, DHCP_RAPID_COMMIT, "", 0);
    put_machine(message, draft->request);
}

unsigned net_dhcp_build(uint8_t bytes[DHCP_SENT_MAX], const struct dhcp_draft *draft)
{
    struct message message = {.bytes = bytes};
    uint8_t type = (uint8_t)draft->type;

    put_header(&message, draft);
    put_option(&message, DHCP_MESSAGE_TYPE, &type, sizeof type);
    put_client_id(&message, draft);
    if (draft->requested)
        put_option(&message, DHCP_REQUESTED_ADDRESS, draft->requested, 4);
    if (draft->server)
        put_option(&message, DHCP_SERVER_ID, draft->server, 4);
    if (draft->type != DHCP_TYPE_DECLINE)
        put_wishes(&message, draft);

    bytes[message.length++] = OPTION_END;
    return message.length < LENGTH_MIN ? LENGTH_MIN : message.length;
}
