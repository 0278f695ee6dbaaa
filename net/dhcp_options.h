/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a DHCP message (RFC 2131 section 2, options of RFC 2132): a tolerant parser over a bounded buffer. Options are looked
 * for in the options field, then, when option 52 says so, in `file` and `sname`; parts of an option given repeatedly are joined
 * (RFC 3396), but of one of fixed size the first of that size counts, and what is the same again, or another root path, is no
 * part. What cannot be read is left out, and never the message with it. The table of options, with the lengths that are allowed,
 * is net/dhcp_options.def.
 */
#ifndef SANSTRAP_DHCP_OPTIONS_H
#define SANSTRAP_DHCP_OPTIONS_H

#include "net/net.h"

/* Where the fixed part of a message has its fields (RFC 2131 section 2). */
#define DHCP_AT_OP         0
#define DHCP_AT_HTYPE      1
#define DHCP_AT_HLEN       2
#define DHCP_AT_XID        4  /* transaction number */
#define DHCP_AT_SECS       8  /* seconds since the client began */
#define DHCP_AT_CIADDR     12 /* the client's address in what it sends, when it may use it */
#define DHCP_AT_YIADDR     16 /* the client's address */
#define DHCP_AT_SIADDR     20 /* the server that has the boot file */
#define DHCP_AT_CHADDR     28 /* the client's MAC address */
#define DHCP_AT_SNAME      44
#define DHCP_AT_FILE       108
#define DHCP_AT_COOKIE     236
#define DHCP_OPTIONS_START 240 /* first byte after the magic cookie */

enum dhcp_option {
#define DHCP_OPTION(name, code, asked, used_by, allowed) DHCP_##name = code,
#include "net/dhcp_options.def"
#undef DHCP_OPTION
};

/* Sub-options of option 175, as iPXE's documentation numbers them (ipxe.org/howto/dhcpd, ipxe.org/cfg). */
enum dhcp_ipxe_option {
    IPXE_KEEP_SAN = 8,
    IPXE_SKIP_SAN_BOOT = 9,
    IPXE_SAN_FILENAME = 188,
    IPXE_SAN_DRIVE = 189,
    IPXE_USERNAME = 190,
    IPXE_PASSWORD = 191,
    IPXE_REVERSE_USERNAME = 192,
    IPXE_REVERSE_PASSWORD = 193,
};

/* Of option 53 (RFC 2132 section 9.6). */
enum dhcp_type {
    DHCP_TYPE_DISCOVER = 1,
    DHCP_TYPE_OFFER = 2,
    DHCP_TYPE_REQUEST = 3,
    DHCP_TYPE_DECLINE = 4,
    DHCP_TYPE_ACK = 5,
    DHCP_TYPE_NAK = 6,
};

/* A message that was looked over. Points into the caller's bytes. */
struct dhcp_message {
    const uint8_t *bytes;
    size_t length;
    uint8_t overload;                 /* option 52: 1 file, 2 sname, 3 both */
    const struct dhcp_message *proxy; /* another answer, whose options for settings go before; NULL: none */
};

/*
 * Checks op (a reply), hardware type (Ethernet) and magic cookie. Returns NULL when the message can be read, else in words what
 * is wrong with it. Where an option exceeds its field, it and what would follow in that field are not there.
 */
const char *dhcp_message_open(struct dhcp_message *message, const uint8_t *bytes, size_t length);

/* The same for what a client has sent. */
const char *dhcp_request_open(struct dhcp_message *message, const uint8_t *bytes, size_t length);

/*
 * Joins option `code` into `to`. Returns its whole length, which may exceed `size` (then only `size` bytes were stored), or -1
 * when the message does not hold it in a length that the table allows. Of a list that is not of whole entries the last piece is
 * not there.
 */
int dhcp_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size);

/* Says in the log, one warning for each, which options of the table are left out for their length or as they exceed their field.
 */
void dhcp_message_warn(const struct dhcp_message *message);

/* As dhcp_option_get(), of an option in option 175, whose parts are joined first. The proxy's go before one by one. */
int dhcp_ipxe_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size);

/*
 * What an answer of a server says of addresses. A netmask that is not given, or is none, is that of the address's class (RFC 2132
 * section 3.3 leaves it to the client); a router that is none is left out, and so is an MTU of less than 576 bytes. Routes
 * (option 121) replace the router. With `say` the log gets a warning for each.
 */
void net_lease_addresses(struct net_ipv4 *ipv4, const struct dhcp_message *message, bool say);

/*
 * The same of an acknowledgement, of our own exchange or the boot ROM's, with a copy of it, which lease->message must have room
 * for, and a warning in the log for whatever of it is left out. Without a lease time it is for ever.
 */
void net_lease_read(struct net_lease *lease, const struct dhcp_message *message);

/*
 * When, in seconds after the acknowledgement, a lease is to be renewed by the server that gave it, by any, and is over (RFC 2131
 * 4.4.5). In rising order; DHCP_FOR_EVER three times when it never ends.
 */
#define DHCP_FOR_EVER 0xFFFFFFFFu
struct dhcp_times {
    uint32_t renew, rebind, expire;
};
struct dhcp_times net_lease_times(const struct dhcp_message *message);

#endif
