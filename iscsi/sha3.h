/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA3-256 (FIPS 202), which BearSSL's release does not have. */
#ifndef SANSTRAP_ISCSI_SHA3_H
#define SANSTRAP_ISCSI_SHA3_H

#include <stddef.h>
#include <stdint.h>

#define SHA3_256_LENGTH 32

struct sha3 {
    uint64_t lanes[25];
    unsigned at; /* where in the rate the next byte goes */
};

/* All zero is a fresh one. */
void sha3_256_update(struct sha3 *sha3, const void *bytes, size_t length);
/* Once; the structure is spent then. */
void sha3_256_out(struct sha3 *sha3, uint8_t digest[SHA3_256_LENGTH]);

#endif
