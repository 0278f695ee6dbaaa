/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports and the CPU's own instructions. */
#ifndef SANSTRAP_PORTS_H
#define SANSTRAP_PORTS_H

#include <stdbool.h>
#include <stdint.h>

static inline uint8_t port_read8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t port_read32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

#define FLAG_ID (1u << 21)

/* CPUs before the Pentium have neither CPUID nor this flag. */
static inline bool has_cpuid(void)
{
    uint32_t before, after;
    __asm__ volatile("pushfl; popl %0; movl %0, %1; xorl %2, %1; pushl %1; popfl; pushfl; popl %1; pushl %0; popfl"
                     : "=&r"(before), "=&r"(after)
                     : "i"(FLAG_ID)
                     : "cc");
    return ((before ^ after) & FLAG_ID) != 0;
}

static inline void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    *ecx = 0;
    __asm__ volatile("cpuid" : "=a"(*eax), "=b"(*ebx), "+c"(*ecx), "=d"(*edx) : "0"(leaf));
}

#endif
