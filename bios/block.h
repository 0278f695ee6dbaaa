/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of the real-mode block (bios/realmode.asm): what 32-bit code and real mode know of each other. Offsets are from the
 * block's first byte, addresses are linear.
 */
#ifndef SANSTRAP_BLOCK_H
#define SANSTRAP_BLOCK_H

#include <stddef.h>

#include "bios/realmode.h"

#define BLOCK_TABLES_SIZE   64
#define BLOCK_E820_ENTRY    24 /* bytes from one entry of the sealed list to the next */
#define START_NBP           0
#define START_BZIMAGE       1
#define SCRATCH_STACK       0x1000u /* bytes of the stub's stack, at the start of the scratch memory */
#define SCRATCH_BUFFER_SIZE 0x1000u /* bytes after it: buffers for calls into real mode */

struct real_call {
    struct real_registers registers;      /* flags as the callee finds them; then the results */
    uint16_t stack_segment, stack_offset; /* 0:0: the block's own stack */
    uint16_t target_offset, target_segment;
    uint16_t pushes; /* words put on the stack before the far call, in this order */
    uint16_t push[3];
};

struct realmode_block {
    uint32_t base;
    uint16_t segment;
    uint8_t start_kind, loader_type;                 /* START_...; START_BZIMAGE: the boot protocol's type_of_loader */
    uint32_t scratch;                                /* base memory that is ours until the boot sector is read */
    uint32_t command_line;                           /* START_BZIMAGE; 0 when there is none */
    uint32_t payload;                                /* struct core_header */
    uint16_t entry_ss, entry_sp, entry_es, entry_bx; /* START_NBP: as the ROM called us */
    uint32_t protected_entry;                        /* void (*)(struct real_registers *): gets the hooked interrupts */
    uint32_t saved_esp;                              /* the 32-bit stack while real mode runs */
    uint16_t idt[3];                                 /* as LIDT wants it: limit, base */
    uint16_t own_sp;
    uint16_t call_real; /* 32-bit near routine, void (*)(void) */
    uint16_t init;      /* real-mode far routine, to be called once where a copy is to run */
    uint16_t pxe_exit;  /* call targets */
    uint16_t idle_window;
    uint16_t int13_hook, int15_hook; /* interrupt vectors */
    uint16_t enter_first;
    uint16_t gdtr;
    uint16_t size; /* of the block without its E820 list */
    uint16_t old_int13_offset, old_int13_segment;
    uint16_t old_int15_offset, old_int15_segment;
    uint8_t drive;       /* what programs call our disk: 80h..; 7Fh: none */
    uint8_t bios_drive;  /* what the BIOS's own disk, which had that number, is reached by; == drive when there is none */
    uint8_t drive_count; /* what 0040:0075 has to say at least: the hook keeps it (realmode_int13.inc) */
    uint8_t busy;        /* a hooked call is being served */
    uint16_t e820_count, e820_offset;
    uint16_t e820_entry_size; /* 20 or 24 */
    uint16_t e801_low;        /* KiB from 1 MiB to 16 MiB */
    uint16_t e801_high;       /* 64-KiB blocks from 16 MiB */
    uint16_t int15_88;        /* KiB from 1 MiB */
    uint16_t code_offset;     /* a multiple of 16; what calls write lies before it */
    struct real_call call;
    struct real_registers hook;
    uint8_t tables[BLOCK_TABLES_SIZE];
};

_Static_assert(sizeof(struct real_registers) == 44, "bios/realmode.asm: struc registers");
_Static_assert(offsetof(struct realmode_block, old_int13_offset) == 62, "bios/realmode.asm: header");
_Static_assert(offsetof(struct realmode_block, tables) == 192, "bios/realmode.asm: header");

/* The linear address of the scratch buffer. */
static inline uint32_t block_scratch(const struct realmode_block *block)
{
    return block->scratch + SCRATCH_STACK;
}

/* Does what block->call says and leaves the results there. From 32-bit code with flat segments and interrupts off. */
static inline void block_call(struct realmode_block *block)
{
    __asm__ volatile("call *%0" : : "r"(block->base + block->call_real) : "memory", "cc");
}

/*
 * Raises software interrupt `number` in real mode, on the block's own stack, with the registers given, and takes its results
 * back. The handler starts with interrupts off, as after INT; with `interrupts` it finds them on in the flags of its caller,
 * which is what BIOSes go by when they wait. IF and VM in registers->eflags do not count. Overwrites block->call.
 */
void block_interrupt(struct realmode_block *block, uint8_t number, struct real_registers *registers, bool interrupts);

#endif
