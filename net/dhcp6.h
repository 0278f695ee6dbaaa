/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCPv6 without addresses (RFC 8415 18.2.6): the messages. Private to net/; what it is for stands in net.h. */
#ifndef SANSTRAP_NET_DHCP6_H
#define SANSTRAP_NET_DHCP6_H

#include "net/net.h"

#define DHCP6_CLIENT_PORT  546
#define DHCP6_SERVER_PORT  547
#define DHCP6_REQUEST_SIZE 30

/* An Information-request for DNS servers. `number`: of the transaction, 24 bits. */
void dhcp6_write_request(uint8_t request[DHCP6_REQUEST_SIZE], uint32_t number, const uint8_t mac[NIC_MAC_LENGTH],
                         uint32_t elapsed_ms);

/* Reads a message as the Reply to it: how many DNS servers it names, at most NET_DNS_SERVERS; -1 when it is none or damaged. */
int dhcp6_read_reply(const uint8_t *message, unsigned length, const uint8_t request[DHCP6_REQUEST_SIZE],
                     uint8_t dns[NET_DNS_SERVERS][16]);

#endif
