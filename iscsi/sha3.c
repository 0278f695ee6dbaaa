/* SPDX-License-Identifier: BSD-2-Clause */
/* Keccak-f[1600] as FIPS 202 section 3.2 has it, small rather than fast: it digests a few hundred bytes a login. */
#include "iscsi/sha3.h"

#include "platform/bytes.h"

#define ROUNDS 24
#define LANES  25
#define RATE   136  /* bytes of a block: 1600 bits less twice the digest */
#define SUFFIX 0x06 /* 01 and the first bit of the padding, section B.2 */

static uint64_t rotate(uint64_t lane, unsigned bits)
{
    return bits ? lane << bits | lane >> (64 - bits) : lane;
}

/* Theta: each column takes on the parity of two others. */
static void mix_columns(uint64_t lanes[LANES])
{
    uint64_t parity[5];

    for (unsigned x = 0; x < 5; x++)
        parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
    for (unsigned i = 0; i < LANES; i++)
        lanes[i] ^= parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1);
}

/* Rho and pi: from (1, 0) on, each lane is rotated and goes to the place that the next one leaves. */
static void turn_and_move(uint64_t lanes[LANES])
{
    uint64_t moved = lanes[1];

    for (unsigned t = 0, x = 1, y = 0; t < LANES - 1; t++) {
        unsigned next = (2 * x + 3 * y) % 5;

        x = y;
        y = next;
        uint64_t left = lanes[x + 5 * y];
        lanes[x + 5 * y] = rotate(moved, (t + 1) * (t + 2) / 2 % 64);
        moved = left;
    }
}

/* Chi: within each row. */
static void mix_rows(uint64_t lanes[LANES])
{
    for (unsigned y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        for (unsigned x = 0; x < 5; x++)
            row[x] = lanes[y + x];
        for (unsigned x = 0; x < 5; x++)
            lanes[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

/* Iota's constant has bit 2^j - 1 for the j-th bit of a shift register's stream, section 3.2.5. */
static uint64_t round_constant(uint8_t *shift_register)
{
    uint64_t constant = 0;

    for (unsigned j = 0; j < 7; j++) {
        if (*shift_register & 1)
            constant |= 1ull << ((1u << j) - 1);
        *shift_register = (uint8_t)(*shift_register << 1 ^ (*shift_register & 0x80 ? 0x71 : 0));
    }
    return constant;
}

static void permute(uint64_t lanes[LANES])
{
    uint8_t shift_register = 1;

    for (unsigned round = 0; round < ROUNDS; round++) {
        mix_columns(lanes);
        turn_and_move(lanes);
        mix_rows(lanes);
        lanes[0] ^= round_constant(&shift_register);
    }
}

static void add_byte(struct sha3 *sha3, unsigned at, uint8_t byte)
{
    sha3->lanes[at / 8] ^= (uint64_t)byte << at % 8 * 8;
}

void sha3_256_update(struct sha3 *sha3, const void *bytes, size_t length)
{
    for (const uint8_t *from = bytes; length; length--) {
        add_byte(sha3, sha3->at++, *from++);
        if (sha3->at == RATE) {
            permute(sha3->lanes);
            sha3->at = 0;
        }
    }
}

void sha3_256_out(struct sha3 *sha3, uint8_t digest[SHA3_256_LENGTH])
{
    add_byte(sha3, sha3->at, SUFFIX);
    add_byte(sha3, RATE - 1, 0x80);
    permute(sha3->lanes);
    for (unsigned i = 0; i < SHA3_256_LENGTH; i++)
        digest[i] = (uint8_t)(sha3->lanes[i / 8] >> i % 8 * 8);
}
