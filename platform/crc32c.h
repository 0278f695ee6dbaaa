/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC32C (Castagnoli), iSCSI's digest: RFC 7143 section 13.1, RFC 3720 appendix B.4. */
#ifndef SANSTRAP_CRC32C_H
#define SANSTRAP_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Over `bytes`, going on from the `crc` of what came before (0 at the start). On the wire it stands little endian. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

/* The two ways to it, of which crc32c() takes the faster that this CPU has. */
bool crc32c_cpu_has_instruction(void);
uint32_t crc32c_by_instruction(uint32_t crc, const void *bytes, size_t length);
uint32_t crc32c_by_table(uint32_t crc, const void *bytes, size_t length);

#endif
