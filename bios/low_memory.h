/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first megabyte, by linear address: vector table, BIOS data area (IBM PC AT Technical Reference, segment 40h), ROM. The
 * names are for everybody; the functions that take addresses are for bare metal alone, as these are real addresses.
 */
#ifndef SANSTRAP_LOW_MEMORY_H
#define SANSTRAP_LOW_MEMORY_H

#include <stdint.h>

#define BDA_SERIAL_PORTS 0x400u /* four words: I/O addresses, 0 for none */
#define BDA_EBDA_SEGMENT 0x40Eu /* word */
#define BDA_BASE_MEMORY  0x413u /* word: KiB; what INT 12h returns */
#define BDA_DISK_STATUS  0x474u /* byte: of the last call for a hard disk */
#define BDA_DISK_COUNT   0x475u /* byte: hard disks */
#define BASE_MEMORY_TOP  0xA0000u
#define BOOT_SECTOR      0x7C00u

/* The memory at `address`, at most 4 GiB - 1. Address 0 is a good one here, so the compiler is not to reason about it. */
static inline void *low_memory(uint32_t address)
{
    __asm__("" : "+r"(address));
    return (void *)(uintptr_t)address;
}

static inline uint8_t low_read8(uint32_t address)
{
    return *(volatile uint8_t *)low_memory(address);
}

static inline uint16_t low_read16(uint32_t address)
{
    return *(volatile uint16_t *)low_memory(address);
}

static inline void low_write8(uint32_t address, uint8_t value)
{
    *(volatile uint8_t *)low_memory(address) = value;
}

static inline void low_write16(uint32_t address, uint16_t value)
{
    *(volatile uint16_t *)low_memory(address) = value;
}

#define PARAGRAPH 16u /* bytes; what segments count in */

/* `size` rounded up. */
static inline uint32_t whole_paragraphs(uint32_t size)
{
    return (size + PARAGRAPH - 1) & ~(PARAGRAPH - 1);
}

/* As the CPU has it in memory. */
struct far_pointer {
    uint16_t offset, segment;
};

/* With A20 on: FFFF:FFFF is 10FFEFh. */
static inline uint32_t far_linear(struct far_pointer pointer)
{
    return pointer.segment * PARAGRAPH + pointer.offset;
}

/* Real mode's interrupt vectors, from address 0 on. */
#define REAL_VECTORS 256
static inline struct far_pointer vector_get(uint8_t number)
{
    return (struct far_pointer){low_read16(number * 4u), low_read16(number * 4u + 2)};
}

static inline void vector_set(uint8_t number, struct far_pointer handler)
{
    low_write16(number * 4u, handler.offset);
    low_write16(number * 4u + 2, handler.segment);
}

#endif
