/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of the real-mode block (bios/realmode.asm): what 32-bit code and real mode know of each other. Offsets are from the
 * block's first byte, addresses are linear.
 */
#ifndef SANSTRAP_BLOCK_H
#define SANSTRAP_BLOCK_H

#include <stddef.h>

#include "bios/low_memory.h"
#include "bios/realmode.h"

#define BLOCK_SIGNATURE      "SNSTBLK1"
#define BLOCK_SIGNATURE_SIZE 8
#define BLOCK_E820_ENTRY     24   /* bytes from one entry of the sealed list to the next */
#define BLOCK_NO_DRIVE       0x7F /* a number that no program calls */
#define BLOCK_STACK_CANARY   0x59524E43u
#define START_NBP            0
#define START_BZIMAGE        1

/* Of the scratch memory: real mode's stack, then the stub's, then buffers for calls into real mode. */
#define SCRATCH_STACK       0x1000u /* bytes of each */
#define SCRATCH_BUFFER_SIZE 0x1000u

struct real_call {
    struct real_registers registers;      /* flags as the callee finds them; then the results */
    uint16_t stack_segment, stack_offset; /* 0:0: the block's own_ss:own_sp */
    uint16_t target_offset, target_segment;
    uint16_t pushes; /* words put on the stack before the far call, in this order */
    uint16_t push[3];
};

/* An interrupt that the block serves; `old` is the handler that it was taken from. */
struct block_vector {
    uint16_t number, hook;
    struct far_pointer old;
};

enum block_hook { BLOCK_INT13, BLOCK_INT15, BLOCK_INT18, BLOCK_INT19, BLOCK_HOOKS };

struct realmode_block {
    /* ---- what a later start of ours goes by (bios/predecessor.c): another layout has another signature ---- */
    char signature[BLOCK_SIGNATURE_SIZE];
    uint32_t base;
    uint16_t segment;
    uint16_t bios_base_memory; /* 0040:0013 without us */
    uint32_t first;            /* the page from which on base memory is ours, tables first, up to `base`; 0: none yet */
    uint8_t drive;             /* what programs call our disk: 80h..; 7Fh: none */
    uint8_t bios_drive;        /* what the BIOS's disk, which had that number, is reached by; == drive when there is none */
    uint8_t drive_count;       /* what 0040:0075 has to say at least: the hook keeps it (realmode_int13.inc) */
    uint8_t bios_disks;        /* 0040:0075 without us */
    struct block_vector vectors[BLOCK_HOOKS];
    /* ---- */
    uint8_t start_kind, loader_type;                 /* START_...; START_BZIMAGE: the boot protocol's type_of_loader */
    uint16_t own_ss;                                 /* of own_sp and own_top */
    uint32_t scratch;                                /* base memory that is ours but for the time of a boot sector */
    uint32_t command_line;                           /* START_BZIMAGE; 0 when there is none */
    uint32_t payload;                                /* struct core_header */
    uint16_t entry_ss, entry_sp, entry_es, entry_bx; /* START_NBP: as the ROM called us */
    uint32_t protected_entry;                        /* void (*)(struct real_registers *): gets the hooked interrupts */
    uint32_t saved_esp;                              /* the 32-bit stack while real mode runs */
    uint16_t idt[3];                                 /* as LIDT wants it: limit, base */
    uint16_t own_sp, own_top;                        /* the stack for calls into real mode: block_use_stack() */
    uint16_t call_real;                              /* 32-bit near routine, void (*)(void) */
    uint16_t leave_real;                             /* as call_real, but does not return */
    uint16_t init;                                   /* real-mode far routine, to be called once where a copy is to run; */
                                                     /* a multiple of 16, before which lies all that calls write */
    uint16_t pxe_exit;                               /* call targets */
    uint16_t idle_window;
    uint16_t enter_first;
    uint16_t gdtr;
    uint16_t size;   /* of the block without its E820 list; its resident stack ends there */
    uint16_t canary; /* where BLOCK_STACK_CANARY is, below the resident stack */
    uint32_t image;  /* for INT 18h and 19h: is it still there? Its words, and their sum (block_sum()) */
    uint32_t image_words;
    uint32_t image_sum;
    uint32_t kept_from, kept_to, kept_words; /* what leave_real copies: the memory that the image overwrote */
    uint8_t busy;                            /* a hooked call is being served */
    uint8_t gave_up;                         /* the interrupt by which a boot sector did */
    uint16_t e820_count, e820_offset;
    uint16_t e820_entry_size; /* 20 or 24 */
    uint16_t e801_low;        /* KiB from 1 MiB to 16 MiB */
    uint16_t e801_high;       /* 64-KiB blocks from 16 MiB */
    uint16_t int15_88;        /* KiB from 1 MiB */
    uint16_t say_text;        /* call target: writes the text at ES:SI, which a zero ends, to the screen */
    struct real_call call;
    struct real_registers hook;
};

_Static_assert(sizeof(struct real_registers) == 44, "bios/realmode.asm: struc registers");
_Static_assert(offsetof(struct realmode_block, vectors) == 24, "bios/realmode.asm: header");
_Static_assert(offsetof(struct realmode_block, start_kind) == 56, "bios/block.inc");
_Static_assert(offsetof(struct realmode_block, gdtr) == 110, "bios/block.inc");
_Static_assert(sizeof(struct realmode_block) == 260, "bios/realmode.asm: header");

/* The linear address of the scratch buffer. */
static inline uint32_t block_scratch(const struct realmode_block *block)
{
    return block->scratch + 2 * SCRATCH_STACK;
}

/* Does what block->call says and leaves the results there. From 32-bit code with flat segments and interrupts off. */
static inline void block_call(struct realmode_block *block)
{
    __asm__ volatile("call *%0" : : "r"(block->base + block->call_real) : "memory", "cc");
}

/* The same as the last thing that 32-bit code does: the image may be gone when real mode runs. */
static inline void __attribute__((noreturn)) block_leave(struct realmode_block *block)
{
    __asm__ volatile("jmp *%0" : : "r"(block->base + block->leave_real) : "memory");
    __builtin_unreachable();
}

/* Which stack calls into real mode have from now on. Not while one is under way. */
static inline void block_use_stack(struct realmode_block *block, uint16_t segment, uint16_t top)
{
    block->own_ss = segment;
    block->own_sp = block->own_top = top;
}

/* Kilobytes: for as long as the scratch memory is ours. */
static inline void block_use_scratch_stack(struct realmode_block *block)
{
    block_use_stack(block, (uint16_t)(block->scratch / PARAGRAPH), SCRATCH_STACK);
}

/*
 * Raises software interrupt `number` in real mode, on the stack of block_use_stack(), with the registers given, and takes its
 * results back. The handler starts with interrupts off, as after INT; with `interrupts` it finds them on in the flags of its
 * caller, which is what BIOSes go by when they wait. IF and VM in registers->eflags do not count. Overwrites block->call.
 */
void block_interrupt(struct realmode_block *block, uint8_t number, struct real_registers *registers, bool interrupts);

/*
 * The BIOS's next boot device, by INT 18h on the stack that boot sectors have: some BIOSes keep SS:SP over it. Not INT 19h, which
 * begins anew with the device that led to us.
 */
void block_next_device(struct realmode_block *block) __attribute__((noreturn));

#endif
