/* SPDX-License-Identifier: BSD-2-Clause */
/* What a DHCPv6 message says of the boot file (RFC 5970, 3.1). */
#ifndef SANSTRAP_DHCP6_BOOT_FILE_H
#define SANSTRAP_DHCP6_BOOT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads option 59, tftp://[<IPv6 address>]/<path>, perhaps with ;mode=… behind it: writes the address, in network byte order, and
 * the path without its first slash, with its NUL. `message` has `size` bytes or fewer options than that. False, and the results
 * of no use, when it holds none, one of another kind, or a path longer than `room`.
 */
bool dhcp6_boot_file(const uint8_t *message, size_t size, uint8_t server[16], char *path, size_t room);

#endif
