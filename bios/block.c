/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts by the real-mode block, for the stub and for the image that it unpacks: no data, no other file's code. */
#include "bios/block.h"

#include "bios/low_memory.h"

static void set_target(struct realmode_block *block, uint8_t number, bool interrupts)
{
    struct real_call *call = &block->call;
    struct far_pointer handler = vector_get(number);
    call->registers.eflags = (call->registers.eflags & ~(FLAG_INTERRUPT | FLAG_VM)) | FLAG_FIXED;
    call->stack_segment = call->stack_offset = 0;
    call->target_offset = handler.offset;
    call->target_segment = handler.segment;
    call->pushes = 1;
    call->push[0] = (uint16_t)(call->registers.eflags | (interrupts ? FLAG_INTERRUPT : 0));
}

void block_interrupt(struct realmode_block *block, uint8_t number, struct real_registers *registers, bool interrupts)
{
    block->call.registers = *registers;
    set_target(block, number, interrupts);
    block_call(block);
    *registers = block->call.registers;
}

void block_next_device(struct realmode_block *block)
{
    block->call.registers.eflags = 0;
    set_target(block, BOOT_FAILED, true);
    block->call.stack_offset = BOOT_SECTOR;
    block_leave(block);
}
