/* SPDX-License-Identifier: BSD-2-Clause */
/* The first megabyte, by linear address: vector table, BIOS data area, ROM. On bare metal only. */
#ifndef SANSTRAP_LOW_MEMORY_H
#define SANSTRAP_LOW_MEMORY_H

#include <stdint.h>

#define BDA_SERIAL_PORTS 0x400u /* four I/O addresses */
#define BDA_EBDA_SEGMENT 0x40Eu
#define BDA_BASE_MEMORY  0x413u /* KiB; what INT 12h returns */
#define BDA_DISK_COUNT   0x475u
#define BASE_MEMORY_TOP  0xA0000u
#define BOOT_SECTOR      0x7C00u
#define KIB              1024u

/* Address 0 is a good one here, so the compiler is not to reason about it. */
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

#define PARAGRAPH 16u

static inline uint32_t whole_paragraphs(uint32_t size)
{
    return (size + PARAGRAPH - 1) & ~(PARAGRAPH - 1);
}

struct far_pointer {
    uint16_t offset, segment;
};

static inline uint32_t far_linear(struct far_pointer pointer)
{
    return pointer.segment * 16u + pointer.offset;
}

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
