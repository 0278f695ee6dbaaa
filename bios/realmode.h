/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The border between real mode and our flat 32-bit protected mode. bios/realmode.asm is the other side of it.
 * In protected mode everything below 4 GiB is at its physical address, interrupts are off and A20 is on.
 */
#ifndef SANSTRAP_REALMODE_H
#define SANSTRAP_REALMODE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A real-mode program's registers. For a call into real mode: what it gets, then what it left. For a call out of real mode (an
 * interrupt of ours): what the caller had, then what it will see. The layout is known to bios/realmode.asm.
 */
struct real_registers {
    uint32_t edi, esi, ebp, ebx, edx, ecx, eax;
    uint16_t gs, fs, es, ds;
    uint32_t eflags;
    bool a20; /* calls out of real mode: the caller had A20 on */
    uint8_t reserved[3];
};

#define FLAG_CARRY     0x0001u
#define FLAG_FIXED     0x0002u /* always set */
#define FLAG_ZERO      0x0040u
#define FLAG_INTERRUPT 0x0200u
#define FLAG_VM        0x00020000u

/* Interrupts and functions of the BIOS that several files use. */
#define VIDEO_SERVICES  0x10
#define VIDEO_TELETYPE  0x0E00 /* AX, with the character in AL */
#define VIDEO_GREY      0x07   /* BX: page 0 */
#define DISK_SERVICES   0x13
#define SYSTEM_SERVICES 0x15
#define BOOT_FAILED     0x18 /* the BIOS tries its next boot device */

/* Low and high halves, as BIOS interfaces name them. */
#define REG8_LOW(reg)         ((uint8_t)(reg))
#define REG8_HIGH(reg)        ((uint8_t)((reg) >> 8))
#define REG16(reg)            ((uint16_t)(reg))
#define SET_REG8_LOW(reg, v)  ((reg) = ((reg) & ~0xFFu) | (uint8_t)(v))
#define SET_REG8_HIGH(reg, v) ((reg) = ((reg) & ~0xFF00u) | (uint32_t)(uint8_t)(v) << 8)
#define SET_REG16(reg, v)     ((reg) = ((reg) & ~0xFFFFu) | (uint16_t)(v))

/*
 * The byte that real mode calls segment:offset; with A20 off the address wraps at 1 MiB. Never NULL. On bare metal a plain cast;
 * the host's tests put 1 MiB + 64 KiB of their own memory behind it.
 */
void *realmode_pointer(uint16_t segment, uint16_t offset, bool a20);

/*
 * `length` bytes by their physical address, for 64-bit flat buffers. NULL when there are none, when some lie above 4 GiB or in
 * memory that is ours (realmode_protect()).
 */
void *realmode_flat_pointer(uint64_t address, uint64_t length);

/* block_interrupt() on our block; interrupts are on if realmode_allow_interrupts() says so. */
void realmode_interrupt(uint8_t number, struct real_registers *registers);

#endif
