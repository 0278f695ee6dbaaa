/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a DHCP message (RFC 2131 section 2, options of RFC 2132): a pure parser over a bounded buffer. Options are looked for
 * in the options field, then, when option 52 says so, in `file` and `sname`; parts of an option given repeatedly are joined (RFC
 * 3396). The table of options is net/dhcp_options.def.
 */
#ifndef SANSTRAP_DHCP_OPTIONS_H
#define SANSTRAP_DHCP_OPTIONS_H

#include "net/net.h"

/* Where the fixed part of a message has its fields (RFC 2131 section 2). */
#define DHCP_AT_OP         0
#define DHCP_AT_HTYPE      1
#define DHCP_AT_HLEN       2
#define DHCP_AT_YIADDR     16 /* the client's address */
#define DHCP_AT_CHADDR     28 /* the client's MAC address */
#define DHCP_AT_SNAME      44
#define DHCP_AT_FILE       108
#define DHCP_AT_COOKIE     236
#define DHCP_OPTIONS_START 240 /* first byte after the magic cookie */

enum dhcp_option {
#define DHCP_OPTION(name, code, asked, used_by) DHCP_##name = code,
#include "net/dhcp_options.def"
#undef DHCP_OPTION
};

/* Sub-options of option 175, as iPXE's documentation numbers them (ipxe.org/howto/dhcpd, ipxe.org/cfg). */
enum dhcp_ipxe_option {
    IPXE_SAN_DRIVE = 189,
    IPXE_USERNAME = 190,
    IPXE_PASSWORD = 191,
    IPXE_REVERSE_USERNAME = 192,
    IPXE_REVERSE_PASSWORD = 193,
};

#define DHCP_TYPE_ACK 5 /* of option 53 */

/* A message that was looked over. Points into the caller's bytes. */
struct dhcp_message {
    const uint8_t *bytes;
    size_t length;
    uint8_t overload; /* option 52: 1 file, 2 sname, 3 both */
};

/*
 * Checks op (a reply), hardware type (Ethernet), magic cookie and that every option lies within its field. Returns NULL when the
 * message is good, else in words what is wrong with it.
 */
const char *dhcp_message_open(struct dhcp_message *message, const uint8_t *bytes, size_t length);

/*
 * Joins option `code` into `to`. Returns its whole length, which may exceed `size` (then only `size` bytes were stored), or -1
 * when the message does not hold it.
 */
int dhcp_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size);

/* The same for an option encapsulated in option 175, whose parts are joined first. */
int dhcp_ipxe_option_get(const struct dhcp_message *message, uint8_t code, uint8_t *to, size_t size);

/*
 * What an acknowledgement, of our own exchange or the boot ROM's, says of addresses, and a copy of it, which lease->message must
 * have room for. A netmask that is not given is that of the address's class (RFC 2132 section 3.3 leaves it to the client); a
 * router outside the network, which could never be reached, is left out, and so is an MTU of less than 576 bytes. Without a lease
 * time it is for ever.
 */
void net_lease_read(struct net_lease *lease, const struct dhcp_message *message);

#endif
