/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory below 1 MiB by FS, what sectors hold, random numbers, A20. */
#include "bios/ports.h"
#include "exerciser.h"

#define SYSTEM_CONTROL_A 0x92
#define CONTROL_RESET    0x01
#define CONTROL_A20      0x02
#define A20_PROBE        0x580u

static void set_fs(uint32_t linear)
{
    __asm__ volatile("movw %w0, %%fs" : : "r"(linear >> 4));
}

uint8_t peek8(uint32_t linear)
{
    uint8_t value;
    set_fs(linear);
    __asm__ volatile("movb %%fs:(%1), %0" : "=q"(value) : "r"(linear & 15) : "memory");
    return value;
}

uint16_t peek16(uint32_t linear)
{
    return peek8(linear) | peek8(linear + 1) << 8;
}

uint32_t peek32(uint32_t linear)
{
    return peek16(linear) | (uint32_t)peek16(linear + 2) << 16;
}

void poke8(uint32_t linear, uint8_t value)
{
    set_fs(linear);
    __asm__ volatile("movb %0, %%fs:(%1)" : : "q"(value), "r"(linear & 15) : "memory");
}

void fill8(uint32_t linear, uint32_t length, uint8_t value)
{
    while (length--)
        poke8(linear++, value);
}

bool all8(uint32_t linear, uint32_t length, uint8_t value)
{
    while (length--)
        if (peek8(linear++) != value)
            return false;
    return true;
}

void put_content(uint32_t linear, uint32_t lba, uint32_t seed)
{
    set_fs(linear);
    uint32_t at = linear & 15;
    for (uint32_t i = 0; i < 128; i++, at += 4)
        __asm__ volatile("movl %0, %%fs:(%1)" : : "r"(lba ^ seed ^ (i * 0x9E3779B1u)), "r"(at) : "memory");
}

bool has_content(uint32_t linear, uint32_t lba, uint32_t sectors, uint32_t seed)
{
    for (; sectors; sectors--, lba++, linear += 512) {
        set_fs(linear);
        uint32_t at = linear & 15;
        for (uint32_t i = 0; i < 128; i++, at += 4) {
            uint32_t value;
            __asm__ volatile("movl %%fs:(%1), %0" : "=r"(value) : "r"(at) : "memory");
            if (value != (lba ^ seed ^ (i * 0x9E3779B1u)))
                return false;
        }
    }
    return true;
}

uint32_t written_seed(void)
{
    return config.seed ^ 0xA5A5A5A5u;
}

uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Writes to the byte at A20_PROBE and looks whether the one 1 MiB above it, FFFF:0590, follows. */
bool a20_is_on(void)
{
    uint8_t low = peek8(A20_PROBE);
    bool on = false;
    for (int i = 0; i < 2; i++) {
        poke8(A20_PROBE, (uint8_t)(low + i));
        uint8_t high;
        __asm__ volatile("movw %w1, %%fs; movb %%fs:0x590, %0" : "=q"(high) : "r"(0xFFFF) : "memory");
        on |= high != (uint8_t)(low + i);
    }
    poke8(A20_PROBE, low);
    return on;
}

void set_a20(bool on)
{
    uint8_t others = port_read8(SYSTEM_CONTROL_A) & ~(CONTROL_A20 | CONTROL_RESET) & 0xFF;
    port_write8(SYSTEM_CONTROL_A, others | (on ? CONTROL_A20 : 0));
}
