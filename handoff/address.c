/* SPDX-License-Identifier: BSD-2-Clause */
/* What kind of address the 16 bytes of a table hold. */
#include <string.h>

#include "handoff/handoff.h"
#include "platform/bytes.h"

#define IPV4_OFFSET         12 /* in ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2) */
#define IPV4_LOOPBACK       127
#define IPV4_FIRST_NO_HOST  224  /* multicast, reserved, broadcast: 224.0.0.0 and above */
#define IPV6_MULTICAST_BYTE 0xFF /* the first of FF00::/8 */

static const uint8_t mapped_prefix[IPV4_OFFSET] = {[10] = 0xFF, [11] = 0xFF};

bool handoff_address_is_ipv4(const uint8_t address[16])
{
    return !memcmp(address, mapped_prefix, sizeof mapped_prefix);
}

const uint8_t *handoff_address_ipv4(const uint8_t address[16])
{
    return address + IPV4_OFFSET;
}

bool handoff_address_is_none(const uint8_t address[16])
{
    return handoff_address_is_ipv4(address) ? bytes_are_zero(handoff_address_ipv4(address), 4) : bytes_are_zero(address, 16);
}

/* ::/96 is the form that RFC 4291 (2.5.5.1) has given up: what is found of it is an IPv4 address that lacks its ffff. */
bool handoff_address_is_host(const uint8_t address[16])
{
    if (!handoff_address_is_ipv4(address))
        return !bytes_are_zero(address, IPV4_OFFSET) && address[0] != IPV6_MULTICAST_BYTE;

    uint8_t first = handoff_address_ipv4(address)[0];
    return first != 0 && first != IPV4_LOOPBACK && first < IPV4_FIRST_NO_HOST;
}
