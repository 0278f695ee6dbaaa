/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32, a bit at a time: for tables of some KiB, not for payload. */
#ifndef SANSTRAP_CRC32_H
#define SANSTRAP_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of IEEE 802.3 over `bytes`, going on from the `crc` of what came before (0 at the start). */
uint32_t crc32(uint32_t crc, const void *bytes, size_t length);

#endif
