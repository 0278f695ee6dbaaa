/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initial sequence numbers after RFC 6528: a clock plus a keyed hash of the connection's addresses and ports, so that an outsider
 * who sees one connection's numbers knows nothing of another's. The hash is SipHash-2-4 (Aumasson, Bernstein 2012).
 */
#include <string.h>

#include "lwip/sys.h"
#include "lwip_hooks.h"
#include "net/internal.h"

static uint64_t key[2];
static bool key_made;

#define CLOCK_PER_MS 250

/* What is hashed: whole 64-bit words. */
struct connection {
    uint8_t local[16], remote[16];
    uint16_t ports[4]; /* local, remote, family */
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* Over whole 64-bit words. The constants are the paper's. */
static uint64_t siphash(const uint64_t *words, unsigned count)
{
    uint64_t v[4] = {
        key[0] ^ 0x736f6d6570736575ull,
        key[1] ^ 0x646f72616e646f6dull,
        key[0] ^ 0x6c7967656e657261ull,
        key[1] ^ 0x7465646279746573ull,
    };
    uint64_t last = (uint64_t)count * 8 << 56;

    for (unsigned i = 0; i <= count; i++) {
        uint64_t word = i < count ? words[i] : last;
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t net_initial_sequence(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port)
{
    if (!key_made) {
        platform_random(key, sizeof key);
        key_made = true;
    }

    struct connection tuple = {.ports = {local_port, remote_port, IP_GET_TYPE(remote)}};
    if (IP_IS_V6(remote)) {
        memcpy(tuple.local, ip_2_ip6(local)->addr, 16);
        memcpy(tuple.remote, ip_2_ip6(remote)->addr, 16);
    } else {
        memcpy(tuple.local, &ip_2_ip4(local)->addr, 4);
        memcpy(tuple.remote, &ip_2_ip4(remote)->addr, 4);
    }

    uint64_t words[sizeof tuple / sizeof(uint64_t)];
    memcpy(words, &tuple, sizeof words);
    /* RFC 6528 wants a clock of 4 microseconds; ours is coarser, which only makes its steps larger. */
    return (uint32_t)siphash(words, sizeof words / sizeof *words) + sys_now() * CLOCK_PER_MS;
}

uint32_t net_random32(void)
{
    uint32_t random;
    platform_random(&random, sizeof random);
    return random;
}
