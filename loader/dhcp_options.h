/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a DHCP message (RFC 2131 section 2, options of RFC 2132): a pure parser over a bounded buffer. Options are looked for
 * in the options field, then, when option 52 says so, in `file` and `sname`; parts of an option given repeatedly are joined (RFC
 * 3396).
 */
#ifndef SANSTRAP_DHCP_OPTIONS_H
#define SANSTRAP_DHCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_OPTIONS_START 240 /* first byte after the magic cookie */

enum dhcp_option {
    DHCP_SUBNET_MASK = 1,
    DHCP_ROUTER = 3,
    DHCP_DNS = 6,
    DHCP_HOST_NAME = 12,
    DHCP_ROOT_PATH = 17,
    DHCP_MTU = 26,
    DHCP_LEASE_TIME = 51,
    DHCP_OVERLOAD = 52,
    DHCP_MESSAGE_TYPE = 53,
    DHCP_SERVER_ID = 54,
    DHCP_IPXE = 175,
    DHCP_INITIATOR_IQN = 203,
};

/* Sub-options of option 175, as iPXE's documentation numbers them (ipxe.org/howto/dhcpd, ipxe.org/cfg). */
enum dhcp_ipxe_option {
    IPXE_SAN_DRIVE = 189,
    IPXE_USERNAME = 190,
    IPXE_PASSWORD = 191,
    IPXE_REVERSE_USERNAME = 192,
    IPXE_REVERSE_PASSWORD = 193,
};

#define DHCP_ACK 5

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

#endif
