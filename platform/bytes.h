/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers in bytes at any address, in the network's order (be) and in x86's (le), and the few things that all rooms do with runs
 * of bytes.
 */
#ifndef SANSTRAP_BYTES_H
#define SANSTRAP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KIB       1024u
#define MIB       (1024u * KIB)
#define PAGE_SIZE 4096u

/* ---- little endian ---- */

/*
 * As the CPU has it: one load or store each. Put together from bytes it would be four at -Os, and checksums and digests go
 * through all data by them.
 */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "all our ABIs are x86's");

static inline uint16_t get_le16(const uint8_t *from)
{
    uint16_t value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t get_le32(const uint8_t *from)
{
    uint32_t value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t get_le64(const uint8_t *from)
{
    uint64_t value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

static inline void put_le16(uint8_t *to, uint32_t value)
{
    uint16_t narrow = (uint16_t)value;
    __builtin_memcpy(to, &narrow, sizeof narrow);
}

static inline void put_le32(uint8_t *to, uint32_t value)
{
    __builtin_memcpy(to, &value, sizeof value);
}

/* ---- big endian ---- */

static inline uint16_t get_be16(const uint8_t *from)
{
    return __builtin_bswap16(get_le16(from));
}

static inline uint32_t get_be24(const uint8_t *from)
{
    return (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
}

static inline uint32_t get_be32(const uint8_t *from)
{
    return __builtin_bswap32(get_le32(from));
}

static inline uint64_t get_be64(const uint8_t *from)
{
    return (uint64_t)get_be32(from) << 32 | get_be32(from + 4);
}

static inline void put_be16(uint8_t *to, uint32_t value)
{
    put_le16(to, __builtin_bswap16((uint16_t)value));
}

static inline void put_be24(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 16);
    put_be16(to + 1, value);
}

static inline void put_be32(uint8_t *to, uint32_t value)
{
    put_le32(to, __builtin_bswap32(value));
}

static inline void put_be64(uint8_t *to, uint64_t value)
{
    put_be32(to, (uint32_t)(value >> 32));
    put_be32(to + 4, (uint32_t)value);
}

/* ---- runs of bytes ---- */

/* True when all of them are zero. */
static inline bool bytes_are_zero(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    while (length && *at == 0) {
        at++;
        length--;
    }
    return length == 0;
}

/* Their sum modulo 256: 0 for a whole table of ACPI's, SMBIOS's, PXE's or the iBFT. */
static inline uint8_t bytes_sum(const void *bytes, size_t length)
{
    uint8_t sum = 0;

    for (const uint8_t *at = bytes; length; length--)
        sum = (uint8_t)(sum + *at++);
    return sum;
}

/*
 * memcpy() of payload, always by a call: where gcc knows the name, it makes `rep movsb` of it at -Os, which emulators and CPUs
 * without fast short strings do byte by byte. platform/freestanding/string.c takes words.
 */
void *bytes_copy(void *to, const void *from, size_t length) __asm__("memcpy");

/* Makes secrets zero where nobody reads them any more; the compiler cannot leave it out. */
static inline void bytes_wipe(void *bytes, size_t length)
{
    memset(bytes, 0, length);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

static inline uint32_t smaller_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

#endif
